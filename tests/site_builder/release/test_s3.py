"""A request that can succeed does, whatever comes between; one that cannot says why, in the server's own words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest

from site_builder.release.s3 import TRIES, S3Client, S3ObjectStore
from site_builder.release.signing import Credentials
from site_builder.release.stores import Headers, Source, StoredObject, StoreError

PAGE = StoredObject(b"<h1>Page</h1>", "text/html", "no-store")


@dataclass(frozen=True)
class Scripted:
    """One answer of a server that is not well."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    # Let the connection break: before anything of an answer, or in the middle of it.
    breaks: bool = False


def error(status: int, code: str, message: str = "as it is") -> Scripted:
    """Return an error as S3 writes it."""
    body = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return Scripted(status, body.encode(), {"Date": formatdate(4_000_000_000, usegmt=True)})


class Handler(BaseHTTPRequestHandler):
    """Answers as the script says, in its order; then with success."""

    protocol_version = "HTTP/1.1"
    script: ClassVar[list[Scripted]]
    asked: ClassVar[list[tuple[str, dict[str, str], bytes]]]

    def do_GET(self) -> None:
        """Answer anything."""
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append((f"{self.command} {self.path}", dict(self.headers.items()), body))
        answer = self.script.pop(0) if self.script else Scripted()
        if answer.breaks:
            self.close_connection = True
            return
        self.send_response_only(answer.status)
        for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    do_PUT = do_POST = do_HEAD = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Server:
    """A server and a store that speaks to it; pauses are counted and not made."""

    def __init__(self, credentials: Callable[[], Credentials] | None = None) -> None:
        self.script: list[Scripted] = []
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.pauses: list[float] = []
        handler = type("Scripted", (Handler,), {"script": self.script, "asked": self.asked})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        address = f"http://127.0.0.1:{self._server.server_port}"
        given = credentials or (lambda: Credentials("key", "secret"))
        client = S3Client(address, "eu-central-1", given, prefix="/bucket", sleep=self.pauses.append, seconds=0.5)
        self.store = S3ObjectStore(client, "bucket")

    def close(self) -> None:
        """Stop."""
        self.store.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a server that does what it is told."""
    running = Server()
    yield running
    running.close()


@pytest.mark.parametrize(
    "trouble",
    [
        error(500, "InternalError"),
        error(503, "SlowDown"),
        error(503, "ServiceUnavailable"),
        error(400, "RequestTimeout"),
        error(400, "ExpiredToken"),
        Scripted(502, b"<html>a proxy"),
        Scripted(429),
        Scripted(breaks=True),
    ],
    ids=lambda trouble: f"{trouble.status} {trouble.body[:30]!r}",
)
def test_what_may_pass_is_tried_again(server: Server, trouble: Scripted) -> None:
    """After a pause, with the same bytes."""
    server.script += [trouble, trouble]
    server.store.put("a b.html", PAGE)

    assert [asked for asked, _, _ in server.asked] == ["PUT /bucket/a%20b.html"] * 3
    assert {body for _, _, body in server.asked} == {PAGE.body}
    assert len(server.pauses) >= 2


def test_pauses_grow_and_are_never_the_same_for_two(server: Server) -> None:
    """A thousand clients that failed together must not come back together."""
    server.script += [error(500, "InternalError")] * (TRIES - 1)
    server.store.put("a", PAGE)

    assert len(server.pauses) == TRIES - 1
    assert len(set(server.pauses)) == len(server.pauses)
    assert max(server.pauses) <= 10
    assert all(pause <= 0.1 * 2**number for number, pause in enumerate(server.pauses, start=1))


def test_what_does_not_pass_is_said_in_the_server_s_words(server: Server) -> None:
    """After so many tries."""
    server.script += [error(503, "SlowDown", "Please reduce your request rate.")] * TRIES

    with pytest.raises(StoreError, match=r"503 SlowDown Please reduce your request rate\."):
        server.store.put("a", PAGE)
    assert len(server.asked) == TRIES


def test_what_cannot_pass_is_not_tried_again(server: Server) -> None:
    """A right that is missing is missing the second time."""
    server.script += [error(403, "AccessDenied", "no s3:PutObject")]

    with pytest.raises(StoreError, match="403 AccessDenied no s3:PutObject"):
        server.store.put("a", PAGE)
    assert len(server.asked) == 1


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    """Each try has its time."""
    silent = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    address = f"http://127.0.0.1:{silent.server_port}"
    pauses: list[float] = []
    client = S3Client(address, "eu-central-1", lambda: Credentials("key", "secret"), sleep=pauses.append, seconds=0.02)

    with pytest.raises(StoreError, match="timed out"):
        client.ask("GET", "a")
    assert len(pauses) == TRIES - 1
    client.close()
    silent.server_close()


def test_a_clock_that_is_off_is_set_by_the_server_s(server: Server) -> None:
    """And stays so for what follows."""
    server.script += [error(403, "RequestTimeTooSkewed")]
    server.store.put("a", PAGE)
    server.store.put("b", PAGE)

    assert [headers["x-amz-date"][:8] for _, headers, _ in server.asked[1:]] == ["20961002", "20961002"]


def test_credentials_are_asked_for_at_each_request() -> None:
    """A session that ends half way is renewed half way, and its token is sent and signed."""
    sessions = iter(Credentials("key", "secret", f"token-{number}") for number in range(9))
    server = Server(lambda: next(sessions))
    server.script += [error(400, "ExpiredToken")]
    server.store.put("a", PAGE)

    assert [headers["x-amz-security-token"] for _, headers, _ in server.asked] == ["token-0", "token-1"]
    assert "x-amz-security-token" in server.asked[0][1]["authorization"]
    server.close()


def test_slow_down_is_for_all_that_follows(server: Server) -> None:
    """The next request waits too, even if it is another thread's."""
    server.script += [error(503, "SlowDown")]
    server.store.put("a", PAGE)
    before = len(server.pauses)
    server.store.put("b", PAGE)

    assert len(server.pauses) > before


def test_a_success_that_failed_after_all_is_a_failure(server: Server) -> None:
    """What takes S3 long is answered with 200 before it is done."""
    server.script += [Scripted(200, b"<Error><Code>InternalError</Code><Message>We are sorry</Message></Error>")]

    with pytest.raises(StoreError, match="InternalError We are sorry"):
        server.store.copy(Source("a"), "b", Headers("text/html", ""))


def test_what_is_no_answer_of_s3_is_said(server: Server) -> None:
    """A captive portal, for one."""
    server.script += [Scripted(200, b"<html><p>Please sign in")]

    with pytest.raises(StoreError, match="no XML"):
        server.store.listed("")


def test_a_key_that_is_not_deleted_is_said(server: Server) -> None:
    """Deleting many answers with success, and lists what failed."""
    refused = b"<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code><Message>no</Message></Error></DeleteResult>"
    server.script += [Scripted(200, refused)]

    with pytest.raises(StoreError, match=r"deleting a: no"):
        server.store.delete(["a", "b"])


def test_a_huge_file_that_cannot_be_finished_is_taken_back(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its parts would be paid for, and nobody would see them."""
    monkeypatch.setattr("site_builder.release.s3.LARGEST_AT_ONCE", 4)
    begun = Scripted(200, b"<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
    server.script += [begun, error(403, "AccessDenied")]

    with pytest.raises(StoreError, match="AccessDenied"):
        server.store.put("film.mp4", PAGE)
    assert server.asked[-1][0] == "DELETE /bucket/film.mp4?uploadId=u1"
