"""Where the edge gets its objects from: the folder just built, or the bucket a release lies in."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from site_builder.release.answers import object_metadata
from site_builder.release.manifest import FOREVER, PAGE, content_type, read_redirects
from site_builder.release.stores import ObjectStore, StoredObject, pointer_value, redirect_key

# Stands where a release's digest stands: the folder that is being worked on has none until it is sealed.
WORKING_RELEASE = "working"
RELEASE = re.compile(r"releases/[^/]+/")


def working_values(output: Path, release: str = WORKING_RELEASE) -> Mapping[str, str]:
    """Return what the edge function reads for the folder that is being worked on, always as it is at this moment."""
    redirects = {redirect_key(release, path): answer for path, answer in read_redirects(output)}
    return {"live": pointer_value(release), **redirects}


class Early:
    """Pages that are made, while the rest of their build is not: by their files in the output."""

    def __init__(self) -> None:
        self._pages: dict[str, bytes] = {}

    def put(self, file: str, text: bytes) -> None:
        """Show a page before all others are in their places."""
        self._pages = {**self._pages, file: text}

    def get(self, file: str) -> bytes | None:
        """Return the page, where it is early."""
        return self._pages.get(file)

    def clear(self) -> None:
        """Show what is in its place."""
        self._pages = {}


class FolderOrigin:
    """Serves a built folder as if it were a release in a bucket, always as it is at this moment."""

    def __init__(self, output: Path, early: Early | None = None) -> None:
        self._output = output
        # What an early page loads is not in its place either.
        self._places = (output, output.with_name(f".{output.name}.building")) if early else (output,)
        self._early = early or Early()

    def get(self, key: str) -> StoredObject | None:
        """Return the file that a key of the working release, or a shared asset's key, stands for."""
        # Whichever name the release has: there is one folder.
        file = RELEASE.sub("", key, count=1) if key.startswith("releases/") else key
        body = self._early.get(file)
        if body is None:
            body = next((found for place in self._places if (found := _read(place, file)) is not None), None)
        if body is None:
            return None
        caching = FOREVER if key.startswith("assets/") else PAGE
        metadata = object_metadata(file, WORKING_RELEASE)
        return StoredObject(body, content_type(Path(file).name), caching, metadata)


def _read(folder: Path, file: str) -> bytes | None:
    path = folder / file
    # The edge function lets no such path through; a folder on this machine is guarded all the same.
    if not path.resolve().is_relative_to(folder.resolve()):
        return None
    try:
        return path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return None


class StoreOrigin:
    """Serves what lies in an object store."""

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects

    def get(self, key: str) -> StoredObject | None:
        """Return the object under the key."""
        return self._objects.get(key)
