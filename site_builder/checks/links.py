"""What may be wrong with the links and pictures of a text."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote

from site_builder.checks.findings import ERROR, WARNING, Finding
from site_builder.sources.calendar import Calendar
from site_builder.sources.text import Source

# [text](target), ![alt](target), with an optional title; an image may stand inside of a link's text.
LINK = re.compile(
    r"(?P<image>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\](?:\([^()]*\))?)*)\]"
    r"\(\s*(?P<target><[^<>]*>|[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:\s+(?:\"[^\"]*\"|'[^']*'))?\s*\)"
)
INNER_IMAGE = re.compile(r"!\[(?P<text>[^\]]*)\]\((?P<target>[^()\s]+)[^()]*\)")
INTERNAL = re.compile(r"[{|](?P<kind>filename|static|attach)[}|](?P<path>[^#?]*)")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/|#|\{|\|", re.IGNORECASE)
EMPTY_WORDS = frozenset({"here", "click here", "link", "this link", "read more", "more", "this", "this page"})
MOST_BYTES = 20_000_000


@dataclass(frozen=True)
class _Spot:
    """A place in a text, where something may be wrong."""

    source: Source
    line: int
    column: int

    def finding(self, rule: str, what: str, todo: str, level: str = ERROR) -> Finding:
        return Finding(self.source.path, self.line, self.column, rule, what, todo, level)


def check_links(source: Source, content: Path, calendar: Calendar) -> Iterator[Finding]:
    """Find what is wrong with the links and pictures of one text."""
    for number, line in source.prose():
        for link in LINK.finditer(line):
            spot = _Spot(source, number, link.start() + 1)
            if link["image"]:
                yield from _check_picture(spot, content, link)
                continue
            yield from _check_link(spot, content, calendar, link)
            for inner in INNER_IMAGE.finditer(link["text"]):
                within = _Spot(source, number, link.start("text") + inner.start() + 1)
                yield from _check_picture(within, content, inner)
    entry = source.entry("image")
    if entry and source.keys.image:
        yield from _check_file(_Spot(source, entry.line, entry.column), content, source.keys.image)


def _check_link(spot: _Spot, content: Path, calendar: Calendar, link: re.Match[str]) -> Iterator[Finding]:
    target = link["target"].strip("<>")
    words = link["text"].strip()
    if not target:
        yield spot.finding("link-empty", f"`{words}` leads nowhere", "Write where it leads.")
        return
    if not words:
        todo = "Write between the square brackets what the link leads to."
        yield spot.finding("link-without-words", f"the link to `{target}` has no words", todo)
    elif words.lower().strip(" .") in EMPTY_WORDS:
        what, todo = f"the link's words are only `{words}`", "Let the words say where it leads: many hear only them."
        yield spot.finding("link-words", what, todo, WARNING)
    internal = INTERNAL.match(target)
    if internal:
        if internal["path"]:
            yield from _check_file(spot, content, internal["path"])
            yield from _check_is_out(spot, content, calendar, internal["path"])
    elif not ELSEWHERE.match(target):
        todo = f"Link a text as {{filename}}{target}, a file as {{static}}{target}, an address of the site as /…/."
        yield spot.finding("link-relative", f"`{target}` would be looked up from the page's address", todo)


def _check_picture(spot: _Spot, content: Path, link: re.Match[str]) -> Iterator[Finding]:
    target = link["target"].strip("<>")
    if not link["text"].strip():
        todo = "Write between the square brackets what the picture shows."
        yield spot.finding("picture-without-words", f"`{target}` has no description", todo)
    internal = INTERNAL.match(target)
    if internal:
        yield from _check_file(spot, content, internal["path"])
    elif re.match(r"(?:https?:)?//", target):
        todo = "Keep a copy beside the text: a reader's address is nobody else's business."
        yield spot.finding("picture-elsewhere", f"`{target}` is on another site", todo)
    elif not ELSEWHERE.match(target):
        yield from _check_file(spot, content, target)


def _check_file(spot: _Spot, content: Path, path: str) -> Iterator[Finding]:
    wanted = _place(spot.source, content, path)
    if not wanted.is_file():
        what = f"`{path}` is linked, and there is no such file"
        yield spot.finding("link-missing", what, _nearest(wanted, content))
    elif wanted.suffix != ".md" and wanted.stat().st_size > MOST_BYTES:
        what = f"`{path}` has {wanted.stat().st_size / 1_000_000:.0f} MB"
        todo = f"Make it smaller than {MOST_BYTES // 1_000_000} MB: it would be in the repository for ever."
        yield spot.finding("file-oversize", what, todo)


def _check_is_out(spot: _Spot, content: Path, calendar: Calendar, path: str) -> Iterator[Finding]:
    """Find a link to what is not on the site: it is broken, until it is."""
    reason = calendar.absent(_place(spot.source, content, path))
    if reason and not calendar.absent(spot.source.path):
        yield spot.finding("link-to-absent", f"`{path}` {reason}", "Link it when it is out, or publish both together.")


def _place(source: Source, content: Path, path: str) -> Path:
    folder = content if path.startswith("/") else source.path.parent
    return Path(posixpath.normpath(folder / unquote(path).lstrip("/")))


def _nearest(wanted: Path, content: Path) -> str:
    relative = wanted.relative_to(content).as_posix() if wanted.is_relative_to(content) else ""
    there = [path.relative_to(content).as_posix() for path in content.rglob(f"*{wanted.suffix}") if path.is_file()]
    close = get_close_matches(relative, there, n=1)
    return f"Did you mean /{close[0]}?" if close else "Add the file, or mend the link."
