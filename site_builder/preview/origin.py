"""Where the edge gets its objects from: the folder just built, or the bucket a release lies in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from site_builder.release.manifest import FOREVER, PAGE, content_type, read_redirects
from site_builder.release.stores import ObjectStore, StoredObject, pointer_value, redirect_key

# Stands where a release's digest stands: the folder that is being worked on has none until it is sealed.
WORKING_RELEASE = "working"


def working_values(output: Path) -> Mapping[str, str]:
    """Return what the edge function reads for the folder that is being worked on, always as it is at this moment."""
    redirects = {redirect_key(WORKING_RELEASE, path): answer for path, answer in read_redirects(output)}
    return {"live": pointer_value(WORKING_RELEASE), **redirects}


class Origin(Protocol):
    """Answers for a key as the bucket behind the CDN does."""

    def get(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is none."""


class FolderOrigin:
    """Serves a built folder as if it were a release in a bucket, always as it is at this moment."""

    def __init__(self, output: Path) -> None:
        self._output = output

    def get(self, key: str) -> StoredObject | None:
        """Return the file that a key of the working release, or a shared asset's key, stands for."""
        path = self._output / key.removeprefix(f"releases/{WORKING_RELEASE}/")
        # The edge function lets no such path through; a folder on this machine is guarded all the same.
        if not path.resolve().is_relative_to(self._output.resolve()) or not path.is_file():
            return None
        caching = FOREVER if key.startswith("assets/") else PAGE
        return StoredObject(path.read_bytes(), content_type(path.name), caching, {"release": WORKING_RELEASE})


class StoreOrigin:
    """Serves what lies in an object store."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def get(self, key: str) -> StoredObject | None:
        """Return the object under the key."""
        return self._objects.get(key)
