"""Build the previewed site anew whenever somebody saves something that it is made of."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from watchfiles import watch

# An editor writes a file in several steps; what follows so soon belongs to the same saving.
DEBOUNCE_MS = 120
SOURCES = ("content", "theme", "site_builder")

Report = Callable[[str], None]


@contextmanager
def rebuilding(settings: Path, output: Path, report: Report) -> Iterator[None]:
    """Watch what the site is made of, and build it anew after each change, until the block ends."""
    stop = threading.Event()
    thread = threading.Thread(target=_watch, args=(settings, output, report, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _watch(settings: Path, output: Path, report: Report, stop: threading.Event) -> None:
    root = settings.parent
    places = [path for path in (settings, *(root / name for name in SOURCES)) if path.exists()]
    changes = watch(*places, debounce=DEBOUNCE_MS, step=40, stop_event=stop, rust_timeout=500, raise_interrupt=False)
    for _ in changes:
        report(build_again(settings, output))


def build_again(settings: Path, output: Path) -> str:
    """Build in a process of its own, which loads plugins anew, and return what it says."""
    done = subprocess.run(
        [sys.executable, "-m", "site_builder", "build", "--drafts", "--settings", settings, "--output", output],
        cwd=settings.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    return (done.stdout if done.returncode == 0 else done.stderr).strip()
