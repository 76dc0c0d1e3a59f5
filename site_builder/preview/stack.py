"""Start everything in order, and stop it in the reverse order."""

from __future__ import annotations

import os
import secrets
import signal
import socket
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
from site_builder.preview.cdn import EdgeCache, Functions, Origin
from site_builder.preview.database import PostgresServer, free_port, running_postgres
from site_builder.preview.development import Development
from site_builder.preview.kept import kept
from site_builder.preview.leash import Leashed
from site_builder.preview.server import Site, SiteServer, first_free, open_server, read_security_headers

API_START_SECONDS = 30
# Made by the API's migrations: it owns nothing, and gets a new password at each start.
API_ROLE = "zichkoding_api"

Report = Callable[[str], None]


@dataclass(frozen=True)
class Project:
    """Where the parts of the product lie, and where this machine keeps what is never committed."""

    root: Path
    local: Path

    @property
    def edge(self) -> Path:
        """Return the folder of what runs in CloudFront, and here."""
        return self.root / "infra" / "edge"

    @property
    def mail(self) -> Path:
        """Return the folder in which the API puts the mail that it would send."""
        return self.local / "mail"


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
    development: Development | None = None,
    keeps: bool = False,
) -> Iterator[Stack]:
    """Run database, API and site together until the block ends; the edge keeps what it may if it is to."""
    with ExitStack() as parts:
        report("Starting PostgreSQL …")
        database = parts.enter_context(running_postgres(project.local / "postgres", report=report))
        report("Migrating the database …")
        api_password = secrets.token_urlsafe(24)
        migrate(project, database, api_password)
        report("Starting the API …")
        # The API writes links into mails, so it is told beforehand where the site will be.
        port = first_free(port)
        api_database = database.url(user=API_ROLE, password=api_password)
        api = parts.enter_context(_running_api(project, api_database, f"http://127.0.0.1:{port}", report))
        server = parts.enter_context(
            running_site(project, origin, key_values, port=port, api=api, development=development, keeps=keeps)
        )
        yield Stack(server, database)


@contextmanager
def running_site(
    project: Project,
    origin: Origin,
    key_values: Callable[[], Mapping[str, str]],
    *,
    port: int,
    api: str | None = None,
    development: Development | None = None,
    keeps: bool = False,
) -> Iterator[SiteServer]:
    """Serve the site through the edge functions until the block ends; the edge keeps what it may if it is to."""
    with ExitStack() as parts:
        functions = Functions(project.edge)
        parts.callback(functions.close)
        edge = EdgeCache(functions, origin, functions.finish, keeps=keeps)
        headers = read_security_headers(project.edge / "headers.json")
        server = open_server(Site(edge, key_values, headers, api, development), port)
        yield parts.enter_context(_serving(server))


def migrate(project: Project, database: PostgresServer, api_password: str) -> None:
    """Bring the database's schema to what the API expects, and let the API sign in."""
    done = subprocess.run(
        [sys.executable, "migrate.py", "apply"],
        cwd=project.root / "api",
        env={**os.environ, "DATABASE_URL": database.url(), "API_PASSWORD": api_password},
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
def _running_api(project: Project, database_url: str, site_url: str, report: Report) -> Iterator[str]:
    log = project.local / "api.log"
    port = free_port()
    with log.open("w+b") as stream:

        def start() -> Leashed:
            process = Leashed(
                [sys.executable, "serve.py", "--port", str(port), "--local", str(project.local.resolve())],
                stop_signal=signal.SIGTERM,
                log=stream,
                environment={"DATABASE_URL": database_url, "SITE_URL": site_url, "PYTHONUNBUFFERED": "1"},
                cwd=project.root / "api",
            )
            _wait_for_api(process, log, port)
            return process

        with kept("The API", start, report):
            yield f"http://127.0.0.1:{port}"


def _wait_for_api(process: Leashed, log: Path, port: int) -> None:
    deadline = time.monotonic() + API_START_SECONDS
    while time.monotonic() < deadline and process.exit_code() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    process.stop()
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
