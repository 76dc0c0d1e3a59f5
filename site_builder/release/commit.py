"""Which commit the output was made from, as git tells it."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

GIT_SECONDS = 30


@dataclass(frozen=True)
class Commit:
    """A commit, when it was made, and whether the folder holds just that."""

    id: str
    committed: int
    # What differs from it, as git lists it.
    changed: tuple[str, ...] = ()


def read_commit(folder: Path) -> Commit | None:
    """Ask git for the commit that a folder holds; None where there is no git or no commit."""
    said = _git(folder, "log", "-1", "--format=%H %ct")
    if not said:
        return None
    name, _, committed = said.strip().partition(" ")
    changed = _git(folder, "status", "--porcelain") or ""
    return Commit(name, int(committed), tuple(line[3:] for line in changed.splitlines()))


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False, timeout=GIT_SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
