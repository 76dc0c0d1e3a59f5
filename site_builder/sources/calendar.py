"""When a text is on the site, and when that changes next."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from site_builder.sources.keys import FrontMatter
from site_builder.sources.text import NotUtf8Error, read_source

APPEARS, EXPIRES = "appears", "expires"


@dataclass(frozen=True, order=True)
class Due:
    """A moment at which a text comes or goes."""

    moment: datetime
    what: str
    path: Path
    title: str


def build_moment() -> datetime:
    """Return the moment that a build is of; it decides what is on the site, and never reaches a page."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)


def is_out(date: datetime | None, expires: datetime | None, now: datetime) -> bool:
    """Say whether a text with these dates is on the site at that moment."""
    return (date is None or date <= now) and (expires is None or now < expires)


def next_change(dates: Iterable[datetime | None], now: datetime) -> datetime | None:
    """Return the first of the moments that are ahead."""
    return min((date for date in dates if date is not None and date > now), default=None)


class Calendar:
    """Answers whether texts are on the site, each of which is read once."""

    def __init__(self, now: datetime) -> None:
        """Answer for this moment."""
        self.now = now
        self._reasons: dict[Path, str] = {}

    def absent(self, path: Path) -> str:
        """Return why a text is not on the site, in words; nothing where it is, or where the file is no text."""
        if path not in self._reasons:
            self._reasons[path] = self._reason(path)
        return self._reasons[path]

    def _reason(self, path: Path) -> str:
        if path.suffix != ".md" or not path.is_file():
            return ""
        try:
            source = read_source(path, "")
        except NotUtf8Error:
            return ""
        return "is a draft" if source.is_draft else _absence(source.keys, self.now)


def _absence(keys: FrontMatter, now: datetime) -> str:
    if keys.date and keys.date > now:
        return f"appears only on {keys.date:%Y-%m-%d %H:%M} UTC"
    if keys.expires and keys.expires <= now:
        return f"left the site on {keys.expires:%Y-%m-%d %H:%M} UTC"
    return ""


def due(content: Path, kinds: Iterable[str], now: datetime) -> list[Due]:
    """Return what is to come and to go, the next first."""
    found = []
    for kind in kinds:
        for path in sorted((content / kind).rglob("*.md")):
            try:
                source = read_source(path, kind)
            except NotUtf8Error:
                continue
            keys = source.keys
            if source.is_draft:
                continue
            for moment, what in ((keys.date, APPEARS), (keys.expires, EXPIRES)):
                if moment and moment > now:
                    found.append(Due(moment, what, path, keys.title))
    return sorted(found)
