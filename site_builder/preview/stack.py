"""Start everything in order, and stop it in the reverse order."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from site_builder.errors import PreviewError
from site_builder.preview.database import PostgresServer, running_postgres
from site_builder.preview.edge import EdgeFunction
from site_builder.preview.leash import Leashed
from site_builder.preview.origin import Origin
from site_builder.preview.server import Site, SiteServer, open_server, read_security_headers

API_START_SECONDS = 30
API_READY = re.compile(rb"listening on (http://\S+)")

Report = Callable[[str], None]


@dataclass(frozen=True)
class Project:
    """Where the parts of the product lie, and where this machine keeps what is never committed."""

    root: Path
    local: Path

    @property
    def edge_function(self) -> Path:
        """Return the file that runs in CloudFront, and here."""
        return self.root / "infra" / "edge" / "router.js"

    @property
    def headers(self) -> Path:
        """Return the file that says which headers every page carries."""
        return self.root / "infra" / "edge" / "headers.json"


@dataclass(frozen=True)
class Stack:
    """A running product."""

    server: SiteServer
    database: PostgresServer


@contextmanager
def running_stack(
    project: Project,
    origin: Origin,
    key_values: Callable[[], Mapping[str, str]],
    *,
    port: int,
    report: Report,
) -> Iterator[Stack]:
    """Run database, API and site together until the block ends."""
    with ExitStack() as parts:
        report("Starting PostgreSQL …")
        database = parts.enter_context(running_postgres(project.local / "postgres"))
        report("Migrating the database …")
        migrate(project, database)
        report("Starting the API …")
        api = parts.enter_context(_running_api(project, database))
        edge = EdgeFunction(project.edge_function.read_text(), key_values)
        site = Site(edge, origin, read_security_headers(project.headers), api)
        yield Stack(parts.enter_context(_serving(open_server(site, port))), database)


def migrate(project: Project, database: PostgresServer) -> None:
    """Bring the database's schema to what the API expects."""
    done = subprocess.run(
        [sys.executable, "migrate.py", "apply"],
        cwd=project.root / "api",
        env={**os.environ, "DATABASE_URL": database.url()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise PreviewError("the migrations", (done.stderr or done.stdout).strip(), "Mend api/migrations/.")


def wait_for_stop() -> None:
    """Sleep until Ctrl-C, or until the terminal or a supervisor says to stop."""
    stop = threading.Event()

    def set_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, set_stop)
    # In pieces, because a wait without a limit is deaf to signals on some systems.
    while not stop.wait(0.5):
        pass


@contextmanager
def _running_api(project: Project, database: PostgresServer) -> Iterator[str]:
    log = project.local / "api.log"
    with log.open("w+b") as stream:
        process = Leashed(
            [sys.executable, "serve.py", "--port", "0", "--local", str(project.local.resolve())],
            stop_signal=signal.SIGTERM,
            log=stream,
            environment={"DATABASE_URL": database.url(), "PYTHONUNBUFFERED": "1"},
            cwd=project.root / "api",
        )
        try:
            yield _wait_for_address(process, log)
        finally:
            process.stop()


def _wait_for_address(process: Leashed, log: Path) -> str:
    deadline = time.monotonic() + API_START_SECONDS
    while time.monotonic() < deadline and process.exit_code() is None:
        found = API_READY.search(log.read_bytes())
        if found:
            return found.group(1).decode()
        time.sleep(0.02)
    tail = log.read_text(errors="replace").strip().splitlines()[-8:]
    raise PreviewError("the API", "it did not start:\n    " + "\n    ".join(tail), f"The whole log is in {log}.")


@contextmanager
def _serving(server: SiteServer) -> Iterator[SiteServer]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
