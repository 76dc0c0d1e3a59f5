"""What is live: one value under one key, changed only by whoever has seen the last change.

The value says more than the edge function needs: which commit is live, who moved the pointer last and why, the canary
and the lock. So every guard looks at the same value that the move itself is conditional on, and what it has seen
cannot have changed when the move succeeds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from site_builder.errors import ReleaseError
from site_builder.release.stores import Clock, ConflictError, KeyValues, StoreError

LIVE_KEY = "live"
# The service's own limits: what one key, one value and the whole store may hold, and one call may change.
LONGEST_KEY = 512
LONGEST_VALUE = 1024
LARGEST_STORE = 5 * 1024 * 1024
MOST_KEYS = 50
# Somebody who writes other keys all the time is given this many chances to let us through.
TRIES = 20
LONGEST_WORDS = 120


@dataclass(frozen=True)
class Release:
    """A release, and the commit that it was made from."""

    digest: str
    commit: str | None = None
    # When that commit was made, in seconds since 1970: what tells an older commit from a newer one.
    committed: int = 0
    # The API's package that belongs to it; None where nothing is said of the API.
    api: str | None = None

    @property
    def bytes(self) -> tuple[str, str | None]:
        """Name what visitors get of it, whichever commit it is of: the pages and the API."""
        return self.digest, self.api

    @property
    def name(self) -> str:
        """Name it for a person, with its API where it has one."""
        return f"{self.digest} with the API {self.api}" if self.api else self.digest

    def to_values(self, name: str) -> dict[str, Any]:
        """Write it under a name for its digest."""
        said = {name: self.digest, "commit": self.commit, "committed": self.committed}
        return {**said, "api": self.api} if self.api else said


@dataclass(frozen=True)
class Canary:
    """A release that a share of the viewers gets."""

    release: Release
    percent: int


@dataclass(frozen=True)
class Lock:
    """Somebody keeps everybody from moving the pointer."""

    by: str
    why: str
    at: int


@dataclass(frozen=True)
class Move:
    """The last change of the pointer: the how-many-th it was, what for, by whom."""

    number: int
    action: str
    by: str
    why: str
    at: int


NO_MOVE = Move(0, "none", "", "", 0)


@dataclass(frozen=True)
class Pointer:
    """What is live, for whom, and how it came to be."""

    live: Release | None = None
    canary: Canary | None = None
    lock: Lock | None = None
    move: Move = NO_MOVE
    # Every page is the one that says so, until the site is opened again.
    closed: bool = False

    @property
    def digest(self) -> str | None:
        """Name the live release, if there is one."""
        return self.live.digest if self.live else None

    @property
    def bytes(self) -> tuple[str, str | None] | None:
        """Name what visitors get, pages and API, if anything is live."""
        return self.live.bytes if self.live else None

    @property
    def digests(self) -> frozenset[str]:
        """Name every release that a viewer may get."""
        canary = {self.canary.release.digest} if self.canary else set()
        return frozenset({self.live.digest} if self.live else set()) | canary

    def to_json(self) -> str:
        """Write the value that the edge function reads, and we."""
        said: dict[str, Any] = {"move": vars(self.move)}
        if self.live:
            said |= self.live.to_values("live")
        if self.canary:
            said["canary"] = {**self.canary.release.to_values("release"), "percent": self.canary.percent}
        if self.lock:
            said["lock"] = vars(self.lock)
        if self.closed:
            said["closed"] = True
        return json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Pointer:
        """Read the value that `to_json` wrote."""
        try:
            said = json.loads(text)
            live = _release(said, "live") if "live" in said else None
            canary = said.get("canary")
            return cls(
                live,
                Canary(_release(canary, "release"), canary["percent"]) if canary else None,
                Lock(**said["lock"]) if "lock" in said else None,
                Move(**said["move"]) if "move" in said else NO_MOVE,
                said.get("closed") is True,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            todo = "Look at the key `live` of the environment's KeyValueStore, and at the last file under ledger/."
            raise ReleaseError("the pointer", f"its value cannot be read: {text[:80]!r}", todo) from error


def _release(said: Mapping[str, Any], name: str) -> Release:
    return Release(said[name], said.get("commit"), said.get("committed", 0), said.get("api"))


def moved(seen: Pointer, action: str, by: str, why: str, at: float) -> Pointer:
    """Return the pointer as it is after a move that changes nothing but says that it was made."""
    move = Move(seen.move.number + 1, action, short(by), short(why), int(at))
    return replace(seen, move=move)


def short(words: str) -> str:
    """Keep what fits beside the rest in one value, without what JSON would write in two characters."""
    plain = " ".join(words.replace('"', "'").replace("\\", "/").split())
    while len(plain.encode()) > LONGEST_WORDS:
        plain = plain[:-1]
    return plain


class PointerMovedError(ReleaseError):
    """Somebody else moved the pointer between our looking and our moving."""

    def __init__(self, now: Pointer) -> None:
        by = f" ({now.move.action} by {now.move.by})" if now.move.by else ""
        super().__init__("the pointer", f"it was moved meanwhile{by}", "Look at what is live, then try again.")
        self.now = now


@dataclass(frozen=True)
class Changes:
    """What else is to change in the key-value store, before the pointer moves."""

    puts: tuple[tuple[str, str], ...] = ()
    deletes: tuple[str, ...] = ()


NO_CHANGES = Changes()


class PointerStore:
    """Reads and moves the pointer; other keys are changed only while it stands where it was seen."""

    def __init__(self, values: KeyValues, clock: Clock) -> None:
        self._values = values
        self._clock = clock

    def read(self) -> Pointer:
        """Return what is live now."""
        return _parsed(self._values.get(LIVE_KEY))

    def items(self) -> Mapping[str, str]:
        """Return everything that the edge function can read."""
        return self._values.items()

    def size(self) -> int:
        """Return how many bytes are taken of what the store may hold."""
        return self._values.version().size

    def write(self, seen: Pointer, new: Pointer, changes: Changes = NO_CHANGES) -> None:
        """Change the other keys, then the pointer; raise PointerMovedError unless it still stands as seen.

        Each batch is conditional on the one before, so nobody else has written since the pointer was compared. A change
        of other keys alone, by another deploy, is no reason to give up: the pointer is looked at again, and if it still
        stands as seen, everything is written once more.
        """
        for attempt in range(TRIES):
            try:
                return self._try(seen, new, changes)
            except ConflictError:
                self._clock.sleep(random.uniform(0, 0.05 * 2 ** min(attempt, 5)))  # noqa: S311 - no secret
            except StoreError:
                # The answer may have been lost on its way back, and not the question.
                if new != seen and self.read() == new:
                    return None
                raise
        raise ConflictError

    def _try(self, seen: Pointer, new: Pointer, changes: Changes) -> None:
        # The version is read before the value: if somebody writes in between, our change is refused.
        etag = self._values.version().etag
        now = self.read()
        if now == new != seen:
            return
        if now != seen:
            raise PointerMovedError(now)
        puts = [*changes.puts, *([(LIVE_KEY, new.to_json())] if new != seen else [])]
        for some, gone in _batches(puts, changes.deletes):
            etag = self._values.update(etag, dict(some), gone)


def _batches(
    puts: Collection[tuple[str, str]], deletes: Collection[str]
) -> list[tuple[list[tuple[str, str]], list[str]]]:
    """Cut changes into calls; what is deleted goes first and the pointer, the last of the puts, last."""
    gone, kept = iter(deletes), iter(puts)
    batches: list[tuple[list[tuple[str, str]], list[str]]] = []
    while some := list(islice(gone, MOST_KEYS)):
        batches.append(([], some))
    while more := list(islice(kept, MOST_KEYS)):
        batches.append((more, []))
    return batches


def _parsed(value: str | None) -> Pointer:
    return Pointer.from_json(value) if value is not None else Pointer()


def refuse_what_does_not_fit(puts: Collection[tuple[str, str]], taken: int) -> None:
    """Say before anything is uploaded what the key-value store would not take in the end."""
    for key, value in puts:
        if len(key.encode()) > LONGEST_KEY:
            what = f"its key in the edge's store has {len(key.encode())} bytes, and {LONGEST_KEY} are the most"
            raise ReleaseError(key, what, "Shorten that address.")
        if len(value.encode()) > LONGEST_VALUE:
            what = f"its value in the edge's store has {len(value.encode())} bytes, and {LONGEST_VALUE} are the most"
            raise ReleaseError(key, what, "Shorten the address that it leads to.")
    more = sum(len(key.encode()) + len(value.encode()) for key, value in puts)
    if taken + more > LARGEST_STORE:
        what = f"redirects need {more:,} bytes, {taken:,} are taken, and {LARGEST_STORE:,} are the most"
        raise ReleaseError(
            "the edge's store", what, "Prune releases (`publish.py prune ENV`), or have fewer redirects."
        )
