"""No child outlives its parent, however the parent ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from site_builder.preview.leash import Leashed

pytestmark = pytest.mark.integration

# Says its process number, then sleeps; says goodbye when it is stopped gently.
CHILD = """
import os, pathlib, signal, sys, time
signal.signal(signal.SIGINT, lambda *_: (pathlib.Path(sys.argv[1] + ".bye").touch(), os._exit(0)))
pathlib.Path(sys.argv[1] + ".tmp").write_text(str(os.getpid()))
os.rename(sys.argv[1] + ".tmp", sys.argv[1])
time.sleep(60)
"""
DEAF = CHILD.replace('lambda *_: (pathlib.Path(sys.argv[1] + ".bye").touch(), os._exit(0))', "signal.SIG_IGN")
PARENT = """
import signal, sys, time
from pathlib import Path
from site_builder.preview.leash import Leashed
Leashed([sys.executable, "-c", sys.argv[2], sys.argv[1]], stop_signal=signal.SIGINT, log=sys.stderr.buffer)
time.sleep(60)
"""


def wait_for(path: Path) -> None:
    """Wait until a file is there, a bounded time."""
    for _ in range(1500):
        if path.exists():
            return
        time.sleep(0.01)
    raise TimeoutError(path)


def wait_until_gone(process: int) -> bool:
    """Say whether a process has ended, within a bounded time."""
    for _ in range(1500):
        # One that has ended and that nobody asked how ("Z") is gone, too.
        asked = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
        if asked.stdout.strip()[:1] in ("", "Z"):
            return True
        time.sleep(0.01)
    return False


def test_a_child_is_stopped_gently_when_it_is_let_go(tmp_path: Path) -> None:
    """It gets the signal that it takes for goodbye."""
    told = tmp_path / "child"
    with (tmp_path / "log").open("wb") as log:
        child = Leashed([sys.executable, "-c", CHILD, str(told)], stop_signal=signal.SIGINT, log=log)
        wait_for(told)
        child.stop()

    assert (tmp_path / "child.bye").exists()
    assert child.exit_code() == 0


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path, project_root: Path) -> None:
    """Not even `kill -9` of the parent leaves an orphan."""
    told = tmp_path / "child"
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(told), CHILD], cwd=project_root)
    wait_for(told)
    parent.kill()
    parent.wait()

    assert wait_until_gone(int(told.read_text()))
    assert (tmp_path / "child.bye").exists()


def test_a_child_that_ends_by_itself_says_how(tmp_path: Path) -> None:
    """Whoever waits for it to get ready sees that it never will."""
    with (tmp_path / "log").open("wb") as log:
        child = Leashed([sys.executable, "-c", "raise SystemExit(7)"], stop_signal=signal.SIGINT, log=log)
        for _ in range(1500):
            if child.exit_code() is not None:
                break
            time.sleep(0.01)
        child.stop()

    assert child.exit_code() == 7


def test_a_child_that_does_not_listen_is_killed(tmp_path: Path) -> None:
    """After as long as whoever started it would wait."""
    told = tmp_path / "child"
    with (tmp_path / "log").open("wb") as log:
        command = [sys.executable, "-c", DEAF, str(told)]
        child = Leashed(command, stop_signal=signal.SIGINT, log=log, stop_seconds=1)
        wait_for(told)
        child.stop()

    assert child.exit_code() == 128 + signal.SIGKILL
    assert wait_until_gone(int(told.read_text()))
