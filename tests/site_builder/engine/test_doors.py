"""What code takes from outside is seen, and nothing else is."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from pathlib import Path

from site_builder.engine.doors import Seen, loaded_modules, unwatched, watching


def test_files_folders_and_environment_are_seen(tmp_path: Path) -> None:
    """By whatever function they are read."""
    path = tmp_path / "data.txt"
    path.write_text("data")
    seen = Seen()
    with watching(seen):
        path.read_text()
        list(tmp_path.iterdir())
        os.environ.get("ZICHKODING_NEVER_SET")

    assert str(path) in seen.files
    assert str(tmp_path) in seen.folders
    assert seen.environment == {"ZICHKODING_NEVER_SET"}
    assert not seen.blind


def test_a_file_that_is_not_there_is_seen_too(tmp_path: Path) -> None:
    """When it comes into being, whoever looked for it would see it."""
    seen = Seen()
    with watching(seen), contextlib.suppress(FileNotFoundError):
        (tmp_path / "missing").read_text()

    assert str(tmp_path / "missing") in seen.files


def test_what_is_written_or_done_unwatched_is_not_seen(tmp_path: Path) -> None:
    """A build writes much, and looks at much for its own purposes."""
    path = tmp_path / "data.txt"
    seen = Seen()
    with watching(seen):
        path.write_text("data")
        unwatched(path.read_text)()
        with watching(None):
            path.read_text()
    path.read_text()

    assert seen.files == set()


def test_what_leaves_the_process_cannot_be_followed() -> None:
    """A program may read anything."""
    seen = Seen()
    with watching(seen):
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)

    assert seen.blind


def test_all_of_the_environment_is_one_thing_to_depend_on() -> None:
    """Whoever walks through it depends on every name."""
    seen = Seen()
    with watching(seen):
        dict(os.environ)

    assert "*" in seen.environment


def test_modules_are_the_programs_own() -> None:
    """Those of Python itself go with its version."""
    modules = loaded_modules()

    assert any(path.endswith("site_builder/engine/doors.py") for path in modules)
    assert not any(path == os.__file__ for path in modules)
