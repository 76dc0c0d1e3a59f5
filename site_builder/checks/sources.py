"""Check every text of the content folder, before anything is built."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote

from site_builder.checks.findings import Finding
from site_builder.checks.front_matter import (
    PAGE,
    POST,
    Entry,
    check_front_matter,
    read_front_matter,
)

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
INLINE_CODE = re.compile(r"(`+).+?\1")
# [text](target), ![alt](target), with an optional title, and src="…" or href="…" of raw HTML.
LINK = re.compile(r"(?P<image>!?)\[(?P<text>[^\]]*)\]\((?P<target>[^()\s]+)(?:\s+[\"'][^\"']*[\"'])?\)")
INTERNAL = re.compile(r"[{|](?P<kind>filename|static|attach)[}|](?P<path>[^#?]*)")
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/|#|\{|\|", re.IGNORECASE)


@dataclass(frozen=True)
class Source:
    """One text: where it lies, what kind it is, and its lines."""

    path: Path
    kind: str
    text: str
    entries: tuple[Entry, ...]


def check_sources(content: Path, now: datetime, only: Collection[Path] | None = None) -> list[Finding]:
    """Return everything that is wrong with the texts under the folder, or with some of them alone."""
    findings: list[Finding] = []
    sources: list[Source] = []
    for kind in (POST, PAGE):
        for path in sorted((content / kind).rglob("*.md")) if only is None else _among(only, content / kind):
            source = _read(path, kind)
            if isinstance(source, Finding):
                findings.append(source)
            else:
                sources.append(source)
    for source in sources:
        findings += check_front_matter(source.path, source.kind, list(source.entries), now)
        findings += _check_body(source, content)
    findings += _check_same_address(sources)
    return sorted(findings)


def _among(only: Collection[Path], folder: Path) -> list[Path]:
    return sorted(path for path in only if path.suffix == ".md" and path.is_relative_to(folder) and path.is_file())


def _read(path: Path, kind: str) -> Source | Finding:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        what = f"byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8"
        return Finding(path, line, "not-utf-8", what, "Save the file as UTF-8 in your editor.")
    return Source(path, kind, text, tuple(read_front_matter(text)))


def _check_body(source: Source, content: Path) -> Iterator[Finding]:
    for number, line in _prose(source):
        for link in LINK.finditer(INLINE_CODE.sub("", line)):
            yield from _check_link(source, content, number, link)


def _prose(source: Source) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines of the body that are not code."""
    fence = ""
    after = source.entries[-1].line if source.entries else 0
    for number, line in enumerate(source.text.splitlines(), start=1):
        mark = FENCE.match(line)
        if mark and not fence:
            fence = mark.group(1)
        elif mark and mark.group(1).startswith(fence):
            fence = ""
        elif not fence and number > after:
            yield number, line


def _check_link(source: Source, content: Path, number: int, link: re.Match[str]) -> Iterator[Finding]:
    is_image, target = bool(link["image"]), link["target"]
    if is_image and not link["text"].strip():
        todo = "Write between the square brackets what the picture shows."
        yield Finding(source.path, number, "picture-without-words", f"`{target}` has no description", todo)
    internal = INTERNAL.match(target)
    if internal:
        yield from _check_target(source, content, number, internal["path"])
    elif not ELSEWHERE.match(target):
        yield from _check_beside(source, content, number, target, is_image=is_image)


def _check_beside(source: Source, content: Path, number: int, target: str, *, is_image: bool) -> Iterator[Finding]:
    if is_image:
        yield from _check_target(source, content, number, target)
        return
    todo = f"Link a text as {{filename}}{target}, a file as {{static}}{target}, an address of the site as /…/."
    yield Finding(source.path, number, "link-relative", f"`{target}` would be looked up from the page's address", todo)


def _check_target(source: Source, content: Path, number: int, path: str) -> Iterator[Finding]:
    folder = content if path.startswith("/") else source.path.parent
    wanted = folder / unquote(path).lstrip("/")
    if not wanted.is_file():
        what = f"`{path}` is linked, and there is no such file"
        yield Finding(source.path, number, "link-missing", what, _nearest(wanted, content))


def _nearest(wanted: Path, content: Path) -> str:
    relative = posixpath.normpath(wanted.relative_to(content).as_posix()) if wanted.is_relative_to(content) else ""
    there = [path.relative_to(content).as_posix() for path in content.rglob(f"*{wanted.suffix}") if path.is_file()]
    close = get_close_matches(relative, there, n=1)
    return f"Did you mean /{close[0]}?" if close else "Add the file, or mend the link."


def _check_same_address(sources: list[Source]) -> Iterator[Finding]:
    """Two texts with one address would overwrite each other."""
    taken: dict[tuple[str, str], Path] = {}
    for source in sources:
        slug = next((entry.value for entry in source.entries if entry.key == "slug"), None) or _slug_of(source)
        address = (source.kind, slug)
        if address in taken:
            what = f"its address `{slug}` is already that of {taken[address]}"
            yield Finding(source.path, 1, "address-taken", what, "Give one of them another `Slug:`.")
        taken.setdefault(address, source.path)


def _slug_of(source: Source) -> str:
    return source.path.parent.name if source.path.stem == "index" else source.path.stem
