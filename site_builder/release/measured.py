"""Size and hash of each file of an output, remembered beside it: what has not changed since is not read again.

A file is known by its stamp (size, times, inode), and only where that can be trusted: one that changed within the
moment it was last looked at may change again and keep its stamp. The file of memories may be deleted at any time; and
what is uploaded is hashed once more while it is read, so a wrong memory could stop a deploy and never falsify one.
"""

from __future__ import annotations

import hashlib
import marshal
import os
import stat
import time
from pathlib import Path

from site_builder.errors import ReleaseError

PIECE = 256 * 1024
LARGEST_FILE = 5 * 1024**3
# How long a file may still change behind its stamp: a tick of a clock that counts finely, which goes by the kernel's
# timer, or of the coarsest one in use. A clock that writes parts of a millisecond is a fine one.
DOUBT_NS = 100_000_000
COARSE_DOUBT_NS = 2_000_000_000
MILLISECOND_NS = 1_000_000
VERSION = 1

Stamp = tuple[int, int, int, int]


class Measured:
    """What is known of an output's files."""

    def __init__(self, output: Path) -> None:
        """Remember what was written down beside the output."""
        self._file = output.absolute().with_name(f".{output.absolute().name}.sealed")
        self._before = self._read()
        self._now: dict[str, tuple[Stamp, str]] = {}
        self._started = time.time_ns()

    def of(self, file: str, path: str) -> tuple[int, str]:
        """Return a file's size and hash; it is read only where its stamp does not say that it is as it was."""
        stamp = _stamp(os.stat(file))  # noqa: PTH116 - a path object for each of ten thousand files takes its time
        known = self._before.get(path)
        if known is None or known[0] != stamp:
            size, digest = _measure(file, path)
            known = (stamp, digest)
            if size != stamp[0]:
                return size, digest
        if max(stamp[1], stamp[2]) + _doubt(stamp) < self._started:
            self._now[path] = known
        return stamp[0], known[1]

    def write(self) -> None:
        """Write down what is known, for the next time."""
        if self._now == self._before:
            return
        draft = self._file.with_name(f"{self._file.name}.{os.getpid()}")
        try:
            draft.write_bytes(marshal.dumps((VERSION, self._now)))
            draft.replace(self._file)
        except OSError:
            # Where nothing may be written beside the output, every file is read each time.
            draft.unlink(missing_ok=True)

    def _read(self) -> dict[str, tuple[Stamp, str]]:
        try:
            # Our own file, of types that marshal makes and nothing else.
            version, known = marshal.loads(self._file.read_bytes())  # noqa: S302
        except (OSError, ValueError, TypeError, EOFError):
            return {}
        return known if version == VERSION and isinstance(known, dict) else {}


def _stamp(facts: os.stat_result) -> Stamp:
    return facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_ino


def _doubt(stamp: Stamp) -> int:
    # Whoever unpacks a file may set its mtime to anything; ctime is the system's own.
    return DOUBT_NS if stamp[2] % MILLISECOND_NS else COARSE_DOUBT_NS


def _measure(file: str, path: str) -> tuple[int, str]:
    """Return a file's size and hash, reading it once and never more of it than a piece at a time."""
    # Opening a pipe would wait for whoever writes into it, for ever.
    descriptor = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode):
            raise ReleaseError(path, "it is no file, but a pipe, a socket or a device", "Take it out.")
        if facts.st_size > LARGEST_FILE:
            raise ReleaseError(path, "it is larger than 5 GB, which S3 does not copy at once", "Host it elsewhere.")
        digest, size = hashlib.sha256(), 0
        while piece := os.read(descriptor, PIECE):
            digest.update(piece)
            size += len(piece)
        return size, digest.hexdigest()
    finally:
        os.close(descriptor)
