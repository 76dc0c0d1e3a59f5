"""What was sealed is taken as it was sealed, or not at all."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from site_builder.errors import ReleaseError
from site_builder.release.artefact import Artefact, make_artefact, read_artefact, write_names
from site_builder.release.commit import Commit
from site_builder.release.functions import package_digest
from site_builder.release.manifest import seal
from tests.site_builder.release.cloud import write_package

COMMIT = Commit("c" * 40, 1_700_000_000, ("a file.md",))


@pytest.fixture
def made(output: Path, tmp_path: Path) -> Artefact:
    """Return a sealed folder with pages and an API."""
    return make_artefact(output, write_package(tmp_path / "api.zip", 1), COMMIT, tmp_path / "dist" / "artefact")


def test_what_was_sealed_is_read_again(made: Artefact, output: Path, tmp_path: Path) -> None:
    """Pages, manifest, API and commit; and any machine can look at the hashes with what it has."""
    done = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=made.folder, check=False)

    assert read_artefact(made.folder) == made
    assert made.manifest == seal(output)
    assert made.commit == COMMIT
    assert made.api == package_digest((tmp_path / "api.zip").read_bytes())
    assert done.returncode == 0


def test_what_was_sealed_can_be_named_again_anywhere(made: Artefact, tmp_path: Path) -> None:
    """In the same bytes, by what an environment knows of it; where there is no API, nothing is said of one."""
    files = write_names(tmp_path / "names", made.manifest.digest, COMMIT.id, made.api)
    again = {file.name: file.read_bytes() for file in files}
    alone = write_names(tmp_path / "names", made.manifest.digest, COMMIT.id, None)

    assert again == {file.name: file.read_bytes() for file in (made.folder / "names").iterdir()}
    assert sorted(again) == ["api.json", "pages.json"]
    assert list((tmp_path / "names").iterdir()) == list(alone) == [tmp_path / "names" / "pages.json"]


def test_the_same_bytes_are_sealed_alike(made: Artefact, output: Path, tmp_path: Path) -> None:
    """Sealing again replaces what was there, and differs in nothing."""
    before = {file: file.read_bytes() for file in made.folder.rglob("*") if file.is_file()}
    make_artefact(output, tmp_path / "api.zip", COMMIT, made.folder)

    assert {file: file.read_bytes() for file in made.folder.rglob("*") if file.is_file()} == before
    assert [path.name for path in made.folder.parent.iterdir()] == ["artefact"]


def test_looking_at_what_was_sealed_leaves_nothing_in_it(made: Artefact, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when its files are old enough for their hashes to be remembered: whoever looks next would find that."""
    later = time.time_ns() + 10**12
    monkeypatch.setattr("site_builder.release.measured.time.time_ns", lambda: later)

    assert read_artefact(made.folder) == read_artefact(made.folder) == made


def test_pages_can_be_sealed_alone(output: Path, tmp_path: Path) -> None:
    """For a site without an API, or without a commit."""
    made = make_artefact(output, None, None, tmp_path / "artefact")

    assert (made.api, made.package, made.commit) == (None, None, None)


def change(name: str, text: str) -> Callable[[Path], object]:
    """Return what writes a file of the folder."""
    return lambda folder: (folder / name).write_text(text)


def remove(name: str) -> Callable[[Path], object]:
    """Return what removes a file of the folder."""
    return lambda folder: (folder / name).unlink()


def change_and_sum(folder: Path) -> None:
    """Change a page, and its hash with it."""
    (folder / "output" / "index.html").write_text("<h1>Other</h1>")
    sums = subprocess.run(["sha256sum", "output/index.html"], cwd=folder, check=True, capture_output=True, text=True)
    lines = [one for one in (folder / "SHA256SUMS").read_text().splitlines() if not one.endswith("output/index.html")]
    (folder / "SHA256SUMS").write_text("\n".join([*lines, sums.stdout.strip()]) + "\n")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (change("output/index.html", "?"), "not as it was sealed: output/index.html"),
        (change("output/more.html", "?"), "not as it was sealed: output/more.html"),
        (remove("output/about/index.html"), "not as it was sealed: output/about/index.html"),
        (change("api.zip", "?"), "not as it was sealed: api.zip"),
        (change("artefact.json", "{}"), "not as it was sealed: artefact.json"),
        (remove("SHA256SUMS"), "SHA256SUMS: it cannot be read"),
        (change_and_sum, "its pages are not release"),
    ],
)
def test_what_was_changed_is_refused(made: Artefact, spoil: Callable[[Path], object], words: str) -> None:
    """By name, with what to do; also where somebody has changed the hash as well."""
    spoil(made.folder)
    with pytest.raises(ReleaseError, match=words) as refused:
        read_artefact(made.folder)

    assert "make artefact" in str(refused.value)


def test_a_folder_that_is_something_else_is_not_replaced(output: Path, tmp_path: Path) -> None:
    """Whoever names the wrong folder loses nothing."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file").write_text("mine")
    with pytest.raises(ReleaseError, match="is no artefact"):
        make_artefact(output, None, None, tmp_path / "mine")

    assert (tmp_path / "mine" / "file").read_text() == "mine"


def test_an_artefact_says_its_commit(made: Artefact) -> None:
    """For whoever looks at it by hand."""
    said = json.loads((made.folder / "artefact.json").read_text())

    assert said == {
        "api": made.api,
        "release": made.manifest.digest,
        "commit": {**vars(COMMIT), "changed": ["a file.md"]},
    }
