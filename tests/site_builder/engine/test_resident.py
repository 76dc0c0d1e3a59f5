"""A builder that stays updates the site as a fresh one would."""

from __future__ import annotations

from pathlib import Path

from site_builder.engine.build import BuildRequest, build_site
from site_builder.engine.resident import Resident
from tests.site_edits import files_of


def request(site: Path, output: str = "output") -> BuildRequest:
    """Ask for a build of the site."""
    return BuildRequest(site / "pelicanconf.py", site / output)


def clean_files(site: Path) -> dict[str, bytes]:
    """Return what a clean build makes."""
    build_site(BuildRequest(site / "pelicanconf.py", site / "clean", clean=True))
    return files_of(site / "clean")


def test_edited_words_are_built_the_short_way_again_and_again(tiny_site: Path) -> None:
    """Each update leaves the bytes of a clean build."""
    text = tiny_site / "content" / "posts" / "first" / "index.md"
    words = text.read_text()
    with Resident(request(tiny_site)) as resident:
        for number in range(3):
            text.write_text(f"{words}\nChange {number}, with `code`.\n")
            update = resident.update([text])

            assert update.short
            assert update.changed
            assert files_of(tiny_site / "output") == clean_files(tiny_site)


def test_any_other_change_is_built_the_full_way(tiny_site: Path) -> None:
    """A title, a new file, a template; and words again after it."""
    text = tiny_site / "content" / "posts" / "first" / "index.md"
    template = tiny_site / "theme" / "templates" / "base.html"
    new = tiny_site / "content" / "pages" / "new.md"
    with Resident(request(tiny_site)) as resident:
        text.write_text(text.read_text().replace("Title: ", "Title: Another ", 1))
        title = resident.update([text])
        new.write_text("Title: New\nSummary: S.\n\nWords.\n")
        page = resident.update([new])
        template.write_text(template.read_text() + "<!-- more -->")
        look = resident.update([template])
        text.write_text(text.read_text() + "\nWords.\n")
        words = resident.update([text])

        assert [title.short, page.short, look.short, words.short] == [False, False, False, True]
        assert files_of(tiny_site / "output") == clean_files(tiny_site)


def test_a_build_by_somebody_else_is_noticed(tiny_site: Path) -> None:
    """What another process built meanwhile is not built over from memory."""
    text = tiny_site / "content" / "posts" / "first" / "index.md"
    with Resident(request(tiny_site)) as resident:
        text.write_text(text.read_text() + "\nOne.\n")
        resident.update([text])
        (tiny_site / "content" / "pages" / "new.md").write_text("Title: New\nSummary: S.\n\nWords.\n")
        build_site(request(tiny_site))
        text.write_text(text.read_text() + "\nTwo.\n")
        update = resident.update([text])

        assert not update.short
        assert files_of(tiny_site / "output") == clean_files(tiny_site)
