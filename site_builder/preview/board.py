"""What every browser that looks at the site is told: what was built, and what stands in the way.

A browser says with which build its page was loaded, so whatever it missed, because it slept or this process was
started anew, it is told when it comes back.
"""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from site_builder.preview.faults import Fault

# Of more pages it is not said which they are: nearly all.
MOST_NAMED = 500
ALL = "*"
INDEX = "index.html"

News = dict[str, Any]


@dataclass(frozen=True)
class Listener:
    """A page that is open in a browser: the file that it is, and the news for it."""

    file: str
    news: queue.SimpleQueue[News]


class Board:
    """The news, for as many browsers as there are."""

    def __init__(self) -> None:
        """Nothing is built yet."""
        # Tells the builds of this process from those of an earlier one.
        self.run = secrets.token_hex(4)
        self.number = 0
        self.faults: tuple[Fault, ...] = ()
        self._last_change: dict[str, int] = {}
        # Stylesheets that browsers show already, and that no built page links yet.
        self._restyled: set[str] = set()
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()

    @property
    def build(self) -> str:
        """Return the name of the last build, as a page carries it."""
        return f"{self.run}-{self.number}"

    def viewed(self) -> frozenset[str]:
        """Return the files that somebody looks at."""
        with self._lock:
            return frozenset(one.file for one in self._listeners)

    def built(self, changed: Collection[str], *, silently: bool = False) -> None:
        """Tell that files of the output are other than before; silently where browsers show it already."""
        with self._lock:
            self.number += 1
            self.faults = ()
            self._restyled.clear()
            named = changed if len(changed) <= MOST_NAMED else [ALL]
            self._last_change.update(dict.fromkeys(named, self.number))
            news = {
                "kind": "built",
                "build": self.build,
                "changed": [] if silently else [address(one) for one in named],
            }
            self._tell(news)

    def shown_early(self, file: str) -> None:
        """Tell that one page is there, while the rest is still being made."""
        with self._lock:
            self.number += 1
            self._last_change[file] = self.number
            self._tell({"kind": "built", "build": self.build, "changed": [address(file)], "early": True})

    def failed(self, faults: Sequence[Fault]) -> None:
        """Tell what stands in the way; the last good pages are still there."""
        with self._lock:
            self.faults = tuple(faults)
            self._tell(self._failure())

    def restyled(self, name: str) -> None:
        """Tell that a stylesheet of the theme is another, which needs no other page."""
        with self._lock:
            self._restyled.add(name)
            self._tell(_restyling(name))

    def checked(self) -> None:
        """Tell that the findings about the pages are new."""
        with self._lock:
            self._tell({"kind": "checked"})

    @contextmanager
    def listening(self, path: str, build: str) -> Iterator[queue.SimpleQueue[News]]:
        """Listen for a page at an address, which was loaded with that build."""
        one = Listener(file_at(path), queue.SimpleQueue())
        with self._lock:
            self._listeners.add(one)
            if self._is_stale(one.file, build):
                one.news.put({"kind": "built", "build": self.build, "changed": [path]})
            for name in sorted(self._restyled):
                one.news.put(_restyling(name))
            one.news.put(self._failure())
        try:
            yield one.news
        finally:
            with self._lock:
                self._listeners.discard(one)

    def _is_stale(self, file: str, build: str) -> bool:
        run, _, number = build.partition("-")
        if run != self.run or not number.isdecimal():
            return True
        changed = max(self._last_change.get(name, 0) for name in (file, ALL))
        return int(number) < changed

    def _failure(self) -> News:
        return {"kind": "faults", "faults": [fault.as_json() for fault in self.faults]}

    def _tell(self, news: News) -> None:
        for one in self._listeners:
            one.news.put(news)


def _restyling(name: str) -> News:
    return {"kind": "style", "name": name}


def address(file: str) -> str:
    """Return the address that a file of the output has."""
    return ALL if file == ALL else f"/{file.removesuffix(INDEX) if is_index(file) else file}"


def file_at(path: str) -> str:
    """Return the file of the output that an address stands for."""
    file = path.lstrip("/")
    return f"{file}{INDEX}" if not file or file.endswith("/") else file


def is_index(file: str) -> bool:
    """Say whether a file is the page of its folder."""
    return file == INDEX or file.endswith(f"/{INDEX}")
