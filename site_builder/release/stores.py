"""The doors to the outside: what a release needs of an object store, a key-value store and a clock, and no more."""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol, TypeAlias

from site_builder.errors import ReleaseError

# A huge file is mapped, not read: it is sent piece by piece and is never whole in memory.
Body: TypeAlias = "bytes | mmap.mmap"


@dataclass(frozen=True)
class Headers:
    """What an object is served with."""

    content_type: str
    cache_control: str
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sendable:
    """What a store is given to keep: bytes, or a file that is mapped, and the headers they are served with."""

    body: Body
    content_type: str
    cache_control: str
    metadata: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def sha256(self) -> str:
        """Return the hash of the bytes, made once: the seal, the signature and the checksum are all this one."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True)
class StoredObject(Sendable):
    """An object's bytes and the headers it is served with."""

    body: bytes


@dataclass(frozen=True)
class Found:
    """What a store says of an object without giving its bytes."""

    size: int
    # Seconds since 1970.
    modified: float
    # Only where one object was asked for, and only if the store was told the hash when it got the bytes.
    sha256: str | None = None


@dataclass(frozen=True)
class Source:
    """Where a copy is taken from; without a bucket, from the same one."""

    key: str
    bucket: str | None = None


class AlreadyThereError(ReleaseError):
    """An object was to be made, and one of that key exists."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "it exists already, and is never overwritten", "Nothing: what is there is kept.")


class NothingThereError(ReleaseError):
    """An object was to be copied that does not exist."""

    def __init__(self, key: str) -> None:
        super().__init__(key, "it is not there to be copied", "Run the command again: it looks anew at what is there.")


class StoreError(ReleaseError):
    """A store did not answer, or did not do what it was asked."""

    def __init__(self, doing: str, evidence: str) -> None:
        todo = "Mend that and run the command again; what is stored already is not sent again."
        super().__init__(doing, evidence, todo)


class ConflictError(ReleaseError):
    """The key-value store was written to by somebody else since its version was read."""

    def __init__(self) -> None:
        super().__init__("the key-value store", "somebody else wrote to it meanwhile", "Run the command again.")


class ObjectReader(Protocol):
    """Gives objects by key."""

    def get(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is none."""

    def head(self, key: str) -> Found | None:
        """Return what is known of the object, or None where there is none."""

    def listed(self, prefix: str) -> Mapping[str, Found]:
        """Return every key that begins so."""


class ObjectStore(ObjectReader, Protocol):
    """Keeps objects by key."""

    @property
    def bucket(self) -> str:
        """Name the bucket, as a copy from it does."""

    def put(self, key: str, stored: Sendable, *, only_if_absent: bool = False) -> None:
        """Keep the object; raise AlreadyThereError if it must be absent and is not."""

    def copy(self, source: Source, key: str, headers: Headers) -> None:
        """Make an object of the source's bytes with these headers; raise NothingThereError if there is no source."""

    def delete(self, keys: Collection[str]) -> None:
        """Remove the objects, at most a thousand; those that are not there are no error."""


@dataclass(frozen=True)
class StoreVersion:
    """The whole key-value store at one moment."""

    etag: str
    size: int


class KeyValues(Protocol):
    """Keeps short values by key, and takes changes only from who has seen the last one."""

    def version(self) -> StoreVersion:
        """Return the version that a change must name."""

    def get(self, key: str) -> str | None:
        """Return the value, or None where there is none."""

    def update(self, etag: str, puts: Mapping[str, str], deletes: Collection[str] = ()) -> str:
        """Change up to fifty keys at once and return the new version; raise ConflictError if the version is old."""

    def items(self) -> Mapping[str, str]:
        """Return all keys and values."""


class Clock(Protocol):
    """Tells the time, and lets it pass."""

    def now(self) -> float:
        """Return the seconds since 1970."""

    def sleep(self, seconds: float) -> None:
        """Wait."""


def redirect_key(live: str, path: str) -> str:
    """Write the key under which the edge function looks for a redirect of a release."""
    return f"r:{live}:{path}"


def preview_key(label: str) -> str:
    """Write the key under which the edge function looks for the release that a host's label stands for."""
    return f"preview:{label}"


def pointer_value(live: str) -> str:
    """Write the least that the edge function needs under the key `live`."""
    return json.dumps({"live": live}, separators=(",", ":"))
