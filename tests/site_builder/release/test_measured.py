"""A file that has not changed is not read again, and one that has always is."""

from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import pytest

from site_builder.release import measured as module
from site_builder.release.manifest import seal
from site_builder.release.measured import Measured

LONG_AGO = time.time_ns() - 3_600_000_000_000


@pytest.fixture
def output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an output of three files that nobody has touched for a while, as far as the clock of the test says."""
    folder = tmp_path / "output"
    folder.mkdir()
    for name in ("index.html", "404.html", "about.txt"):
        (folder / name).write_text(f"<h1>{name}</h1>")
    # ctime cannot be set back, so the moment of doubt is over sooner.
    monkeypatch.setattr(module, "DOUBT_NS", -3_600_000_000_000)
    monkeypatch.setattr(module, "COARSE_DOUBT_NS", -3_600_000_000_000)
    return folder


def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list into which each file goes that is read."""
    seen: list[str] = []
    measure = module._measure  # noqa: SLF001 - to see whether it is called

    def counting(file: str, path: str) -> tuple[int, str]:
        seen.append(path)
        return measure(file, path)

    monkeypatch.setattr(module, "_measure", counting)
    return seen


def test_what_has_not_changed_is_not_read_again(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the release is the same."""
    seen = reads(monkeypatch)
    first = seal(output)
    once = sorted(seen)
    second = seal(output)

    assert once == sorted(seen) == ["404.html", "about.txt", "index.html"]
    assert first == second


def test_a_file_with_other_bytes_is_read_though_its_size_and_date_are_the_same(
    output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system itself writes down when it was changed."""
    file = output / "about.txt"
    os.utime(file, ns=(LONG_AGO, LONG_AGO))
    before = {entry.path: entry.sha256 for entry in seal(output).entries}
    seen = reads(monkeypatch)
    file.write_text(file.read_text().swapcase())
    os.utime(file, ns=(LONG_AGO, LONG_AGO))
    after = {entry.path: entry.sha256 for entry in seal(output).entries}

    assert seen == ["about.txt"]
    assert after["about.txt"] == hashlib.sha256(file.read_bytes()).hexdigest() != before["about.txt"]


def test_what_changed_a_moment_ago_is_read_again(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It may change once more within the same tick of the file system's clock."""
    monkeypatch.setattr(module, "DOUBT_NS", 2_000_000_000)
    seal(output)
    seen = reads(monkeypatch)
    seal(output)

    assert len(seen) == 3


@pytest.mark.parametrize(("ctime", "doubted"), [(7_000_000_000, True), (7_250_000_000, True), (7_000_000_123, False)])
def test_a_coarse_clock_is_doubted_for_longer(ctime: int, doubted: bool) -> None:
    """One that counts seconds, or hundredths, says nothing of what happened within them."""
    assert (module._doubt((1, ctime, ctime, 1)) == module.COARSE_DOUBT_NS) is doubted  # noqa: SLF001 - no file has it


@pytest.mark.parametrize("damage", [b"", b"x", b"\x00" * 40])
def test_a_damaged_memory_is_none(output: Path, damage: bytes) -> None:
    """It is made anew."""
    first = seal(output)
    (output.parent / ".output.sealed").write_bytes(damage)

    assert seal(output) == first
    assert Measured(output).of(str(output / "index.html"), "index.html")[1] == first.by_path["index.html"].sha256
