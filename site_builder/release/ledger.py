"""What was live when, by whom and why: each move of the pointer is one file that is never overwritten.

The pointer's value numbers the move that made it and says everything of it, so a file of the ledger is the value, word
for word. A command that dies between moving the pointer and writing the file loses nothing: whoever moves the pointer
next writes the file of the move before first.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from site_builder.release.pointer import NO_MOVE, Pointer, Release
from site_builder.release.side import Each
from site_builder.release.stores import AlreadyThereError, ObjectStore, StoredObject

LEDGER = "ledger/"
VERDICTS = "verdicts/"
PRIVATE = "private, no-store"
JSON = "application/json"


@dataclass(frozen=True)
class Verdict:
    """What the smoke tests said of a release."""

    passed: bool
    by: str
    at: int
    why: str = ""


class Ledger:
    """Keeps and reads the moves, and what the smoke tests said."""

    def __init__(self, objects: ObjectStore, each: Each) -> None:
        self._objects = objects
        self._each = each

    def record(self, pointer: Pointer) -> None:
        """Keep the move that led to this pointer; it may have been kept by somebody else."""
        if pointer.move == NO_MOVE:
            return
        stored = StoredObject(pointer.to_json().encode(), JSON, PRIVATE)
        try:
            self._objects.put(_key(pointer.move.number), stored, only_if_absent=True)
        except AlreadyThereError:
            # Moves are numbered by the pointer itself, and only one of a number succeeded: it is this one.
            return

    def moves(self, now: Pointer, most: int | None = None) -> Iterator[Pointer]:
        """Return the pointer as it is and as it was, the last first."""
        if now.move == NO_MOVE:
            return
        yield now
        first = max(1, now.move.number - most + 1) if most else 1
        numbers = range(now.move.number - 1, first - 1, -1)
        for stored in self._each(lambda number: self._objects.get(_key(number)), numbers):
            if stored:
                yield Pointer.from_json(stored.body.decode())

    def move(self, number: int, now: Pointer) -> Pointer | None:
        """Return the pointer as it was after one move."""
        if number == now.move.number:
            return now
        stored = self._objects.get(_key(number))
        return Pointer.from_json(stored.body.decode()) if stored else None

    def verdict(self, release: Release) -> Verdict | None:
        """Return what the smoke tests said of a release, if they have looked at it."""
        stored = self._objects.get(_verdict_key(release))
        return Verdict(**json.loads(stored.body)) if stored else None

    def judge(self, release: Release, verdict: Verdict) -> None:
        """Keep what the smoke tests said; what they say last counts."""
        body = json.dumps(vars(verdict), sort_keys=True).encode()
        self._objects.put(_verdict_key(release), StoredObject(body, JSON, PRIVATE))


def _verdict_key(release: Release) -> str:
    """Return where a verdict lies: it is of pages and API together, as they were tested."""
    return f"{VERDICTS}{'-'.join(one for one in release.bytes if one)}.json"


def _key(number: int) -> str:
    return f"{LEDGER}{number}.json"
