"""A part that ends by itself comes back; one that cannot is left alone, and either is said."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from site_builder.preview import kept as module
from site_builder.preview.database import running_postgres
from site_builder.preview.kept import kept
from site_builder.preview.leash import Leashed

SECONDS = 30

pytestmark = pytest.mark.integration


def until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, within a bounded time."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def reachable() -> Iterator[Path]:
    """Return a folder that every user can walk into."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-tests-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def test_a_database_that_is_killed_is_back_at_the_same_address(reachable: Path) -> None:
    """With what was committed."""
    said: list[str] = []
    with running_postgres(reachable / "postgres", report=said.append) as server:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        pid = int((reachable / "postgres" / "data" / "postmaster.pid").read_text().split()[0])
        os.kill(pid, signal.SIGKILL)

        def answers() -> bool:
            try:
                with psycopg.connect(server.url(), connect_timeout=2) as again:
                    return again.execute("SELECT one FROM kept").fetchall() == [(1,)]
            except psycopg.OperationalError:
                return False

        until(lambda: bool(said))
        until(answers)

    assert said == ["PostgreSQL has ended, and is started again …"]


def test_what_ends_again_and_again_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody wants a machine that is busy with failing."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)
    said: list[str] = []
    with (tmp_path / "log").open("wb") as log:

        def start() -> Leashed:
            return Leashed([sys.executable, "-c", "raise SystemExit(3)"], stop_signal=signal.SIGTERM, log=log)

        with kept("It", start, said.append):
            until(lambda: "left alone" in (said or [""])[-1])

    assert said[:-1] == ["It has ended, and is started again …"] * module.MOST
