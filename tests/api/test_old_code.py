"""The code that runs while a migration is applied goes on working: its own tests are run on the new schema.

A deploy migrates first and changes the code afterwards: in between, and after a rollback, old code meets the new one.
"""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.api.conftest import API

# What the API does; what the schema looks like is told by tests that a migration is free to change.
SUITE = tuple(f"tests/api/{name}" for name in ("contact", "accounts", "newsletter", "outbox", "test_rights.py"))

pytestmark = pytest.mark.integration


def git(root: Path, *arguments: str) -> bytes:
    """Run git and return what it says; nothing where there is no history."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else b""


def predecessor(root: Path) -> str:
    """Return the commit before the newest migration: the last one where that is not committed yet."""
    newest = max((API / "migrations").glob("*.sql"), key=lambda path: path.name)
    # Of several the oldest: a history that was joined has the file more than once.
    added = git(root, "log", "--diff-filter=A", "--format=%H", "--", str(newest.relative_to(root))).split()
    commit = f"{added[-1].decode()}^" if added else "HEAD"
    return git(root, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}").decode().strip()


def test_the_code_before_the_newest_migration_runs_on_the_new_schema(project_root: Path, tmp_path: Path) -> None:
    """All of its own tests of what it does, unchanged."""
    commit = predecessor(project_root)
    if not commit:
        pytest.skip("no history from before the newest migration: get it with git fetch --unshallow")
    old = tmp_path / "old"
    with tarfile.open(fileobj=io.BytesIO(git(project_root, "archive", "--format=tar", commit))) as archive:
        archive.extractall(old, filter="data")
    shutil.copytree(API / "migrations", old / "api" / "migrations", dirs_exist_ok=True)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "PYTEST"))}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", f"--basetemp={tmp_path / 'runs'}"]
    there = [name for name in SUITE if (old / name).exists()]
    done = subprocess.run([*command, *there], cwd=old, env=kept, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"{commit[:10]}: {done.stdout[-6000:]}{done.stderr[-2000:]}"
    assert " passed" in done.stdout
