"""What importing passes from stage to stage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from site_builder.sources.keys import POST

# A link that a generator writes by a text's name, and not by its address, begins with this until it is resolved.
BY_NAME = "ref:"
# What a front matter may hold: YAML, TOML and JSON alike, with every single value as words.
Value: TypeAlias = "str | list[Value] | dict[str, Value]"
Keys: TypeAlias = dict[str, Value]


@dataclass(frozen=True, order=True)
class Fault:
    """What of a text could not be brought along, and what to do about it."""

    what: str
    todo: str


@dataclass(frozen=True, order=True)
class Note:
    """One line of the report."""

    path: str
    what: str
    todo: str

    def __str__(self) -> str:
        return f"{self.path}  {self.what}  {self.todo}"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """One text as its generator had it: its keys in our words, its body in Markdown, its links as they were."""

    origin: str
    slug: str
    title: str = ""
    kind: str = POST
    date: datetime | None = None
    modified: datetime | None = None
    expires: datetime | None = None
    summary: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    series: str = ""
    part: str = ""
    # A picture as it is named in the source, with what it shows.
    image: str = ""
    image_alt: str = ""
    # Paths where the text was found, the last one first.
    addresses: tuple[str, ...] = ()
    # Other ways to name it in a link: a file, an identifier, a whole address.
    names: tuple[str, ...] = ()
    status: str = ""
    lang: str = ""
    # The slug of the text that this one translates.
    translates: str = ""
    canonical: str = ""
    noindex: bool = False
    toc: bool = False
    # Where links to files beside the text begin.
    folder: Path | None = None
    body: str = ""
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Export:
    """Everything that a reader found: the texts, and how their links are to be understood."""

    generator: str
    drafts: tuple[Draft, ...]
    notes: tuple[Note, ...] = ()
    # The names of the old site: a whole address there is an address of the site.
    hosts: tuple[str, ...] = ()
    # Where the old site was below its host, as /blog.
    base: str = ""
    # Folders in which a file that is linked by its address may lie, and above which nothing is read.
    roots: tuple[Path, ...] = ()
    # Whether only the last parts of an address may name a file: exports drop what is before them.
    loose: bool = False


@dataclass(frozen=True, order=True)
class Place:
    """Where a text is to lie: its kind, the last part of its address, and its file below the content folder."""

    kind: str
    slug: str
    path: PurePosixPath


@dataclass(frozen=True)
class Copy:
    """A file that goes beside a text."""

    source: Path
    target: PurePosixPath


@dataclass(frozen=True)
class Text:
    """One text to write, with the files beside it; paths are below the content folder."""

    origin: str
    path: PurePosixPath
    content: str
    copies: tuple[Copy, ...]


@dataclass(frozen=True)
class Plan:
    """What importing would write, which texts it leaves because they are there, and what it must tell."""

    generator: str
    texts: tuple[Text, ...]
    kept: tuple[PurePosixPath, ...]
    notes: tuple[Note, ...]
