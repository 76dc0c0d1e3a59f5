"""Whatever goes wrong is told with its place, the words, the remedy, and the lines around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from site_builder.checks.findings import ContentError, Finding
from site_builder.errors import BuildError
from site_builder.preview.faults import faults_of


@pytest.fixture
def text(tmp_path: Path) -> Path:
    """Return a file of ten lines."""
    file = tmp_path / "post.md"
    file.write_text("".join(f"line {number}\n" for number in range(1, 11)))
    return file


def test_each_finding_is_a_fault_with_its_lines(text: Path) -> None:
    """Three before it and three after it."""
    (fault,) = faults_of(ContentError([Finding(text, 5, 2, "rule", "it is wrong", "Mend it.")]))

    assert (fault.where, fault.what, fault.todo, fault.line) == (f"{text}:5:2", "it is wrong", "Mend it.", 5)
    assert fault.lines == tuple((number, f"line {number}") for number in range(2, 9))


def test_the_place_may_be_in_the_words(text: Path) -> None:
    """Pelican names files in the middle of a sentence."""
    (fault,) = faults_of(BuildError("the build", f"reported a fault:\n{text}:9: bad", "Mend it."))

    assert (fault.line, fault.lines[-1]) == (9, (10, "line 10"))


def test_a_place_that_is_no_file_has_no_lines() -> None:
    """There is nothing to show."""
    (fault,) = faults_of(BuildError("nowhere.md:3", "it is gone", "Find it."))

    assert (fault.line, fault.lines) == (0, ())


def test_what_nobody_expected_is_told_whole() -> None:
    """A plugin's author needs the story."""
    with pytest.raises(ZeroDivisionError) as raised:
        int("1") // 0
    (fault,) = faults_of(raised.value)

    assert "ZeroDivisionError" in fault.what
    assert "test_faults.py" in fault.todo
