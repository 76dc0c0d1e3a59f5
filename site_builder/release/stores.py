"""The doors to the outside: what a release needs of an object store and of a pointer, and no more."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from site_builder.errors import ReleaseError


@dataclass(frozen=True)
class StoredObject:
    """An object's bytes and the headers it is served with."""

    body: bytes
    content_type: str
    cache_control: str
    metadata: Mapping[str, str] = field(default_factory=dict)


class AlreadyThereError(ReleaseError):
    """An object was to be made, and one of that key exists."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "it exists already, and is never overwritten", "Nothing: what is there is kept.")


class PointerMovedError(ReleaseError):
    """Somebody else moved the pointer between our reading and our writing."""

    def __init__(self) -> None:
        super().__init__("the pointer", "another deploy moved it meanwhile", "Look at what is live, then deploy again.")


class ObjectStore(Protocol):
    """Keeps objects by key."""

    def get(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is none."""

    def put(self, key: str, stored: StoredObject, *, only_if_absent: bool = False) -> None:
        """Keep the object; raise AlreadyThereError if it must be absent and is not."""

    def copy(self, source: str, target: str, metadata: Mapping[str, str]) -> None:
        """Make the target of the source's bytes and headers, with other metadata, without moving the bytes."""

    def keys(self, prefix: str) -> frozenset[str]:
        """Return every key that begins so."""


@dataclass(frozen=True)
class Pointer:
    """What is live, and the version of that knowledge."""

    live: str | None
    version: str


# Paths of a release, and what the edge answers there.
Redirects = Sequence[tuple[str, str]]


class PointerStore(Protocol):
    """Keeps the one value that says what is live."""

    def read(self) -> Pointer:
        """Return what is live now."""

    def move(self, seen: Pointer, live: str, redirects: Redirects = ()) -> None:
        """Keep a release's redirects and point to it; raise PointerMovedError unless the pointer is still as seen."""


def redirect_key(live: str, path: str) -> str:
    """Write the key under which the edge function looks for a redirect of a release."""
    return f"r:{live}:{path}"


def pointer_value(live: str) -> str:
    """Write the value that the edge function reads under the key `live`."""
    return json.dumps({"live": live}, separators=(",", ":"))


def pointed_to(value: str) -> str:
    """Read the digest out of the value that the edge function reads."""
    live: str = json.loads(value)["live"]
    return live
