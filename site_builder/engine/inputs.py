"""What lies in a folder, and whether it is still what it was.

A file is known by its content. Its stamp (size, times, inode) only saves reading it again, and only where it can be
trusted: a file that changed within the moment it was last looked at may change again and keep its stamp.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple

# How long a file may still change behind its stamp: the coarsest clock of the file systems in use, and that of those
# that write down more than whole milliseconds.
DOUBT_NS = 2_000_000_000
FINE_DOUBT_NS = 50_000_000
MILLISECOND = 1_000_000
DIGEST_SIZE = 16
# The digest of what may have changed while it was read: no file has it.
NEVER = b"never"


class Stamp(NamedTuple):
    """What the file system says of a file without reading it."""

    size: int
    modified: int
    changed: int
    inode: int


class Known(NamedTuple):
    """A file as it was when it was last read."""

    stamp: Stamp
    looked_at: int
    digest: bytes


NOWHERE = Stamp(-1, 0, 0, 0)


class Listing(NamedTuple):
    """A question to the content folder, for the files under some paths.

    `extensions` is None where every file counts.
    """

    paths: tuple[str, ...]
    excludes: tuple[str, ...]
    extensions: frozenset[str] | None


def digest_of(content: bytes) -> bytes:
    """Return the name of these bytes."""
    return blake2b(content, digest_size=DIGEST_SIZE).digest()


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the stamp in a file's status."""
    return tuple.__new__(Stamp, (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino))


def stamp_at(path: str) -> Stamp | None:
    """Return the stamp of the file, or None where there is none."""
    try:
        return stamp_of(os.stat(path))
    except OSError:
        return None


def digest_at(path: str) -> bytes | None:
    """Return the digest of the file's bytes, or None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return digest_of(file.read())
    except OSError:
        return None


def head_digest(path: str) -> bytes | None:
    """Return the digest of a text's beginning, up to its first empty line."""
    try:
        with open(path, "rb") as file:
            return digest_of(file.read().partition(b"\n\n")[0])
    except OSError:
        return None


def listing_digest(path: str) -> bytes | None:
    """Return the digest of the names in a folder, or None where there is no such folder."""
    try:
        return digest_of("\0".join(sorted(os.listdir(path))).encode(errors="surrogateescape"))
    except OSError:
        return None


def is_surely_same(known: Known, stamp: Stamp | None) -> bool:
    """Say whether the stamp alone proves that the file's bytes are those that are known."""
    if stamp != known.stamp:
        return False
    changed = stamp[2]
    doubt = FINE_DOUBT_NS if changed % MILLISECOND else DOUBT_NS
    return max(stamp[1], changed) < known.looked_at - doubt


class Folder:
    """The content folder, walked once however many questions are asked about it."""

    def __init__(self, base: str, ignores: Iterable[str], closed: Collection[str] = ()) -> None:
        """Look at the folder; what is ignored is ignored by name, what is closed by its whole path."""
        self.base = base
        self._ignored = _name_matcher(tuple(ignores))
        self._closed = frozenset(closed)
        self._read: dict[str, tuple[list[str], list[tuple[str, Stamp]]]] = {}

    def files(self, listing: Listing) -> dict[str, Stamp]:
        """Return what the listing asks for: paths from the base, in order, each with its stamp.

        The rules are Pelican's own (`Generator.get_files`); the order is not, for its is a set's.
        """
        found: dict[str, Stamp] = {}
        closed = {os.path.join(self.base, excluded) for excluded in listing.excludes}
        for path in listing.paths:
            root = os.path.join(self.base, path) if path else self.base
            if os.path.isdir(root):
                self._walk(root, closed, listing.extensions, found)
            elif (stamp := stamp_at(root)) and self._counts(os.path.basename(path), listing.extensions):
                found[path] = stamp
        return dict(sorted(found.items()))

    def _walk(
        self, folder: str, closed: Collection[str], extensions: frozenset[str] | None, found: dict[str, Stamp]
    ) -> None:
        folders, files = self._content_of(folder)
        prefix = os.path.relpath(folder, self.base)
        for name, stamp in files:
            if extensions is None or os.path.splitext(name)[1][1:] in extensions:
                found[f"{prefix}/{name}"] = stamp
        for name in folders:
            inner = f"{folder}/{name}"
            if inner not in closed and inner not in self._closed:
                self._walk(inner, closed, extensions, found)

    def _content_of(self, folder: str) -> tuple[list[str], list[tuple[str, Stamp]]]:
        if folder not in self._read:
            folders, files = [], []
            try:
                entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
            except OSError:
                entries = []
            for entry in entries:
                if self._ignored(entry.name):
                    continue
                try:
                    if entry.is_dir():
                        folders.append(entry.name)
                    else:
                        files.append((entry.name, stamp_of(entry.stat())))
                except OSError:
                    # A link to nothing: Pelican would list it, and fail to read it.
                    files.append((entry.name, Stamp(0, 0, 0, 0)))
            self._read[folder] = folders, files
        return self._read[folder]

    def _counts(self, name: str, extensions: frozenset[str] | None) -> bool:
        fits = extensions is None or os.path.splitext(name)[1][1:] in extensions
        return fits and not self._ignored(name)


@lru_cache(maxsize=8)
def _name_matcher(patterns: tuple[str, ...]) -> re.Pattern[str].match:  # type: ignore[valid-type]
    if not patterns:
        return re.compile(r"(?!)").match
    return re.compile("|".join(fnmatch.translate(pattern) for pattern in patterns)).match


def tree(folder: str, closed: Collection[str] = ()) -> dict[str, Stamp]:
    """Return every file under a folder that has nothing ignored, by its whole path."""
    everything = Listing(("",), (), None)
    files = Folder(folder, (), closed).files(everything)
    return {os.path.normpath(os.path.join(folder, path)): stamp for path, stamp in files.items()}


def look(place: str, known: Known | None, now: int, stamp: Stamp | None = None) -> Known:
    """Return what lies at a place; nothing is read where the stamp proves that it is what is known."""
    kind, _, path = place.partition(":")
    if kind == "env":
        return Known(NOWHERE, now, digest_of(repr(_environment_value(path)).encode()))
    if kind == "folder":
        return Known(NOWHERE, now, listing_digest(path) or b"")
    found = stamp or stamp_at(path)
    if found is None:
        return Known(NOWHERE, now, b"")
    if known is not None and is_surely_same(known, found):
        return known
    return Known(found, now, digest_at(path) or b"")


def _environment_value(name: str) -> str | None:
    """Return what a name of the environment holds now; `*` is all of it."""
    if name == "*":
        return repr(sorted(os.environ.items()))
    return os.environ.get(name)
