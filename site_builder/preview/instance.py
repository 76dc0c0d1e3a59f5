"""One running stack per project folder."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from site_builder.errors import PreviewError


@contextmanager
def only_instance(file: Path) -> Iterator[IO[str]]:
    """Hold the project's one place to run in, or say who does; the system frees it when we die, however."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+") as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _running_already(file) from None
        held.truncate(0)
        yield held
        held.truncate(0)


def announce(held: IO[str], url: str) -> None:
    """Write down where the running instance is, for whoever tries to start a second one."""
    held.write(json.dumps({"pid": os.getpid(), "url": url}))
    held.flush()


def _running_already(file: Path) -> PreviewError:
    try:
        known = json.loads(file.read_text())
        what = f"it runs already, at {known['url']} (process {known['pid']})"
    except (ValueError, KeyError):
        what = "it is being started or stopped at this moment"
    return PreviewError("make up", what, "Open that address, or stop it first with Ctrl-C where it runs.")
