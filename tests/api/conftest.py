"""Databases, and a way to cut the line to them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote, urlsplit

import psycopg
import pytest
from chalicelib.database import Database, Row
from chalicelib.errors import DatabaseUnavailableError
from chalicelib.limits import DatabaseLimits
from chalicelib.postgres import PostgresDatabase
from chalicelib.queue import DirectoryQueue, NoQueue, Queue
from chalicelib.services import Services
from chalicelib.settings import read_settings
from chalicelib.signing import Signer
from moto.server import ThreadedMotoServer
from psycopg import sql

API = Path(__file__).resolve().parents[2] / "api"
SITE = "https://zichkoding.example"
# Every setting that the API needs, for processes of their own; a test names what it needs otherwise.
ENVIRONMENT = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "SITE_URL": SITE,
    "SIGNING_SECRET": "a secret that is long enough to be one",
    "OWNER_MAIL": "owner@zichkoding.example",
}
os.environ.update(ENVIRONMENT)
API_PASSWORD = "the API's own/password"  # noqa: S105 - of a database that lives as long as a test


class AwayDatabase:
    """A database that cannot be reached."""

    def ask(self, statement: LiteralString, values: Mapping[str, object] | None = None) -> list[Row]:  # noqa: ARG002 - as the port has it
        """Fail as the real one does."""
        raise DatabaseUnavailableError

    def call(self, statement: LiteralString, *values: str | None) -> str:  # noqa: ARG002 - as the port has it
        """Fail as the real one does."""
        raise DatabaseUnavailableError

    def close(self) -> None:
        """There is nothing to close."""


def make_services(database: Database, queue: Queue | None = None, **settings: str) -> Services:
    """Return what handlers work with, on a given database and queue."""
    read = read_settings({**ENVIRONMENT, **settings})
    return Services(
        read,
        Signer(read.secrets),
        database,
        queue or NoQueue(),
        DatabaseLimits(),
        max(path.name for path in (API / "migrations").glob("*.sql")),
    )


@pytest.fixture
def postgres(database: str) -> Iterator[PostgresDatabase]:
    """Return the API's door to a fresh, migrated database: with the API's rights and no more."""
    door = PostgresDatabase(as_api(database))
    yield door
    door.close()


@pytest.fixture
def owner(database: str) -> Iterator[PostgresDatabase]:
    """Return a door with the rights of who migrates: for what tests do and the API may not."""
    door = PostgresDatabase(database)
    yield door
    door.close()


@pytest.fixture
def services(postgres: PostgresDatabase, tmp_path: Path) -> Services:
    """Return what handlers work with, on a real database and a queue in a folder."""
    return make_services(postgres, DirectoryQueue(tmp_path / "queue"), MAIL_FOLDER=str(tmp_path / "mail"))


@pytest.fixture(scope="session")
def migrated_template(postgres_url: str) -> str:
    """Return the name of a migrated database, to be copied."""
    name = f"template_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    subprocess.run(
        [sys.executable, "migrate.py", "apply"],
        cwd=API,
        env={**os.environ, "DATABASE_URL": database_url(postgres_url, name), "API_PASSWORD": API_PASSWORD},
        check=True,
        capture_output=True,
    )
    return name


@pytest.fixture
def database(postgres_url: str, migrated_template: str) -> Iterator[str]:
    """Return the address of a fresh, migrated database."""
    yield from fresh_database(postgres_url, migrated_template)


@pytest.fixture
def empty_database(postgres_url: str) -> Iterator[str]:
    """Return the address of a database that no migration has touched."""
    yield from fresh_database(postgres_url, "template0")


def fresh_database(postgres_url: str, template: str) -> Iterator[str]:
    """Make a database from a template, and drop it at the end."""
    name = f"test_{uuid.uuid4().hex}"
    make = sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(make)
        yield database_url(postgres_url, name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def database_url(server: str, name: str) -> str:
    """Return the address of another database of the same server."""
    return urlsplit(server)._replace(path=f"/{name}").geturl()


def as_api(url: str) -> str:
    """Return the address of the same database for the API, whose rights are few."""
    parts = urlsplit(url)
    user = f"zichkoding_api:{quote(API_PASSWORD, safe='')}"
    return parts._replace(netloc=f"{user}@{parts.hostname}:{parts.port}").geturl()


class Line:
    """A line to a server that can be cut and restored: what a network does."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._whole = True
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def lead_to(self, port: int) -> None:
        """Lead to another server from now on."""
        self._target = port

    def cut(self) -> None:
        """Break every connection, and let no new one through."""
        self._whole = False
        for end in self._open:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def restore(self) -> None:
        """Let connections through again."""
        self._whole = True

    def close(self) -> None:
        """End the line."""
        self.cut()
        self._listener.close()
        for end in self._open:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._whole:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            self._open += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_carry, args=(source, target), daemon=True).start()


def _carry(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while piece := source.recv(65536):
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


@pytest.fixture
def line(database: str) -> Iterator[Line]:
    """Return a line to the database's server."""
    made = Line(urlsplit(database).port or 5432)
    yield made
    made.close()


@pytest.fixture
def database_over_line(database: str, line: Line) -> str:
    """Return the database's address by way of the line."""
    parts = urlsplit(database)
    return parts._replace(netloc=f"{parts.username}:{parts.password}@127.0.0.1:{line.port}").geturl()


@dataclass(frozen=True)
class Answer:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    text: str


class StayHere(urllib.request.HTTPRedirectHandler):
    """Shows a redirect instead of following it."""

    def redirect_request(self, *_: object) -> None:
        """Go nowhere."""


@dataclass(frozen=True)
class Server:
    """The API in a process of its own."""

    url: str
    log: Path

    def ask(self, method: str, path: str, body: bytes | None = None, content_type: str = "", **headers: str) -> Answer:
        """Send a request and return what came back, whatever its status."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = urllib.request.Request(self.url + path, body, named, method=method)  # noqa: S310 - our own address
        if content_type:
            request.add_header("Content-Type", content_type)
        try:
            with urllib.request.build_opener(StayHere).open(request, timeout=30) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, dict(error.headers), error.read().decode())


@contextlib.contextmanager
def running_server(database_url: str, folder: Path, **settings: str) -> Iterator[Server]:
    """Run the API in a process of its own until the block ends; it keeps mail and queue in the folder."""
    log = folder / "api.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            [sys.executable, "serve.py", "--port", "0", "--local", str(folder)],
            cwd=API,
            env={**os.environ, "DATABASE_URL": as_api(database_url), **settings},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        with process:
            assert process.stdout is not None
            said = process.stdout.readline()
            assert said.startswith("listening on "), log.read_text()
            yield Server(said.removeprefix("listening on ").strip(), log)
            process.terminate()
            assert process.wait(20) == 0, log.read_text()


@pytest.fixture
def server(database: str, tmp_path: Path) -> Iterator[Server]:
    """Run the API on a fresh database."""
    with running_server(database, tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """Run moto's AWS on loopback and return its address."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()
