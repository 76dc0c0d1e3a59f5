"""Whatever breaks while people write: what was acknowledged is kept, and each message once.

A PostgreSQL of this test's own is restarted, killed, filled, frozen, slowed and cut off, and the API itself is killed,
while several visitors send one message after the other. A visitor does what people and browsers do: when there is no
answer, or an honest error, the same form is sent again. `HYPOTHESIS_PROFILE=nightly` goes on to 10,000 messages.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest
from chalicelib.contact.keeping import drain
from chalicelib.contact.telling import make_jobs
from chalicelib.postgres import PostgresDatabase
from chalicelib.queue import DirectoryQueue
from chalicelib.signing import Signer

from site_builder.preview.database import DATABASE, PostgresServer, running_postgres
from tests.api.conftest import API, API_PASSWORD, Line, as_api

pytestmark = pytest.mark.integration

NIGHTLY = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
MESSAGES = 10_000 if NIGHTLY else 400
VISITORS = 6
PATIENCE_SECONDS = 60


@dataclass
class World:
    """The parts, each of which can be broken and mended."""

    folder: Path
    line: Line
    parts: ExitStack = field(default_factory=ExitStack)
    postgres: PostgresServer | None = None
    api: subprocess.Popen[str] | None = None
    port: int = 0

    @property
    def url(self) -> str:
        """Return the database's address as the API knows it: by way of the line."""
        return as_api(f"postgresql://127.0.0.1:{self.line.port}/{DATABASE}")

    def start_postgres(self) -> None:
        """Start the server on its data, and let the line lead to it."""
        self.postgres = self.parts.enter_context(running_postgres(self.folder / "postgres"))
        self.line.lead_to(self.postgres.port)

    def stop_postgres(self) -> None:
        """Stop it as an administrator does, or clear away what a killed one left."""
        self.parts.close()

    def postmaster(self) -> int:
        """Return the number of the server's first process."""
        return int((self.folder / "postgres" / "data" / "postmaster.pid").read_text().split()[0])

    def start_api(self) -> None:
        """Start the API, as Lambda does with a new function."""
        self.api = subprocess.Popen(
            [sys.executable, "serve.py", "--port", "0", "--local", str(self.folder / "local")],
            cwd=API,
            env={**os.environ, "DATABASE_URL": self.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.api.stdout is not None
        self.port = int(self.api.stdout.readline().rpartition(":")[2])

    def stop_api(self, number: signal.Signals) -> None:
        """Stop it, or kill it between two steps."""
        assert self.api is not None
        assert self.api.stdout is not None
        self.api.send_signal(number)
        self.api.wait(30)
        self.api.stdout.close()


@pytest.fixture
def folder() -> Iterator[Path]:
    """Return a folder that a root user's server, who runs as somebody else, can walk through to its data."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-faults-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def world(folder: Path) -> Iterator[World]:
    """Run a database and an API with a line between them."""
    made = World(folder, Line(1))
    made.start_postgres()
    assert made.postgres is not None
    environment = {**os.environ, "DATABASE_URL": made.postgres.url(), "API_PASSWORD": API_PASSWORD}
    subprocess.run([sys.executable, "migrate.py", "apply"], cwd=API, env=environment, check=True)
    made.start_api()
    yield made
    made.stop_api(signal.SIGTERM)
    made.line.close()
    made.stop_postgres()


def connect(world: World) -> psycopg.Connection[tuple[Any, ...]]:
    """Connect past the line, as soon as a server that was killed has recovered."""
    assert world.postgres is not None
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return psycopg.connect(world.postgres.url(), autocommit=True)
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def restarted(world: World) -> None:
    """Have an administrator restart the server."""
    world.stop_postgres()
    time.sleep(0.3)
    world.start_postgres()


def killed(world: World) -> None:
    """Kill the server as a machine does that has no memory left."""
    os.kill(world.postmaster(), signal.SIGKILL)
    time.sleep(0.3)
    world.stop_postgres()
    world.start_postgres()


def cut_off(world: World) -> None:
    """Cut the line in the middle of whatever is on it."""
    world.line.cut()
    time.sleep(0.5)
    world.line.restore()


def sessions_ended(world: World) -> None:
    """End every session, whatever it is doing."""
    with connect(world) as connection:
        for _ in range(20):
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'zichkoding-api'"
            )
            time.sleep(0.02)


def filled(world: World) -> None:
    """Take every connection that there is."""
    assert world.postgres is not None
    connect(world).close()
    with ExitStack() as taken:
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                taken.enter_context(contextlib.closing(psycopg.connect(world.postgres.url())))
        world.line.cut()
        world.line.restore()
        time.sleep(0.7)


def frozen(world: World) -> None:
    """Have everything stand still: what is sent is taken by the machine, and nobody answers."""
    first = world.postmaster()
    children = [int(pid) for pid in Path(f"/proc/{first}/task/{first}/children").read_text().split()]
    for pid in (first, *children):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
    time.sleep(2.5)
    for pid in (first, *children):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


def slowed(world: World) -> None:
    """Hold a lock for longer than anybody waits for a statement."""
    with connect(world) as connection, connection.transaction():
        connection.execute("LOCK TABLE contact_messages IN ACCESS EXCLUSIVE MODE")
        time.sleep(3.5)


def api_killed(world: World) -> None:
    """Kill the API between any two of its steps, and start another."""
    world.stop_api(signal.SIGKILL)
    world.start_api()


FAULTS: tuple[Callable[[World], None], ...] = (
    restarted, killed, cut_off, sessions_ended, filled, frozen, slowed, api_killed,
)  # fmt: skip


@dataclass
class Tally:
    """What the visitors did and were told."""

    acknowledged: list[uuid.UUID] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    without_answer: int = 0
    # The test itself fell over: nobody is to wait for the rest.
    abandoned: bool = False


@contextmanager
def visitors(world: World, done: threading.Event) -> Iterator[Tally]:
    """Let several visitors write until it is done, and wait for the last acknowledgement."""
    tally = Tally()
    threads = [threading.Thread(target=visit, args=(world, done, tally)) for _ in range(VISITORS)]
    for thread in threads:
        thread.start()
    try:
        yield tally
    except BaseException:
        tally.abandoned = True
        raise
    finally:
        done.set()
        for thread in threads:
            thread.join(PATIENCE_SECONDS)
    assert not any(thread.is_alive() for thread in threads)


def visit(world: World, done: threading.Event, tally: Tally) -> None:
    """Write one message after the other, each until it is acknowledged."""
    while not tally.abandoned and (not done.is_set() or len(tally.acknowledged) < MESSAGES):
        key = uuid.uuid4()
        while not tally.abandoned and not send(world, key, tally):
            time.sleep(0.05)
        tally.acknowledged.append(key)


def send(world: World, key: uuid.UUID, tally: Tally) -> bool:
    """Send the message once, and say whether it was acknowledged."""
    message = {"name": "Ada", "email": f"{key}@example.org", "message": f"Message {key}", "key": str(key)}
    headers = {"Content-Type": "application/json", "CloudFront-Viewer-Address": f"{key}:1"}
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=30)
    try:
        connection.request("POST", "/api/contact", json.dumps(message), headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException):
        tally.without_answer += 1
        return False
    finally:
        connection.close()
    tally.statuses[status] += 1
    return status in {200, 201}


def drain_what_is_left(world: World) -> None:
    """Do what a worker does next, as if the leases of those that died had run out."""
    # The API's own worker ends its turn first: what it has in hand is its own.
    world.stop_api(signal.SIGTERM)
    connect(world).close()
    folder = world.folder / "local" / "queue"
    for path in folder.glob("*.json"):
        os.utime(path, (0, 0))
    database = PostgresDatabase(world.url)
    drain(DirectoryQueue(folder), database, Signer((b"a secret of nobody in particular here",)), most=1_000_000)
    make_jobs(database, ("mail",))
    database.close()
    assert list(folder.glob("*.json")) == []
    world.start_api()


def test_what_was_acknowledged_is_kept_exactly_once_whatever_breaks(world: World) -> None:
    """Counted: messages sent against messages kept."""
    done = threading.Event()
    with visitors(world, done) as tally:
        time.sleep(0.5)
        while True:
            for fault in FAULTS:
                fault(world)
                time.sleep(0.3)
            if len(tally.acknowledged) >= MESSAGES:
                break
    drain_what_is_left(world)
    with connect(world) as connection:
        kept = [key for (key,) in connection.execute("SELECT idempotency_key FROM contact_messages")]
        jobs = connection.execute("SELECT count(*), count(DISTINCT message_id) FROM outbox").fetchone()
    sys.stderr.write(f"{len(kept)} kept; {dict(tally.statuses)}; {tally.without_answer} attempts without an answer\n")

    assert len(tally.acknowledged) >= MESSAGES
    assert Counter(kept) == Counter(tally.acknowledged)
    assert set(tally.statuses) <= {200, 201, 503}
    assert jobs == (len(kept), len(kept))
