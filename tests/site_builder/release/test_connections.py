"""Whatever way a server ends its answers, they are read whole, and a broken one is never taken for a whole one."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from site_builder.release.connections import Connections, NoAnswerError


@contextmanager
def answering(*answers: bytes) -> Iterator[tuple[Connections, list[bytes]]]:
    """Answer one request after the other with these bytes, then close; keep what was asked."""
    asked: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(5)
    # Every connection but the last is closed after what it has said, if it says so itself.
    left = list(answers)

    def serve() -> None:
        while left:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            connection.settimeout(5)
            with connection:
                while left:
                    request = connection.recv(65536)
                    if not request:
                        break
                    asked.append(request)
                    said = left.pop(0)
                    # In two pieces, as the network may do.
                    connection.sendall(said[: len(said) // 2])
                    connection.sendall(said[len(said) // 2 :])
                    if b"close" in said.lower() or not re.search(b"length|chunked", said.lower()):
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    connections = Connections(f"http://127.0.0.1:{listening.getsockname()[1]}", seconds=2)
    try:
        yield connections, asked
    finally:
        connections.close()
        thread.join(5)
        listening.close()


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("said", "body"),
    [
        (OK + b"Content-Length: 5\r\n\r\nhello", b"hello"),
        (OK + b"Content-Length: 0\r\n\r\n", b""),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n", b"hello"),
        (OK + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n", b"hello"),
        (OK + b"Connection: close\r\n\r\nhello", b"hello"),
        (OK + b"Connection: close\r\nContent-Length: 5\r\n\r\nhello", b"hello"),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 5\r\n\r\nhello", b"hello"),
        (OK + b"Content-Length: 300000\r\n\r\n" + b"x" * 300000, b"x" * 300000),
    ],
)
def test_every_kind_of_answer_is_read_whole_and_so_is_the_next(said: bytes, body: bytes) -> None:
    """Nothing of one answer is left to be taken for the next."""
    with answering(said, OK + b"Content-Length: 4\r\n\r\nnext") as (connections, _):
        first = connections.ask("GET", "/", {"host": "x"})
        second = connections.ask("GET", "/", {"host": "x"})

    assert (first.status, first.body, second.body) == (200, body, b"next")


@pytest.mark.parametrize(
    "said", [b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", OK + b"Content-Length: 5\r\n\r\n"]
)
def test_an_answer_without_a_body_is_not_waited_for(said: bytes) -> None:
    """To a HEAD, or of a status that has none."""
    method = "HEAD" if b"200" in said else "GET"
    with answering(said) as (connections, _):
        answer = connections.ask(method, "/", {"host": "x"})

    assert (answer.headers["content-length"], answer.body) == ("5", b"")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"HTTP/1.1 200",
        OK + b"Content-Length: 5\r\nConnection: close\r\n\r\nhel",
        OK + b"Transfer-Encoding: chunked, close\r\n\r\n5\r\nhel",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        OK + b"Content-Length: many\r\nConnection: close\r\n\r\n",
    ],
)
def test_a_broken_answer_is_no_answer(said: bytes) -> None:
    """Cut off, or of something that is no web server."""
    with answering(said) as (connections, _), pytest.raises(NoAnswerError):
        connections.ask("GET", "/", {"host": "x"})


def test_a_request_is_sent_as_it_was_asked() -> None:
    """With its length, in one piece."""
    with answering(OK + b"Content-Length: 0\r\n\r\n") as (connections, asked):
        connections.ask("PUT", "/a%20b?c=d", {"host": "x", "content-type": "text/html"}, b"hello")

    assert asked == [b"PUT /a%20b?c=d HTTP/1.1\r\nhost: x\r\ncontent-type: text/html\r\ncontent-length: 5\r\n\r\nhello"]


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    """What is sent there holds signatures."""
    with answering(b"no certificate at all") as (plain, _):
        connections = Connections(f"https://{plain.host}", seconds=2)
        with pytest.raises(NoAnswerError) as error:
            connections.ask("GET", "/", {"host": "x"})

    assert isinstance(error.value.__cause__, ssl.SSLError)
