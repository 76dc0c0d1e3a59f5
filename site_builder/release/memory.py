"""Honest twins of the outside, in memory: they keep every promise of the ports, and the same suite proves both."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from site_builder.release.functions import Deployed, FailedError, Part, Traffic, package_key
from site_builder.release.pointer import LARGEST_STORE, LONGEST_KEY, LONGEST_VALUE, MOST_KEYS
from site_builder.release.stores import (
    AlreadyThereError,
    ConflictError,
    Found,
    Headers,
    NothingThereError,
    ObjectReader,
    Sendable,
    Source,
    StoredObject,
    StoreError,
    StoreVersion,
)
from site_builder.release.watch import Alarm

MOST_DELETED = 1000
Buckets = dict[str, dict[str, tuple[StoredObject, float]]]


class MemoryClock:
    """A clock that stands still until somebody sleeps."""

    def __init__(self, now: float = 1_750_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        """Return the seconds since 1970."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let the time pass at once."""
        self._now += seconds


class MemoryObjectStore:
    """Keeps objects in dictionaries, one for each bucket."""

    def __init__(
        self, bucket: str = "bucket", buckets: Buckets | None = None, now: Callable[[], float] = lambda: 0.0
    ) -> None:
        self._buckets = {} if buckets is None else buckets
        self._objects = self._buckets.setdefault(bucket, {})
        self._bucket = bucket
        self._now = now
        self._lock = threading.Lock()

    @property
    def bucket(self) -> str:
        """Name the bucket, as a copy from it does."""
        return self._bucket

    def get(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is none."""
        found = self._objects.get(key)
        return found[0] if found else None

    def head(self, key: str) -> Found | None:
        """Return what is known of the object, or None where there is none."""
        found = self._objects.get(key)
        return Found(len(found[0].body), found[1], found[0].sha256) if found else None

    def listed(self, prefix: str) -> Mapping[str, Found]:
        """Return every key that begins so."""
        with self._lock:
            return {
                key: Found(len(stored.body), modified)
                for key, (stored, modified) in sorted(self._objects.items())
                if key.startswith(prefix)
            }

    def put(self, key: str, stored: Sendable, *, only_if_absent: bool = False) -> None:
        """Keep the object; raise AlreadyThereError if it must be absent and is not."""
        with self._lock:
            if only_if_absent and key in self._objects:
                raise AlreadyThereError(key)
            kept = StoredObject(bytes(stored.body), stored.content_type, stored.cache_control, stored.metadata)
            self._objects[key] = (kept, self._now())

    def copy(self, source: Source, key: str, headers: Headers) -> None:
        """Make an object of the source's bytes with these headers; raise NothingThereError if there is no source."""
        with self._lock:
            found = self._buckets.get(source.bucket or self._bucket, {}).get(source.key)
            if found is None:
                raise NothingThereError(source.key)
            copied = StoredObject(found[0].body, headers.content_type, headers.cache_control, dict(headers.metadata))
            self._objects[key] = (copied, self._now())

    def delete(self, keys: Collection[str]) -> None:
        """Remove the objects, at most a thousand; those that are not there are no error."""
        if len(keys) > MOST_DELETED:
            raise StoreError("deleting", f"{len(keys)} keys in one request; {MOST_DELETED} are the most")
        with self._lock:
            for key in keys:
                self._objects.pop(key, None)


class MemoryKeyValues:
    """Keeps values in a dictionary, under one version for all of them."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._version = 0
        self._lock = threading.Lock()

    def version(self) -> StoreVersion:
        """Return the version that a change must name."""
        with self._lock:
            return StoreVersion(f"v{self._version}", _size(self._values))

    def get(self, key: str) -> str | None:
        """Return the value, or None where there is none."""
        with self._lock:
            return self._values.get(key)

    def update(self, etag: str, puts: Mapping[str, str], deletes: Collection[str] = ()) -> str:
        """Change up to fifty keys at once and return the new version; raise ConflictError if the version is old."""
        with self._lock:
            if etag != f"v{self._version}":
                raise ConflictError
            changed = {**self._values, **puts}
            for key in deletes:
                changed.pop(key, None)
            _refuse_too_much(puts, deletes, changed)
            self._values = changed
            self._version += 1
            return f"v{self._version}"

    def items(self) -> Mapping[str, str]:
        """Return all keys and values."""
        with self._lock:
            return dict(self._values)


FOLLOWER = "rotate"


class MemoryFunctions:
    """Keeps versions in a dictionary; what would go wrong in a package is told to it."""

    def __init__(self, objects: ObjectReader) -> None:
        self._objects = objects
        self._versions: dict[str, str] = {}
        self._made = 0
        self.traffic = Traffic()
        # What those run that go with what is live.
        self.followed: str | None = None
        # Which packages the database was migrated for, in this order.
        self.migrated: list[str] = []
        # What a package answers to each GET, and which ones cannot be migrated for.
        self.answers: dict[str, tuple[int, str]] = {}
        self.unmigratable: set[str] = set()

    def look(self) -> Deployed:
        """Return what is there."""
        is_behind = self.traffic.live and self.followed != self.traffic.live
        return Deployed(dict(self._versions), self.traffic, (FOLLOWER,) if is_behind else ())

    def publish(self, package: str) -> None:
        """Make a version of a package that lies in the bucket."""
        self._fetch(package)
        newest = max(self._versions, key=lambda one: int(self._versions[one]), default=None)
        if package != newest:
            self._made += 1
            self._versions[package] = str(self._made)

    def invoke(self, part: Part, package: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a version, whoever else gets it; raise FailedError if it fails."""
        number = self._number(package)
        if part == "app":
            status, body = self.answers.get(package, (200, json.dumps({"release": number})))
            return {"statusCode": status, "body": body, "path": event["path"]}
        if package in self.unmigratable:
            raise FailedError("migrating the database", package, "a migration failed")
        self.migrated.append(package)
        return {}

    def shift(self, traffic: Traffic) -> None:
        """Let the traffic be this, in one write; what goes with what is live follows after it, each in its own."""
        self.move(traffic)
        self.follow()

    def move(self, traffic: Traffic) -> None:
        """Do the first write of `shift`."""
        for package in traffic.packages:
            self._number(package)
        self.traffic = traffic

    def follow(self) -> None:
        """Do what comes after it, which may fail or never come."""
        if self.traffic.live and self.traffic.live != self.followed:
            self._fetch(self.traffic.live)
            self.followed = self.traffic.live

    def remove(self, package: str) -> None:
        """Remove the versions of a package that gets no requests; none is no error."""
        if package in self.traffic.packages:
            raise StoreError("removing a version of the API", f"{package} gets requests")
        self._versions.pop(package, None)

    def _fetch(self, package: str) -> None:
        if self._objects.get(package_key(package)) is None:
            raise StoreError("bringing the API its code", f"there is no {package_key(package)}")

    def _number(self, package: str) -> str:
        if package not in self._versions:
            raise StoreError("the API", f"there is no version of {package}")
        return self._versions[package]


def _size(values: Mapping[str, str]) -> int:
    return sum(len(key.encode()) + len(value.encode()) for key, value in values.items())


def _refuse_too_much(puts: Mapping[str, str], deletes: Collection[str], all_of_it: Mapping[str, str]) -> None:
    if len(puts) + len(deletes) > MOST_KEYS:
        raise StoreError("changing keys", f"{len(puts) + len(deletes)} at once; {MOST_KEYS} are the most")
    too_long = [
        key for key, value in puts.items() if len(key.encode()) > LONGEST_KEY or len(value.encode()) > LONGEST_VALUE
    ]
    if too_long:
        raise StoreError("changing keys", f"key or value is too long: {too_long[0][:80]}")
    if _size(all_of_it) > LARGEST_STORE:
        raise StoreError("changing keys", f"the store would hold more than {LARGEST_STORE} bytes")


class MemoryAlarms:
    """Alarms that ring when they are told to."""

    def __init__(self, *names: str) -> None:
        self.states: dict[str, str] = dict.fromkeys(names, "")

    def set(self, name: str, why: str) -> None:
        """Let an alarm ring, or end that without a word why."""
        self.states[name] = why

    def ringing(self, names: Sequence[str]) -> tuple[Alarm, ...]:
        """Return those that ring; raise StoreError where one of them does not exist."""
        missing = sorted(set(names) - self.states.keys())
        if missing:
            raise StoreError("asking for the alarms", f"there is none of the name {', '.join(missing)}")
        return tuple(Alarm(name, self.states[name]) for name in names if self.states[name])
