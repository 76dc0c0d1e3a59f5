"""What is kept and taken here is what GitHub's actions would keep and take."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.road.artefacts import ArtefactError, keep, take

HIDDEN = "output/.well-known/security.txt"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return a job's folder in which something was built."""
    for name in ("output/index.html", HIDDEN, "dist/report/a.json", "dist/sbom-api.json", "dist/other.json"):
        file = tmp_path / "work" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "work"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("output", ["index.html"]),
        ("output/", ["index.html"]),
        ("dist/other.json", ["other.json"]),
        ("dist/sbom-*.json", ["sbom-api.json"]),
        ("output\ndist/report\n", ["dist/report/a.json", "output/index.html"]),
        ("dist/report\nnowhere\n", ["dist/report/a.json"]),
    ],
)
def test_what_is_named_is_handed_over(path: str, kept: list[str], work: Path, tmp_path: Path) -> None:
    """One folder as what is in it; several as they lie in what holds them both; a pattern as what it finds."""
    keep(work, {"name": "a", "path": path}, tmp_path / "store")
    take(tmp_path / "store", {"name": "a", "path": "there"}, tmp_path / "next")
    there = tmp_path / "next" / "there"

    assert sorted(file.relative_to(there).as_posix() for file in there.rglob("*") if file.is_file()) == kept


def test_what_is_hidden_stays_behind_unless_it_is_asked_for(work: Path, tmp_path: Path) -> None:
    """A site that forgets to ask loses its .well-known/ on the way."""
    for name, asked in (("without", {}), ("with", {"include-hidden-files": "true"})):
        keep(work, {"name": name, "path": ".", **asked}, tmp_path / "store")

    assert not (tmp_path / "store" / "without" / HIDDEN).exists()
    assert (tmp_path / "store" / "with" / HIDDEN).read_text() == HIDDEN


def test_what_is_not_there_is_no_artefact(work: Path, tmp_path: Path) -> None:
    """Whoever keeps it says whether that is an error; whoever takes it always has one."""
    keep(work, {"name": "a", "path": "nowhere", "if-no-files-found": "ignore"}, tmp_path / "store")
    with pytest.raises(ArtefactError, match="no file is there: nowhere"):
        keep(work, {"name": "a", "path": "nowhere\n", "if-no-files-found": "error"}, tmp_path / "store")
    with pytest.raises(ArtefactError, match="no artefact a was kept"):
        take(tmp_path / "store", {"name": "a"}, tmp_path / "next")


def test_a_name_is_given_once_in_a_run(work: Path, tmp_path: Path) -> None:
    """GitHub refuses the second."""
    keep(work, {"name": "a", "path": "output"}, tmp_path / "store")
    with pytest.raises(ArtefactError, match="kept in this run already"):
        keep(work, {"name": "a", "path": "dist"}, tmp_path / "store")
