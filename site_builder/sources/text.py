"""One text of the content folder: its keys with their places, its words, and where it will be on the site."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from site_builder.sources.forms import Unfit
from site_builder.sources.front_matter import Entry, Head, read_head
from site_builder.sources.keys import DRAFT, KEYS, FrontMatter

FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
INLINE_CODE = re.compile(r"(`+)(?!`).+?(?<!`)\1(?!`)")
COMMENT = re.compile(r"<!--.*?(?:-->|$)")
# What is indented below one of these belongs to it; elsewhere it is code.
CONTAINER = re.compile(r"^ {0,3}(?:[-*+] |\d+[.)] |!!! |\?\?\?|\[\^[^\]]+\]:|: |>)")
INDENTED = re.compile(r"^(?: {4}|\t)")


class NotUtf8Error(ValueError):
    """The file's bytes are no text."""

    def __init__(self, line: int, column: int, position: int, byte: int) -> None:
        super().__init__(line, column, position, byte)
        self.line, self.column, self.position, self.byte = line, column, position, byte


@dataclass(frozen=True)
class Source:
    """One text: where it lies, what kind it is, and what stands in it."""

    path: Path
    kind: str
    text: str

    @cached_property
    def head(self) -> Head:
        """The front matter, with the places of its entries."""
        return read_head(self.text)

    @cached_property
    def keys(self) -> FrontMatter:
        """The front matter, typed; what is not fit is left out, and the check tells of it."""
        values = {}
        for entry in self.head.entries:
            key = KEYS.get(entry.key)
            if key is not None and entry.value:
                try:
                    values[entry.key] = key.form.read(entry.value)
                except Unfit:
                    continue
        return FrontMatter(**values)

    def entry(self, name: str) -> Entry | None:
        """Return where a key stands, if it does."""
        return next((entry for entry in self.head.entries if entry.key == name), None)

    @cached_property
    def lines(self) -> list[str]:
        """Every line of the file."""
        return self.text.splitlines()

    @property
    def slug(self) -> str:
        """The last part of the address."""
        return self.keys.slug or (self.path.parent.name if self.path.stem == "index" else self.path.stem)

    @property
    def is_draft(self) -> bool:
        """Say whether it is for the preview alone."""
        return self.keys.status == DRAFT

    def prose(self) -> Iterator[tuple[int, str]]:
        """Yield the numbered lines of the body that are not code; inline code is blanked, so that columns stay."""
        fence, contains, before = "", False, ""
        for number, line in enumerate(self.lines[self.head.body - 1 :], start=self.head.body):
            mark = FENCE.match(line)
            if fence:
                if mark and mark.group(1).startswith(fence) and not line.strip().strip(fence[0]):
                    fence = ""
                continue
            if mark:
                fence = mark.group(1)
                continue
            if line.strip() and not INDENTED.match(line):
                contains = bool(CONTAINER.match(line))
            if contains or before.strip() or not INDENTED.match(line):
                yield number, COMMENT.sub(_blank, INLINE_CODE.sub(_blank, line))
            before = line


def _blank(match: re.Match[str]) -> str:
    return " " * len(match.group())


def read_source(path: Path, kind: str) -> Source:
    """Read one text."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise NotUtf8Error(line, column, error.start, raw[error.start]) from error
    return Source(path, kind, text)
