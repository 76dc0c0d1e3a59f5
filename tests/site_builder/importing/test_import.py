"""What is imported fits the site, and nothing that is there is touched."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from site_builder.checks.sources import check_sources
from site_builder.errors import ImportingError
from site_builder.importing import GENERATORS
from site_builder.importing.detect import detect, read_export
from site_builder.importing.plan import plan_import
from site_builder.importing.present import read_present
from site_builder.importing.values import Plan
from site_builder.importing.write import write_plan

NOW = datetime(2026, 6, 1, tzinfo=UTC)
# What the exports lack on purpose; everything else is in order as it is imported.
LACKING = {
    "wordpress": [("posts/the-ferry/index.md", "link-missing")],
    "jekyll": [
        ("posts/second-year/index.md", "link-missing"),
        ("posts/second-year/index.md", "picture-without-words"),
        ("posts/second-year/index.md", "picture-elsewhere"),
    ],
    "hugo": [],
    "medium": [("posts/slow-boats/index.md", "picture-elsewhere")],
}


def snapshot(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("generator", GENERATORS)
def test_what_is_imported_passes_the_checks(generator: str, bring_in: Callable[[str], Plan], content: Path) -> None:
    """Only what the export did not hold is left to mend, and the report has told of it."""
    plan = bring_in(generator)
    errors = [one for one in check_sources(content, NOW) if one.is_error]
    told = {note.path for note in plan.notes}

    assert [(one.path.relative_to(content).as_posix(), one.rule) for one in errors] == LACKING[generator]
    assert {str(one.path) for one in errors} <= told


@pytest.mark.parametrize("generator", GENERATORS)
def test_a_second_import_changes_nothing(generator: str, bring_in: Callable[[str], Plan], content: Path) -> None:
    """Whoever is unsure whether it went through may do it again."""
    first = bring_in(generator)
    before = snapshot(content)
    second = bring_in(generator)

    assert snapshot(content) == before
    assert sorted(second.kept) == sorted(text.path for text in first.texts)
    assert second.texts == ()


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_same_export_gives_the_same_bytes(
    generator: str, bring_in: Callable[[str], Plan], exports: Path, content: Path, tmp_path: Path
) -> None:
    """An import can be thrown away and done again."""
    bring_in(generator)
    again = tmp_path / "again"
    write_plan(plan_import(read_export(exports / generator, generator), read_present(again)), again)

    assert snapshot(again) == snapshot(content)


@pytest.mark.parametrize("generator", GENERATORS)
def test_planning_writes_nothing(generator: str, exports: Path, content: Path) -> None:
    """A dry run is the plan alone."""
    plan = plan_import(read_export(exports / generator, generator), read_present(content))

    assert plan.texts
    assert not content.exists()


def test_a_text_that_is_there_stays(bring_in: Callable[[str], Plan], content: Path) -> None:
    """A text under another name with the same slug counts, too; the others still come."""
    mine = content / "posts" / "my-boats.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("Title: Mine\nSlug: slow-boats\n\nMy words.\n")
    plan = bring_in("medium")

    assert mine.read_text() == "Title: Mine\nSlug: slow-boats\n\nMy words.\n"
    assert not (content / "posts" / "slow-boats").exists()
    assert [path.as_posix() for path in plan.kept] == ["posts/my-boats.md"]
    assert (content / "posts" / "fast-trains" / "index.md").is_file()


def test_a_file_that_is_there_stays(bring_in: Callable[[str], Plan], content: Path) -> None:
    """A picture of the same name beside the text is not overwritten, and that is told."""
    mine = content / "posts" / "slow-boats" / "1-kept.png"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"mine")
    plan = bring_in("medium")

    assert mine.read_bytes() == b"mine"
    assert any("1-kept.png is there already" in note.what for note in plan.notes)


def test_a_file_that_came_after_the_plan_stays(exports: Path, content: Path) -> None:
    """Between planning and writing somebody may have written the text."""
    plan = plan_import(read_export(exports / "hugo", "hugo"), read_present(content))
    mine = content / plan.texts[0].path
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")

    with pytest.raises(ImportingError, match="cannot be written"):
        write_plan(plan, content)
    assert mine.read_text() == "mine"


def test_a_link_to_a_text_that_stays_leads_to_it(bring_in: Callable[[str], Plan], content: Path) -> None:
    """What is imported may link what was there before."""
    mine = content / "posts" / "fast-trains.md"
    mine.parent.mkdir(parents=True)
    mine.write_text("Title: Mine\n\nMy words.\n")
    bring_in("medium")

    assert "({filename}/posts/fast-trains.md)" in (content / "posts" / "slow-boats" / "index.md").read_text()


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "cannot be told which generator"),
        ({"export.xml": "<rss><channel></channel>"}, "not well-formed XML"),
        ({"export.xml": "<rss><channel></channel></rss>"}, "no WordPress export"),
        ({"export.xml": '<!DOCTYPE rss [<!ENTITY a "b">]><rss><channel>&a;</channel></rss>'}, "document type"),
        ({"_config.yml": "a: [b"}, "cannot be read"),
        ({"_config.yml": "title: Empty"}, "holds no text"),
        ({"hugo.toml": "a = ", "content/a.md": "Text"}, "cannot be read"),
        ({"hugo.toml": "", "content/a.txt": "Text"}, "holds no text"),
    ],
)
def test_what_cannot_be_read_is_said(files: dict[str, str], words: str, tmp_path: Path) -> None:
    """Where, what, and what to do: never a traceback."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    with pytest.raises(ImportingError, match=words) as caught:
        read_export(tmp_path, detect(tmp_path))
    assert str(tmp_path) in caught.value.where
    assert caught.value.todo.endswith(".")


@pytest.mark.parametrize("generator", GENERATORS)
def test_the_wrong_generator_is_said(generator: str, tmp_path: Path) -> None:
    """An empty folder is no export, whatever it is called, and neither is one that is not there."""
    with pytest.raises(ImportingError):
        read_export(tmp_path, generator)
    with pytest.raises(ImportingError, match="no such file or folder"):
        read_export(tmp_path / "nowhere", generator)


def test_what_is_outside_of_the_export_is_not_copied(tmp_path: Path) -> None:
    """A link that climbs out of the folder brings no file of the machine into the site."""
    (tmp_path / "secret.png").write_bytes(b"secret")
    posts = tmp_path / "blog" / "_posts"
    posts.mkdir(parents=True)
    (posts / "2020-01-01-a.md").write_text("---\ntitle: A\n---\nText ![s](../../secret.png)\n")
    plan = plan_import(read_export(tmp_path / "blog", "jekyll"), read_present(tmp_path / "content"))

    assert plan.texts[0].copies == ()
    assert any("is not in the export" in note.what for note in plan.notes)
