"""The committed list of every address that was ever published: `content/urls.txt`.

An address stays for ever: as a page, as a redirect to where the page went, or as the word that it is gone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from site_builder.sources.keys import POST
from site_builder.sources.text import Source

URLS_FILE = "urls.txt"
# What is shown at other addresses, and what only the machinery reads.
NO_ADDRESSES = frozenset({"404.html", "410.html", "503.html", "redirects.json", "schedule.json"})
LINE = re.compile(r"(?P<path>/\S*)(?:\s+(?P<gone>gone))?")
HEADING = """\
# Every address that was ever published, one in each line. A build that loses one fails.
# A page that moved keeps its old address as an alias in its front matter.
# A page that is no more keeps its line, with the word gone after it: visitors are told so.
# `make urls` adds what is new.
"""


@dataclass(frozen=True)
class Listed:
    """One address of the list, and its line."""

    path: str
    gone: bool
    line: int


@dataclass(frozen=True)
class Stray:
    """A line of the list that says no address."""

    text: str
    line: int


@dataclass(frozen=True)
class Addresses:
    """The whole list."""

    file: Path
    listed: tuple[Listed, ...]
    strays: tuple[Stray, ...]

    @property
    def gone(self) -> tuple[str, ...]:
        """Every address whose page is no more."""
        return tuple(one.path for one in self.listed if one.gone)

    @property
    def paths(self) -> frozenset[str]:
        """Every address of the list."""
        return frozenset(one.path for one in self.listed)


def read_addresses(content: Path) -> Addresses:
    """Read the list of a content folder; one that is not there is empty."""
    file = content / URLS_FILE
    listed: list[Listed] = []
    strays: list[Stray] = []
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].strip()
        found = LINE.fullmatch(words)
        if found:
            listed.append(Listed(found["path"], bool(found["gone"]), number))
        elif words:
            strays.append(Stray(words, number))
    return Addresses(file, tuple(listed), tuple(strays))


def write_addresses(known: Addresses, new: Iterable[str]) -> None:
    """Add addresses to the list; its lines stay as they are, sorted among the new ones."""
    lines = {one.path: f"{one.path} gone" if one.gone else one.path for one in known.listed}
    lines.update({path: path for path in new if path not in lines})
    text = HEADING + "".join(f"{lines[path]}\n" for path in sorted(lines))
    known.file.write_text(text, encoding="utf-8")


def address_of(file: str) -> str | None:
    """Return the address at which a file of the output is found, if it is one that people keep."""
    if file.startswith(("assets/", "search/find-")) or file in NO_ADDRESSES:
        return None
    if file.endswith("index.html"):
        return f"/{file.removesuffix('index.html')}"
    return f"/{file}" if file.endswith((".html", ".xml", ".json", ".txt")) else None


def is_kept(address: str) -> bool:
    """Say whether an address belongs into the list: the later pages of a list come and go."""
    return "/page/" not in address


def own_addresses(source: Source) -> tuple[str, ...]:
    """Return the addresses that a text certainly has, by the site's own rules."""
    if source.keys.url:
        return (f"/{source.keys.url.lstrip('/')}",)
    language = f"/{source.keys.lang}" if source.keys.lang else ""
    return (f"{language}/blog/{source.slug}/",) if source.kind == POST else (f"{language}/{source.slug}/",)
