"""What an author wants to know of the page that is looked at: its text, when it appears, and what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from site_builder.engine.places import Place, text_of, texts_under
from site_builder.guarded import shown
from site_builder.preview.board import address, file_at
from site_builder.sources.text import NotUtf8Error, Source, read_source

DRAFTS = "drafts/"
Findings = Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class Ahead:
    """A text that nobody but its author sees yet."""

    title: str
    address: str
    # When it appears by itself; nothing for a draft, which never does.
    appears: str


def about(output: Path, content: Path, path: str, findings: Findings) -> dict[str, Any]:
    """Return what is known of the page at an address."""
    file = file_at(path)
    place = text_of(output, file)
    text = content / place.path if place else None
    source = _read(text) if text else None
    return {
        "source": str(shown(text)) if text else "",
        "ahead": asdict(_ahead(source, path)) if source and file.startswith(DRAFTS) else None,
        "findings": [one for one in findings if one["path"] in {str(output / file), str(text)}],
        "elsewhere": sum(1 for one in findings if one["path"] not in {str(output / file), str(text)}),
    }


def texts_ahead(output: Path, content: Path) -> list[Ahead]:
    """Return the drafts, and what appears at a later time, the next first."""
    found = list(_all_ahead(texts_under(output, DRAFTS), content))
    return sorted(found, key=lambda one: (not one.appears, one.appears, one.title))


def _all_ahead(places: Iterable[Place], content: Path) -> Iterator[Ahead]:
    for place in places:
        source = _read(content / place.path)
        if source:
            yield _ahead(source, address(place.file))


def _ahead(source: Source, path: str) -> Ahead:
    date = source.keys.date
    waits = not source.is_draft and date is not None and date > datetime.now(UTC)
    return Ahead(source.keys.title, path, f"{date:%Y-%m-%d %H:%M} UTC" if waits and date else "")


def _read(path: Path) -> Source | None:
    try:
        return read_source(path, "")
    except (OSError, NotUtf8Error):
        return None
