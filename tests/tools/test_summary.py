"""A run's summary says what failed first, and what was skipped and why."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.summary import Case, main, read_cases, sum_up

REPORT = """<testsuites><testsuite>
<testcase classname="tests.a" name="test_one" time="1.5"/>
<testcase classname="tests.a" name="test_two" time="0.1">
<failure message="assert 1 == 2&#10; &lt;b&gt;`x`">long</failure></testcase>
<testcase classname="tests.b" name="test_three" time="0"><skipped message="terraform is not on PATH"/></testcase>
<testcase classname="tests.b" name="test_four" time="0"><error message="no database"/></testcase>
</testsuite></testsuites>"""


def test_a_report_is_read_as_it_was_written() -> None:
    """Each test with how it ended."""
    assert [(case.name, case.outcome) for case in read_cases(REPORT)] == [
        ("tests.a::test_one", "passed"),
        ("tests.a::test_two", "failure"),
        ("tests.b::test_three", "skipped"),
        ("tests.b::test_four", "error"),
    ]


def test_the_sum_counts_and_names() -> None:
    """And nothing that a test says can change the page around it."""
    text = "\n".join(sum_up(read_cases(REPORT)))

    assert "| 1 | 1 | 1 | 1 |" in text
    assert "- `tests.a::test_two`: `assert 1 == 2 &lt;b>'x'`" in text
    assert "- `tests.b::test_three`: `terraform is not on PATH`" in text
    assert text.index("What failed") < text.index("What was skipped") < text.index("What took longest")


def test_many_failures_are_cut_short() -> None:
    """A page of ten thousand lines is read by nobody."""
    lines = sum_up(Case(f"test_{number}", "failure", 0, "it failed") for number in range(60))

    assert "- and 10 more" in lines


def test_a_run_without_tests_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A summary that is missing would look like one that was not written yet."""
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))

    assert main([str(tmp_path)]) == 0
    assert "No test was run." in (tmp_path / "summary.md").read_text()
