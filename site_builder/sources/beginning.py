"""Begin a text: decided first, as a value, and then written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import yaml

from site_builder.errors import BuildError
from site_builder.sources.forms import SLUG
from site_builder.sources.keys import DRAFT, POST

PLAIN = str.maketrans({"ß": "ss", "ø": "o", "Ø": "o", "æ": "ae", "Æ": "ae", "œ": "oe", "ł": "l", "Ł": "l", "đ": "d"})
EMPTY_SUMMARY = "One or two sentences that say what a reader gets."


def slug_of(title: str) -> str:
    """Return the last part of an address for a title, or nothing where no letter of it can be in one."""
    plain = unicodedata.normalize("NFKD", title.translate(PLAIN)).encode("ascii", "ignore").decode().lower()
    return "-".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))


@dataclass(frozen=True)
class NewText:
    """A text that is to be written."""

    path: Path
    text: str


def plan_new(
    content: Path, title: str, kind: str, *, draft: bool, now: datetime, author: str, slug: str = ""
) -> NewText:
    """Decide where a new text lies and what it begins with."""
    title = " ".join(title.split())
    slug = slug or slug_of(title)
    if not title or not SLUG.fullmatch(slug):
        todo = "Give a title with letters or digits, or name one with --slug, as --slug a-name."
        raise BuildError(f"the title {title!r}", "no address can be made of it", todo)
    path = content / kind / slug / "index.md" if kind == POST else content / kind / f"{slug}.md"
    taken = next((place for place in _places(content, kind, slug) if place.exists()), None)
    if taken is not None:
        raise BuildError(str(taken), "there is such a text already", "Take another title, or name one with --slug.")
    keys: dict[str, object] = {"title": title}
    if kind == POST:
        keys["date"] = now.strftime("%Y-%m-%d %H:%M")
    keys["summary"] = EMPTY_SUMMARY
    if kind == POST:
        keys |= {"category": "Notes", "authors": [author]}
    if draft:
        keys["status"] = DRAFT
    return NewText(path, f"---\n{_yaml(keys)}---\n\nBegin here.\n")


def _places(content: Path, kind: str, slug: str) -> Iterator[Path]:
    yield content / kind / slug
    yield content / kind / f"{slug}.md"


def _yaml(keys: Mapping[str, object]) -> str:
    """Write keys so that each is one line, and dates look like dates."""
    lines = []
    for name, value in keys.items():
        written = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=1 << 20).strip()
        written = written.removesuffix("...").strip()
        lines.append(f"{name}: {str(value) if name == 'date' else written}\n")
    return "".join(lines)


def write_new(new: NewText) -> None:
    """Write a new text; never over another."""
    new.path.parent.mkdir(parents=True, exist_ok=True)
    with new.path.open("x", encoding="utf-8") as file:
        file.write(new.text)
