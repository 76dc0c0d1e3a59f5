"""Start everything in order, and stop it in the reverse order."""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from site_builder.preview.backend import ApiDatabase, Code, migrate, running_api
from site_builder.preview.cdn import EdgeCache, Functions, Origin
from site_builder.preview.database import DATABASE, PostgresServer, running_postgres
from site_builder.preview.development import Development
from site_builder.preview.kept import Report
from site_builder.preview.server import Site, SiteServer, first_free, open_server, read_security_headers


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
    def api(self) -> Path:
        """Return the folder of the API's code."""
        return self.root / "api"

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
        own = ApiDatabase(database, DATABASE, secrets.token_urlsafe(24))
        migrate(project.api, own)
        report("Starting the API …")
        # The API writes links into mails, so it is told beforehand where the site will be.
        port = first_free(port)
        variables = {"DATABASE_URL": own.api_url, "SITE_URL": f"http://127.0.0.1:{port}"}
        code = Code(project.api, project.local, project.local / "api.log")
        api = parts.enter_context(running_api(code, variables, report))
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
def _serving(server: SiteServer) -> Iterator[SiteServer]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
