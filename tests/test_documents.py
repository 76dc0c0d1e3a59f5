"""The documents tell the truth: what they name exists."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / ".github").glob("*.md"))]
TARGET = re.compile(r"^(?P<name>[a-z][a-z-]*):", re.MULTILINE)
CODE = re.compile(r"(?s)(`{3,}).*?\1|`[^`\n]+`")


def names(paths: list[Path]) -> list[str]:
    """Return paths as test names."""
    return [path.relative_to(ROOT).as_posix() for path in paths]


@pytest.mark.parametrize("document", DOCUMENTS, ids=names(DOCUMENTS))
def test_every_link_of_a_document_leads_to_a_file(document: Path) -> None:
    """A reader who follows a link arrives."""
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", CODE.sub("", document.read_text()))

    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=names(DOCUMENTS))
def test_every_make_command_of_a_document_exists(document: Path) -> None:
    """A command that is written down can be typed."""
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    named = re.findall(r"(?:`|^\s*)make ([a-z][a-z-]*)", document.read_text(), re.MULTILINE)

    assert [name for name in named if name not in targets] == []


def test_every_command_is_explained_by_make_help() -> None:
    """Each command that a person types has its line of help."""
    helped = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    for name in ("up", "setup", "test", "check", "format", "build", "clean", "deploy", "plan", "smoke", "lock"):
        assert re.search(rf"^  make {name} +\S", helped, re.MULTILINE), name


def test_the_readme_maps_every_folder() -> None:
    """Whoever looks at the tree finds out what each folder is for."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    folders = {line.partition("/")[0] for line in listed.splitlines() if "/" in line}
    readme = (ROOT / "README.md").read_text()

    assert sorted(folder for folder in folders if not folder.startswith(".") and f"`{folder}/`" not in readme) == []


def test_decisions_are_numbered_without_a_gap_and_fit_on_a_screen() -> None:
    """A record is found by its number and read in a minute."""
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))

    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    assert [record.name for record in records if len(record.read_text().splitlines()) > 45] == []
