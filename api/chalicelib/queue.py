"""Where a message waits while the database is away: a port, and a folder behind it for one machine."""

from __future__ import annotations

import os
import time
import uuid
from pathlib import Path
from typing import NamedTuple, Protocol

from chalicelib.errors import QueueUnavailableError

# As long as a queue keeps what one worker has taken from the others; after that it is there again.
LEASE_SECONDS = 60


class Queued(NamedTuple):
    """A text that was taken, and what to show to have it removed."""

    text: str
    receipt: str


class Queue(Protocol):
    """Keeps texts until somebody has dealt with them; one may come twice, none is lost."""

    def put(self, text: str) -> None:
        """Return when the text is durable; or raise QueueUnavailableError."""

    def take(self, most: int) -> list[Queued]:
        """Return some texts, and keep them from others for a while; or raise QueueUnavailableError."""

    def remove(self, receipt: str) -> None:
        """Forget a text that has been dealt with."""

    def is_there(self) -> bool:
        """Say whether it would take a text."""


class DirectoryQueue:
    """Keeps each text in a file of its own, on this machine's disk."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, text: str) -> None:
        """Write the file beside its name first: a name that is there has its whole text."""
        name = f"{time.time_ns():020}-{uuid.uuid4().hex}"
        half, whole = self._folder / f"{name}.half", self._folder / f"{name}.json"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with half.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            half.rename(whole)
            _sync(self._folder)
        except OSError as error:
            raise QueueUnavailableError from error

    def take(self, most: int) -> list[Queued]:
        """Return the oldest that nobody has; whoever takes one dates it to when it may be taken again."""
        now = time.time()
        try:
            free = [path for path in sorted(self._folder.glob("*.json")) if path.stat().st_mtime <= now][:most]
            for path in free:
                os.utime(path, (now, now + LEASE_SECONDS))
            return [Queued(path.read_text("utf-8"), path.name) for path in free]
        except OSError as error:
            raise QueueUnavailableError from error

    def remove(self, receipt: str) -> None:
        """Remove the file; it may be gone already."""
        try:
            (self._folder / receipt).unlink(missing_ok=True)
        except OSError as error:
            raise QueueUnavailableError from error

    def is_there(self) -> bool:
        """Say whether the folder can be written to."""
        return os.access(self._folder if self._folder.exists() else self._folder.parent, os.W_OK)


class NoQueue:
    """Stands where none is configured, and takes nothing."""

    def put(self, text: str) -> None:  # noqa: ARG002 - as the port has it
        """Refuse: what is put here would be lost."""
        raise QueueUnavailableError

    def take(self, most: int) -> list[Queued]:  # noqa: ARG002 - as the port has it
        """Return nothing, which is what there is."""
        return []

    def remove(self, receipt: str) -> None:
        """Do nothing."""

    def is_there(self) -> bool:
        """Say no."""
        return False


def _sync(folder: Path) -> None:
    """Make a new name durable: it is the folder's content, not the file's."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
