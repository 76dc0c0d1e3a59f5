"""The previewed site is always as its sources are, whatever happens in between."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from site_builder.engine.build import BuildRequest, build_site
from site_builder.preview.board import Board
from site_builder.preview.origin import Early
from site_builder.preview.watching import Sources
from site_builder.preview.workshop import FirstBuildError, Workshop
from tests.site_edits import files_of

SECONDS = 30

pytestmark = pytest.mark.integration


@dataclass
class Kept:
    """A site that is kept, and what was said of it."""

    site: Path
    board: Board
    workshop: Workshop
    said: list[str] = field(default_factory=list)

    @property
    def output(self) -> Path:
        """Return where it is built to."""
        return self.workshop.output

    @property
    def post(self) -> Path:
        """Return one of its texts."""
        return self.site / "content" / "posts" / "first" / "index.md"

    def page(self, name: str = "blog/first") -> str:
        """Return a page as it is now."""
        file = self.output / name / "index.html"
        return file.read_text() if file.exists() else ""


def workshop(site: Path, said: list[str]) -> Workshop:
    """Return a workshop for a site."""
    sources = Sources(site / "pelicanconf.py", site / "content", site / "theme")
    return Workshop(sources, site / "state" / "preview", Board(), Early(), said.append)


@pytest.fixture
def kept(tiny_site: Path) -> Iterator[Kept]:
    """Keep a copy of the smallest site."""
    said: list[str] = []
    made = workshop(tiny_site, said)
    with made.keeping(None):
        yield Kept(tiny_site, made._board, made, said)  # noqa: SLF001 - what the browsers are told


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, within a bounded time."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def clean(site: Path) -> dict[str, bytes]:
    """Return what a build from nothing makes of the sources."""
    build_site(BuildRequest(site / "pelicanconf.py", site / "clean", clean=True, drafts=True))
    return files_of(site / "clean")


def test_edits_of_all_kinds_end_in_the_bytes_of_a_clean_build(kept: Kept) -> None:
    """Words, a title, a new text, a template, a setting, and a text that goes."""
    words = kept.post.read_text()
    kept.post.write_text(f"{words}\nOther words.\n")
    until(lambda: "Other words." in kept.page())
    kept.post.write_text(words.replace("Title: The first post", "Title: Number one"))
    until(lambda: "Number one" in kept.page())
    new = kept.site / "content" / "pages" / "new.md"
    new.write_text("Title: New\nSummary: S.\n\nWords.\n")
    until(lambda: "Words." in kept.page("new"))
    template = kept.site / "theme" / "templates" / "base.html"
    template.write_text(template.read_text().replace("</body>", "<!-- other --></body>"))
    until(lambda: "<!-- other -->" in kept.page())
    settings = kept.site / "pelicanconf.py"
    settings.write_text(settings.read_text().replace('SITENAME = "Tiny"', 'SITENAME = "Small"'))
    until(lambda: "Small" in (kept.output / "index.html").read_text())
    new.unlink()
    until(lambda: not kept.page("new"))

    assert files_of(kept.output) == clean(kept.site)


def test_a_fault_is_told_and_another_saving_does_not_make_it_forgotten(kept: Kept) -> None:
    """What could not be built waits until it can."""
    words = kept.post.read_text()
    other = kept.site / "content" / "pages" / "about.md"
    kept.post.write_text("Titel: wrong\n")
    until(lambda: bool(kept.board.faults))
    first = kept.said[-1]
    before = len(kept.said)
    other.write_text(f"{other.read_text()}\nMore about us.\n")
    until(lambda: len(kept.said) > before)
    still = kept.board.faults
    kept.post.write_text(f"{words}\nMended.\n")
    until(lambda: not kept.board.faults)

    assert "Did you mean `Title:`?" in first
    assert still
    assert "Mended." in kept.page()
    assert "More about us." in kept.page("about")


def test_a_file_that_is_broken_for_a_moment_is_no_news(kept: Kept) -> None:
    """Some editors empty a file before they write it."""
    words = kept.post.read_text()
    news = []
    with kept.board.listening("/blog/first/", kept.board.build) as heard:
        kept.post.write_text("")
        time.sleep(0.03)
        kept.post.write_text(f"{words}\nAll of it.\n")
        until(lambda: "All of it." in kept.page())
        while not heard.empty():
            news.append(heard.get())

    assert [one["faults"] for one in news if one["kind"] == "faults" and one["faults"]] == []


def test_when_the_process_that_builds_is_killed_the_next_saving_starts_another(kept: Kept) -> None:
    """And it is told."""
    process = kept.workshop._builder  # noqa: SLF001 - to be killed
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept.post.write_text(f"{kept.post.read_text()}\nAfter all.\n")
    until(lambda: "After all." in kept.page())

    assert files_of(kept.output) == clean(kept.site)


def test_a_text_appears_at_its_moment_though_nobody_saves_anything(kept: Kept) -> None:
    """Until then it is among the drafts."""
    moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + 3))
    text = kept.site / "content" / "posts" / "soon.md"
    text.write_text(f"Title: Soon\nDate: {moment}\nSummary: S.\nCategory: Notes\n\nWords.\n")
    until(lambda: "Words." in kept.page("drafts/soon"))
    until(lambda: "Words." in kept.page("blog/soon"))

    until(lambda: not kept.page("drafts/soon"))


def test_a_site_that_cannot_be_built_at_all_is_not_kept(tiny_site: Path) -> None:
    """All that is wrong is said, and no process is left."""
    (tiny_site / "content" / "pages" / "about.md").write_text("Titel: x\n\nText\n")
    made = workshop(tiny_site, [])
    with pytest.raises(FirstBuildError, match="Did you mean `Title:`"), made.keeping(None):
        pass

    assert made._builder is None  # noqa: SLF001 - ended
    assert "workshop" not in {thread.name for thread in threading.enumerate()}


def test_the_finished_site_is_checked_when_nobody_waits(kept: Kept) -> None:
    """And again after the next saving."""
    kept.post.write_text(f"{kept.post.read_text()}\n[A link](/nowhere/).\n")
    until(lambda: any("/nowhere/" in one["what"] for one in kept.workshop.findings()))
    kept.post.write_text(kept.post.read_text().replace("/nowhere/", "/about/"))
    until(lambda: kept.workshop.findings() == [])
