"""Two halves of a proof are one proof: it fails if either does, and nothing that was said is lost."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run(*programs: str) -> subprocess.CompletedProcess[str]:
    """Run Python programs side by side."""
    commands = [f'"{sys.executable}" -c "{program}"' for program in programs]
    command = [sys.executable, str(ROOT / "tools" / "side_by_side.py"), *commands]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(("codes", "expected"), [((0, 0), 0), ((1, 0), 1), ((0, 3), 3), ((2, 3), 3)])
def test_it_fails_if_one_of_them_does(codes: tuple[int, int], expected: int) -> None:
    """With the code of one that failed."""
    assert run(*(f"raise SystemExit({code})" for code in codes)).returncode == expected


def test_they_run_at_the_same_time(tmp_path: Path) -> None:
    """Each waits for the other to begin; one after the other would wait for ever."""
    wait = (
        "import pathlib, time; pathlib.Path('{own}').touch(); end = time.monotonic() + 60\n"
        "while not pathlib.Path('{other}').exists():\n"
        "    time.sleep(0.01)\n"
        "    assert time.monotonic() < end"
    )
    one, two = tmp_path / "one", tmp_path / "two"

    assert run(wait.format(own=one, other=two), wait.format(own=two, other=one)).returncode == 0


def test_what_each_said_can_be_read() -> None:
    """The one before one's eyes first, then the others, under their commands."""
    said = run("print('beside')", "print('before')").stdout

    assert said.startswith("before\n")
    assert said.endswith("beside\n")
