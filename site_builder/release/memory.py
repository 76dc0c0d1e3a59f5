"""Honest twins of the stores, in memory: they keep every promise of the port, and the same suite proves both."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace

from site_builder.errors import ReleaseError
from site_builder.release.stores import (
    AlreadyThereError,
    Pointer,
    PointerMovedError,
    Redirects,
    StoredObject,
    pointed_to,
    pointer_value,
    redirect_key,
)

LIVE_KEY = "live"


class MemoryObjectStore:
    """Keeps objects in a dictionary."""

    def __init__(self) -> None:
        self._objects: dict[str, StoredObject] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is none."""
        return self._objects.get(key)

    def put(self, key: str, stored: StoredObject, *, only_if_absent: bool = False) -> None:
        """Keep the object; raise AlreadyThereError if it must be absent and is not."""
        with self._lock:
            if only_if_absent and key in self._objects:
                raise AlreadyThereError(key)
            self._objects[key] = stored

    def copy(self, source: str, target: str, metadata: Mapping[str, str]) -> None:
        """Make the target of the source's bytes and headers, with other metadata."""
        with self._lock:
            if source not in self._objects:
                raise ReleaseError(source, "it is not there to be copied", "Deploy again: it is uploaded instead.")
            self._objects[target] = replace(self._objects[source], metadata=dict(metadata))

    def keys(self, prefix: str) -> frozenset[str]:
        """Return every key that begins so."""
        with self._lock:
            return frozenset(key for key in self._objects if key.startswith(prefix))


class MemoryPointerStore:
    """Keeps the pointer in the shape of a KeyValueStore, so that the edge function can read it here too."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        self._version = 0
        self._lock = threading.Lock()

    def read(self) -> Pointer:
        """Return what is live now."""
        with self._lock:
            value = self._values.get(LIVE_KEY)
            return Pointer(pointed_to(value) if value else None, str(self._version))

    def move(self, seen: Pointer, live: str, redirects: Redirects = ()) -> None:
        """Keep a release's redirects and point to it; raise PointerMovedError unless the pointer is still as seen."""
        with self._lock:
            if seen.version != str(self._version):
                raise PointerMovedError
            self._values.update({redirect_key(live, path): answer for path, answer in redirects})
            self._values[LIVE_KEY] = pointer_value(live)
            self._version += 1

    def values(self) -> Mapping[str, str]:
        """Return the keys and values as the edge function sees them."""
        with self._lock:
            return dict(self._values)
