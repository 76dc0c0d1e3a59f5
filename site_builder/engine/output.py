"""The output folder: what a build may write there, what it may delete, and how a reader never sees half of a file.

A build makes its files in a folder beside the output. When all of them are made, those that differ are moved into
their places, one rename each, and what no page is made for any more is removed. Only what a build has written is ever
removed: the ledger beside the output lists it, and a file is on that list before it is in the output.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from site_builder.engine.inputs import digest_at
from site_builder.errors import BuildError

# Called with every file of a finished site and a way to read one; raises where it may not be published.
Judge = Callable[[Collection[str], Callable[[str], bytes | None]], None]


class Eager(NamedTuple):
    """Pages that somebody waits for: they are made first, and handed over before all others are in their places."""

    paths: frozenset[str]
    take: Callable[[str, bytes], None]


NOBODY_WAITS = Eager(frozenset(), lambda _path, _text: None)


class Output:
    """One output folder, and what lies beside it."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; nothing is touched."""
        self.folder = folder
        self.staging = folder.with_name(f".{folder.name}.building")
        self._mark = folder.with_name(f".{folder.name}.lock")
        self._ledger = folder.with_name(f".{folder.name}.files")

    def refuse_foreign(self) -> None:
        """Never write into a folder that no build made: it may be somebody's home."""
        occupied = self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir()))
        if occupied and not self._mark.exists():
            raise BuildError(
                str(self.folder),
                "it is not empty, and no build made it",
                "Choose another --output, or remove it yourself.",
            )

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait for any other build of the same output: two of them must not share a staging folder."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self._mark.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def begin(self) -> None:
        """Make an empty staging folder; remove what a killed build left in it."""
        if self.staging.exists():
            _remove_tree(self.staging)
        self.staging.mkdir()

    def end(self) -> None:
        """Remove the staging folder, and what was not wanted of it."""
        _remove_tree(self.staging)

    def ledger(self) -> set[str]:
        """Return every path that builds may have written."""
        try:
            lines = self._ledger.read_text(encoding="utf-8", errors="surrogateescape").split("\0")
        except FileNotFoundError:
            return set()
        return {line for line in lines if line}

    def _write_ledger(self, paths: Iterable[str]) -> None:
        new = self._ledger.with_name(f"{self._ledger.name}.new")
        new.write_text("\0".join(sorted(paths)), encoding="utf-8", errors="surrogateescape")
        new.replace(self._ledger)

    def apply(self, staged: Collection[str], wanted: Collection[str], ledger: set[str]) -> list[str]:
        """Move the staged files into their places, remove what is not wanted any more, and return what was removed."""
        stale = ledger.difference(wanted)
        if not ledger.issuperset(wanted):
            self._write_ledger(ledger.union(wanted))
        if not self.folder.exists() or (len(staged) == len(wanted) and not any(self.folder.iterdir())):
            with contextlib.suppress(FileNotFoundError):
                self.folder.rmdir()
            self.staging.rename(self.folder)
        else:
            for path in staged:
                self._move(path, stale)
            _remove_tree(self.staging)
        removed = [path for path in stale if self._remove(path)]
        if stale:
            self._write_ledger(wanted)
        return removed

    def replace(self, path: str) -> None:
        """Move one staged file into its place."""
        self._move(path, ())

    def _move(self, path: str, stale: Collection[str]) -> None:
        source, target = self.staging / path, self.folder / path
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
        except OSError as error:
            # A file where a folder is wanted now, or the other way round: what is stale makes room first.
            for other in stale:
                self._remove(other)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target)
            except OSError:
                raise BuildError(
                    str(target), f"it cannot be written: {error.strerror}", "Move what lies there out of the way."
                ) from error

    def _remove(self, path: str) -> bool:
        target = self.folder / path
        try:
            target.unlink()
        except OSError:
            return False
        for parent in target.parents:
            if parent == self.folder:
                break
            try:
                parent.rmdir()
            except OSError:
                break
        return True

    def staged(self) -> dict[str, str]:
        """Return every file in the staging folder: its path in the output, and where it lies."""
        root = str(self.staging)
        found = {}
        for folder, _, files in os.walk(root):
            for name in files:
                whole = f"{folder}/{name}"
                found[whole[len(root) + 1 :]] = whole
        return found

    def drop_unchanged(self, staged: dict[str, str]) -> dict[str, str]:
        """Remove from the staging folder what is already in the output with the same bytes; return the rest."""
        changed = {}
        for path, whole in staged.items():
            if digest_at(whole) == digest_at(str(self.folder / path)):
                os.unlink(whole)
            else:
                changed[path] = whole
        return changed


def _remove_tree(folder: Path) -> None:
    # A look whether there is anything to do needs none of what this loads.
    import shutil  # noqa: PLC0415

    shutil.rmtree(folder, ignore_errors=True)
