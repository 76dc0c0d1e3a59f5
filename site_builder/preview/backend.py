"""The API as processes of this machine: a database migrated by its code, a server on a leash, and how it is asked."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from site_builder.errors import PreviewError
from site_builder.preview.answers import Answer, plain
from site_builder.preview.database import PostgresServer, free_port
from site_builder.preview.kept import Report, kept
from site_builder.preview.leash import Leashed

API = "/api/"
START_SECONDS = 30
ANSWER_SECONDS = 30
MIGRATION_SECONDS = 120
# Made by the API's migrations: it owns nothing, and gets a new password at each start.
API_ROLE = "zichkoding_api"
# Of one connection only: never passed on by a proxy.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "proxy-connection"}
# Every response of our own servers has one of each.
SAID_BY_US = {"content-length", "date", "server"}


@dataclass(frozen=True)
class ApiDatabase:
    """One database of a server, as its owner and as the API sign in to it."""

    server: PostgresServer
    name: str
    api_password: str

    @property
    def owner_url(self) -> str:
        """Return where whoever migrates signs in."""
        return self.server.url(self.name)

    @property
    def api_url(self) -> str:
        """Return where the API signs in."""
        return self.server.url(self.name, API_ROLE, self.api_password)


@dataclass(frozen=True)
class Code:
    """The API's code in a folder, and where it keeps what AWS would keep: mail, queue and secret."""

    folder: Path
    local: Path
    log: Path


def migrate(folder: Path, database: ApiDatabase) -> str:
    """Bring the schema to what the code in the folder expects, and let the API sign in; return what was said."""
    done = subprocess.run(
        [sys.executable, "migrate.py", "apply"],
        cwd=folder,
        env={**os.environ, "DATABASE_URL": database.owner_url, "API_PASSWORD": database.api_password},
        capture_output=True,
        text=True,
        check=False,
        timeout=MIGRATION_SECONDS,
    )
    if done.returncode != 0:
        raise PreviewError("the migrations", (done.stderr or done.stdout).strip(), "Mend api/migrations/.")
    return done.stdout.strip()


@contextmanager
def running_api(code: Code, variables: Mapping[str, str], report: Report) -> Iterator[str]:
    """Run the code's own server, kept running until the block ends; give its address."""
    port = free_port()
    with code.log.open("w+b") as stream:

        def start() -> Leashed:
            process = Leashed(
                [sys.executable, "serve.py", "--port", str(port), "--local", str(code.local.resolve())],
                stop_signal=signal.SIGTERM,
                log=stream,
                environment={**variables, "PYTHONUNBUFFERED": "1"},
                cwd=code.folder,
            )
            _wait_until_open(process, code.log, port)
            return process

        with kept("The API", start, report):
            yield f"http://127.0.0.1:{port}"


def _wait_until_open(process: Leashed, log: Path, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.exit_code() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    process.stop()
    tail = log.read_text(errors="replace").strip().splitlines()[-8:]
    raise PreviewError("the API", "it did not start:\n    " + "\n    ".join(tail), f"The whole log is in {log}.")


def ask_api(api: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
    """Pass a request on to the API and return its answer."""
    passed = {name: value for name, value in headers.items() if name.lower() not in HOP_BY_HOP}
    connection = http.client.HTTPConnection(urlsplit(api).netloc, timeout=ANSWER_SECONDS)
    try:
        connection.request(method, target, body or None, passed)
        response = connection.getresponse()
        kept_ones = [(name, value) for name, value in response.getheaders() if name.lower() not in HOP_BY_HOP]
        theirs = tuple((name, value) for name, value in kept_ones if name.lower() not in SAID_BY_US)
        return Answer(response.status, theirs, response.read())
    except (OSError, http.client.HTTPException) as error:
        return plain(502, f"The API did not answer: {error}")
    finally:
        connection.close()


def no_api(words: str) -> Answer:
    """Answer for an API that is not there, in the shape of its own errors."""
    body = json.dumps({"error": {"code": "unavailable", "message": words, "fields": {}}}).encode()
    return Answer(503, (("Content-Type", "application/json"), ("Cache-Control", "no-store")), body)
