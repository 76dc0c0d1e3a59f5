"""What looks like a secret is a fault, unless it is listed by its hash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.leaks import ALLOWED, Allowed, leaks, main, read_allowed

FOUND = {"a.py": [{"type": "Secret Keyword", "line_number": 3, "hashed_secret": "h1"}]}


def test_a_leak_is_named_with_its_line() -> None:
    """And with what to do about it."""
    said = list(leaks(FOUND, ()))

    assert said[0].startswith("a.py:3: Secret Keyword. Take it out, and revoke it if it is real")


def test_what_is_listed_may_stay_in_its_file_alone() -> None:
    """The same word in another file is a fault."""
    assert list(leaks(FOUND, (Allowed("a.py", "h1", "a test's"),))) == []
    assert len(list(leaks({**FOUND, "b.py": FOUND["a.py"]}, (Allowed("a.py", "h1", "a test's"),)))) == 1


def test_the_list_holds_nothing_that_has_gone() -> None:
    """Or it would let the same secret in again."""
    assert list(leaks({}, (Allowed("a.py", "h1", "a test's"),))) == [
        "tools/leaks.toml: h1 is not in a.py any more. Take it off the list."
    ]


def test_every_exception_has_a_reason() -> None:
    """Which somebody else can weigh."""
    assert all(len(one.why) > 10 for one in read_allowed(ALLOWED.read_text()))


@pytest.mark.integration
def test_nothing_that_is_committed_looks_like_a_secret(project_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Found here, and not by whoever reads the repository."""
    if not (project_root / ".git").exists():
        pytest.skip("what is committed is known to git alone, and this is no clone")
    code = main()

    assert (code, capsys.readouterr().out) == (0, "No leaks.\n")
