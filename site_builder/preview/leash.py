"""Run a command that never outlives whoever started it.

    python -m site_builder.preview.leash SIGINT 15 - command argument ...

The leash is the pipe on its standard input: when the parent closes it, or dies in whatever way, the pipe ends
and the command is asked to stop with the named signal, and killed that many seconds later. So not even `kill -9`
leaves an orphan. The third word is the user that the command runs as, a number and its group's, or `-`.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

STOP_SECONDS = 15


@dataclass(frozen=True)
class Identity:
    """The user that a child process runs as."""

    uid: int
    gid: int


class Leashed:
    """A child process on a leash, held by this process."""

    def __init__(
        self,
        command: list[str],
        *,
        stop_signal: signal.Signals,
        log: IO[bytes],
        identity: Identity | None = None,
        environment: dict[str, str] | None = None,
        cwd: Path | None = None,
        stop_seconds: int = STOP_SECONDS,
    ) -> None:
        """Start the command in a session of its own, so a terminal's Ctrl-C reaches only this process."""
        self._stop_seconds = stop_seconds
        user = f"{identity.uid}:{identity.gid}" if identity else "-"
        self._process = subprocess.Popen(
            [sys.executable, "-m", __name__, stop_signal.name, str(stop_seconds), user, *command],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {}), "PYTHONPATH": _import_root()},
            cwd=cwd,
            start_new_session=True,
        )

    def exit_code(self) -> int | None:
        """Return how the command ended, or None while it runs."""
        return self._process.poll()

    def stop(self) -> None:
        """Let go of the leash and wait until the command has ended."""
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.wait(self._stop_seconds + 5)


def _import_root() -> str:
    return str(Path(__file__).resolve().parents[2])


def _hold(stop_signal: signal.Signals, stop_seconds: int, user: str, command: list[str]) -> int:
    """Run the command until it ends or standard input does, and return its exit code."""
    uid, gid = (int(part) for part in user.split(":")) if user != "-" else (None, None)
    extra: list[int] | None = [] if uid is not None else None
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, user=uid, group=gid, extra_groups=extra)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: child.send_signal(stop_signal))
    threading.Thread(target=_stop_at_end_of_input, args=(child, stop_signal, stop_seconds), daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


def _stop_at_end_of_input(child: subprocess.Popen[bytes], stop_signal: signal.Signals, stop_seconds: int) -> None:
    while os.read(0, 1024):
        pass
    child.send_signal(stop_signal)
    try:
        child.wait(stop_seconds)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(_hold(signal.Signals[sys.argv[1]], int(sys.argv[2]), sys.argv[3], sys.argv[4:]))
