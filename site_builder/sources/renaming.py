"""Move a text without losing it: its files, the links to it, and its old address; decided first, and then done."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from site_builder.errors import BuildError
from site_builder.sources.addresses import own_addresses
from site_builder.sources.forms import SLUG
from site_builder.sources.keys import KINDS
from site_builder.sources.text import NotUtf8Error, Source, read_source

MARK = re.compile(r"(?P<before>[{|](?:filename|static|attach)[}|])(?P<path>[^#?\s)\"'>]+)")


@dataclass(frozen=True)
class Rename:
    """How a text is moved: what moves where, and which files say what afterwards."""

    moves: tuple[tuple[Path, Path], ...]
    edits: tuple[tuple[Path, str], ...]
    alias: str
    links: int


def find_text(content: Path, name: str) -> Source:
    """Return the text that somebody names, by its file, its folder or its slug."""
    given = Path(name)
    for candidate in (given, given / "index.md", *(place for kind in KINDS for place in _named(content, kind, name))):
        if candidate.suffix == ".md" and candidate.is_file():
            path = candidate.resolve()
            kind = next((kind for kind in KINDS if path.is_relative_to((content / kind).resolve())), None)
            if kind is not None:
                return read_source(path, kind)
    found = [source for source in all_sources(content) if source.slug == name]
    if len(found) == 1:
        return found[0]
    raise BuildError(name, "no text has this name", "Name its file, its folder, or the last part of its address.")


def _named(content: Path, kind: str, name: str) -> Iterator[Path]:
    yield content / kind / name / "index.md"
    yield content / kind / f"{name}.md"


def all_sources(content: Path) -> Iterator[Source]:
    """Read every text of the content folder; one that is no text is left to the check."""
    for kind in KINDS:
        for path in sorted((content / kind).rglob("*.md")):
            try:
                yield read_source(path.resolve(), kind)
            except NotUtf8Error:
                continue


def plan_rename(content: Path, source: Source, slug: str) -> Rename:
    """Decide how a text gets another slug: its files move, its old address leads to it, links to it are mended."""
    if not SLUG.fullmatch(slug):
        raise BuildError(f"the slug {slug!r}", "it cannot be in an address", "Write small letters, digits and hyphens.")
    if source.keys.url:
        todo = "Change both keys by hand, and add the old address as an alias."
        raise BuildError(str(source.path), "its address is said by `url` and `save_as`", todo)
    if slug == source.slug:
        raise BuildError(str(source.path), f"its slug is {slug} already", "Nothing is to be done.")
    content = content.resolve()
    old, new = _unit(source), _new_unit(source, slug)
    if old != new and new.exists():
        raise BuildError(str(new), "there is something already", "Take another slug.")
    alias = "" if source.is_draft else own_addresses(source)[0]
    moved = new / source.path.name if old.is_dir() else new
    text = _with_keys(source, slug, alias)
    mending = _Mending(source, moved, content, slug)
    edits, links = [], 0
    for other in all_sources(content):
        own = text if other.path == source.path else other.text
        changed, number = mending.mend(own, other.path)
        links += number
        if changed != other.text:
            edits.append((moved if other.path == source.path else other.path, changed))
    return Rename(((old, new),) if old != new else (), tuple(edits), alias, links)


def _unit(source: Source) -> Path:
    """Return what moves: the folder of an `index.md`, with all that lies in it, or the file."""
    return source.path.parent if source.path.stem == "index" else source.path


def _new_unit(source: Source, slug: str) -> Path:
    if source.keys.slug:
        # The folder's name says nothing of the address; it stays.
        return _unit(source)
    unit = _unit(source)
    return unit.with_name(slug) if unit.is_dir() else unit.with_name(f"{slug}.md")


def _with_keys(source: Source, slug: str, alias: str) -> str:
    lines = source.text.splitlines(keepends=True)
    entry = source.entry("slug")
    if entry:
        lines[entry.line - 1] = f"{_before_value(lines[entry.line - 1])} {slug}\n"
    aliases = [*(old for old in source.keys.aliases if old != alias), *([alias] if alias else [])]
    # An address that the text goes back to is no alias any more.
    aliases = [old for old in aliases if not old.endswith(f"/{slug}/")]
    if aliases == list(source.keys.aliases):
        return "".join(lines)
    entry = source.entry("aliases")
    if entry is not None:
        first, last = _lines_of(source, entry.line)
        lines[first:last] = [f"{_before_value(lines[first])} {_written(source, aliases)}\n"] if aliases else []
    elif aliases:
        at = source.entry("title")
        name = "aliases" if source.head.is_yaml else "Aliases"
        lines.insert(at.line if at else 0, f"{name}: {_written(source, aliases)}\n")
    return "".join(lines)


def _lines_of(source: Source, line: int) -> tuple[int, int]:
    """Return the first line of a key and the one after its last, counted from nothing."""
    others = sorted(entry.line for entry in source.head.entries if entry.line > line)
    first = line - 1
    while not re.match(r" {0,3}[A-Za-z0-9_-]+:", source.lines[first]):
        first -= 1
    last = first + 1
    limit = others[0] - 1 if others else source.head.body - 1
    while last < limit and (source.lines[last][:1] in (" ", "\t", "-") and source.lines[last].strip("-. ") != ""):
        last += 1
    return first, last


def _before_value(line: str) -> str:
    return line[: line.index(":") + 1]


def _written(source: Source, names: Iterable[str]) -> str:
    return f"[{', '.join(names)}]" if source.head.is_yaml else ", ".join(names)


@dataclass(frozen=True)
class _Mending:
    """Mends links in texts, for a text that goes from one file to another."""

    source: Source
    moved: Path
    content: Path
    slug: str

    def mend(self, text: str, path: Path) -> tuple[str, int]:
        """Return a text whose links lead to where the moved one is, and how many were mended."""
        found = [self._target(path, mark) for mark in MARK.finditer(text)]
        targets = iter(found)
        mended = MARK.sub(lambda mark: mark["before"] + (next(targets) or mark["path"]), text)
        number = sum(target is not None for target in found)
        for old in own_addresses(self.source):
            new = f"{old.removesuffix(f'{self.source.slug}/')}{self.slug}/"
            mended, more = re.subn(rf"(\]\(|href=\"){re.escape(old)}(?=[)#?\"\s])", rf"\g<1>{new}", mended)
            number += more
        return mended, number

    def _target(self, path: Path, mark: re.Match[str]) -> str | None:
        """Return what a link is to say now; nothing where it says it already."""
        written, unit = mark["path"], _unit(self.source)
        absolute, is_self = written.startswith("/"), path == self.source.path
        folder = self.content if absolute else path.parent
        target = Path(posixpath.normpath(folder / unquote(written).lstrip("/")))
        own_folder = self.moved.parent if is_self else path.parent
        if target == self.source.path or (unit.is_dir() and target.is_relative_to(unit)):
            if is_self and not absolute:
                return None
            new = self.moved if target == self.source.path else self.moved.parent / target.relative_to(unit)
            return f"/{new.relative_to(self.content).as_posix()}" if absolute else posixpath.relpath(new, own_folder)
        # The text itself may have gone elsewhere; what it names from its own folder stays where it is.
        return None if absolute or own_folder == path.parent else posixpath.relpath(target, own_folder)


def apply_rename(rename: Rename) -> None:
    """Move the files and write what they say now."""
    for old, new in rename.moves:
        old.rename(new)
    for path, text in rename.edits:
        path.write_text(text, encoding="utf-8")
