"""What is saved is noticed, and nothing else."""

from __future__ import annotations

import contextlib
import queue
from pathlib import Path

import pytest

from site_builder.preview.watching import Sources, watching


@pytest.fixture
def sources(tiny_site: Path) -> Sources:
    """Return what the smallest site is made of."""
    return Sources(tiny_site / "pelicanconf.py", tiny_site / "content", tiny_site / "theme")


def test_a_saved_file_is_noticed_wherever_it_lies(sources: Sources) -> None:
    """Also in a folder that was made a moment ago."""
    new = sources.content / "posts" / "new"
    with watching(sources) as changes:
        new.mkdir()
        (new / "index.md").write_text("x")
        seen: set[Path] = set()
        # A folder is followed a moment after it was made; what was put into it meanwhile comes with its name.
        while not seen & {new, new / "index.md"}:
            seen |= changes.get(timeout=20)
        (new / "index.md").write_text("y")
        while new / "index.md" not in seen:
            seen |= changes.get(timeout=20)
        (sources.theme / "templates" / "base.html").write_text("x")
        while sources.theme / "templates" / "base.html" not in seen:
            seen |= changes.get(timeout=20)
        sources.settings.write_text("x")
        while sources.settings not in seen:
            seen |= changes.get(timeout=20)


@pytest.mark.parametrize("name", ["pelicanconf.py", "content/posts/first/index.md", "theme/templates/base.html"])
def test_a_file_is_noticed_each_time_an_editor_puts_another_into_its_place(
    sources: Sources, tiny_site: Path, name: str
) -> None:
    """Many an editor writes beside a file, and then gives it the file's name."""
    file, beside = tiny_site / name, tiny_site / "beside"
    with watching(sources) as changes:
        for words in ("one", "two", "three"):
            beside.write_text(words)
            beside.replace(file)
            while file not in changes.get(timeout=20):
                pass


def test_what_an_editor_keeps_beside_a_file_is_not_noticed(sources: Sources) -> None:
    """Nor what lies elsewhere in the project."""
    with watching(sources) as changes:
        (sources.content / "posts" / ".first.md.swp").write_text("x")
        (sources.content.parent / "notes.txt").write_text("x")
        (sources.content / "posts" / "mark.md").write_text("x")
        seen = changes.get(timeout=20)
        with contextlib.suppress(queue.Empty):
            seen |= changes.get(timeout=0.3)

    assert {path.name for path in seen} == {"mark.md"}


def test_code_and_stylesheets_are_told_from_texts(sources: Sources) -> None:
    """Each of them is another kind of news."""
    style = sources.theme / "static" / "css" / "site.css"

    assert sources.is_code(sources.settings)
    assert sources.is_code(sources.theme / "words" / "en.toml")
    assert not sources.is_code(sources.content / "posts" / "snippet.py")
    assert sources.style_names(style) == ("css/site.css",)
    assert sources.style_names(sources.content / "style.css") == ()


def test_a_part_of_stylesheets_is_known_with_those_that_import_it(sources: Sources) -> None:
    """Browsers load these, and never the part by its name."""
    css = sources.theme / "static" / "css"
    (css / "parts").mkdir()
    (css / "parts" / "base.css").write_text("p {}")
    (css / "parts" / "more.css").write_text("@import 'base.css';")
    (css / "site.css").write_text('@import "parts/more.css";')
    (css / "print.css").write_text("p {}")

    found = sources.style_names(css / "parts" / "base.css")
    assert found == ("css/parts/base.css", "css/parts/more.css", "css/site.css")
