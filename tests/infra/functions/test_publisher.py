"""What is due is asked for in time, once, and again if nothing came of it.

GitHub's API and the site are a stub on this machine: it answers as they are documented.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from infra.functions import publisher
from infra.functions.publisher import PublisherError, Wanted, is_to_be_asked, next_moment, wake, work
from tools.package_function import main as package

MOMENT = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


@dataclass
class Stub:
    """A site with a schedule, and GitHub beside it."""

    url: str = ""
    schedule: bytes = b""
    status: int = 204
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)

    @property
    def wanted(self) -> Wanted:
        """Return where the function looks and whom it asks."""
        return Wanted(self.url, "owner/site", "secret", self.url)


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """Answer for the site and for GitHub."""
    one = Stub(schedule=json.dumps({"next": MOMENT.isoformat()}).encode())

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/schedule.json" else 404)
            self.end_headers()
            self.wfile.write(one.schedule)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            one.asked.append((self.path, self.headers["Authorization"], body))
            self.send_response(one.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    one.url = f"http://127.0.0.1:{server.server_port}"
    monkeypatch.setattr(publisher, "read_token", lambda secret: f"token of {secret}")
    yield one
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_moment_is_asked_for_a_quarter_of_an_hour_ahead(stub: Stub) -> None:
    """With the moment, in seconds since 1970, and the token."""
    done = work(stub.wanted, MOMENT - timedelta(minutes=15))

    assert done == {"done": "asked", "moment": MOMENT.isoformat()}
    assert stub.asked == [
        (
            "/repos/owner/site/dispatches",
            "Bearer token of secret",
            {"event_type": "publish", "client_payload": {"moment": str(int(MOMENT.timestamp()))}},
        )
    ]


def test_of_a_day_of_minutes_few_ask() -> None:
    """Once ahead, and then every twenty minutes while the site still says that it is to come."""
    start = MOMENT - timedelta(hours=12)
    asked = [start + timedelta(minutes=minute, seconds=17) for minute in range(24 * 60)]
    asking = [(now - MOMENT) // timedelta(minutes=1) for now in asked if is_to_be_asked(MOMENT, now)]

    assert asking[:4] == [-15, 5, 25, 45]
    assert {later - earlier for earlier, later in pairwise(asking)} == {20}


@pytest.mark.parametrize("minutes", [-16, -14, 0, 4, 6])
def test_between_nothing_is_asked(minutes: int, stub: Stub) -> None:
    """The workflow is under way then, or not wanted yet."""
    assert work(stub.wanted, MOMENT + timedelta(minutes=minutes))["done"] == "not now"
    assert stub.asked == []


def test_where_nothing_is_due_nothing_is_asked(stub: Stub) -> None:
    """Nearly always."""
    stub.schedule = b'{"next": null}'

    assert work(stub.wanted, MOMENT) == {"done": "nothing is due"}


@pytest.mark.parametrize("schedule", [b"<h1>Not a schedule</h1>", b"[]", b"{}", b'{"next": "soon"}', b'{"next": 5}'])
def test_a_site_that_does_not_say_is_a_failure(schedule: bytes, stub: Stub) -> None:
    """An alarm hears of it; silence would lose a publication."""
    stub.schedule = schedule

    with pytest.raises(PublisherError, match=r"schedule\.json does not say what is next"):
        next_moment(stub.url)


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "renew the token"), (404, "renew the token"), (500, "again later"), (200, "and not 204")],
)
def test_a_refusal_is_a_failure_that_says_what_to_do(status: int, words: str, stub: Stub) -> None:
    """A token that has ended is the likeliest."""
    stub.status = status

    with pytest.raises(PublisherError, match=words):
        work(stub.wanted, MOMENT - timedelta(minutes=15))


def test_nobody_there_is_a_failure(stub: Stub) -> None:
    """Neither the site's silence nor GitHub's is taken for an answer."""
    nowhere = "http://127.0.0.1:1"

    with pytest.raises(PublisherError, match="does not say what is next"):
        work(Wanted(nowhere, "owner/site", "secret", stub.url), MOMENT)
    with pytest.raises(PublisherError, match="did not answer"):
        work(Wanted(stub.url, "owner/site", "secret", nowhere), MOMENT - timedelta(minutes=15))


def test_it_wakes_for_the_minute_that_was_meant(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the schedule's own time, not by the clock of a function that started late."""
    for name, value in (
        ("SITE_URL", stub.url), ("REPOSITORY", "owner/site"), ("TOKEN_SECRET", "secret"), ("GITHUB_API_URL", stub.url),
    ):  # fmt: skip
        monkeypatch.setenv(name, value)

    assert wake({"time": "2026-12-01T07:45:00Z"}, None)["done"] == "asked"
    assert wake({"time": "2026-12-01T07:46:00Z"}, None)["done"] == "not now"


def test_the_token_is_read_from_secrets_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the client that Lambda brings."""
    from moto import mock_aws  # noqa: PLC0415 - it takes a second

    with mock_aws():
        import boto3  # noqa: PLC0415

        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        boto3.client("secretsmanager").create_secret(Name="token", SecretString="github_pat_1\n")

        assert publisher.read_token("token") == "github_pat_1"


def test_the_package_is_one_file_and_the_same_bytes_each_time(tmp_path: Path) -> None:
    """What Terraform compares is the code alone."""
    files = [tmp_path / "one.zip", tmp_path / "two.zip"]
    codes = [package(["publisher", str(file)]) for file in files]

    assert codes == [0, 0]
    assert ZipFile(files[0]).namelist() == ["publisher.py"]
    assert files[0].read_bytes() == files[1].read_bytes()
    assert package(["nobody", "x.zip"]) == 2
