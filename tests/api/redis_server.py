"""A real Redis or Valkey for tests, where the machine has one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from site_builder.preview.database import free_port

PROGRAMS = ("valkey-server", "redis-server")
START_SECONDS = 20
PASSWORD = "words of a test/with a slash"  # noqa: S105 - of a server that lives as long as a test


def find_redis() -> str | None:
    """Return the server's program, if there is one."""
    return next((found for name in PROGRAMS if (found := shutil.which(name))), None)


@contextmanager
def running_redis(program: str, folder: Path, *, port: int = 0) -> Iterator[int]:
    """Run a server on loopback that keeps nothing on disk, and yield its port."""
    port = port or free_port()
    options = {"port": str(port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(folder)}
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    with (folder / "redis.log").open("ab") as log:
        process = subprocess.Popen([program, *words, "--requirepass", PASSWORD], stdout=log, stderr=log)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.02)
        else:
            return
