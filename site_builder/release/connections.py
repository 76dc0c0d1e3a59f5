"""Speak HTTP over connections that are kept: one for each thread, opened when it is first needed.

The standard library's client reads headers as if they were a letter and sends a request in two pieces; for ten thousand
files that is most of what a deploy costs. This one sends a request at once and reads what a server of today answers.
"""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

SECONDS = 30
PIECE = 65536
# A larger body is not worth being copied behind its headers.
LARGEST_IN_ONE = 256 * 1024
MOST_HEADERS = 256 * 1024
NO_BODY = {204, 304}
FIRST_FINAL = 200


@dataclass(frozen=True)
class Answer:
    """What came back; the names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class NoAnswerError(Exception):
    """The connection broke, or nothing came in time: nobody knows whether the request was carried out."""


class Connections:
    """Keeps a connection to one host for each thread that asks."""

    def __init__(self, address: str, seconds: float = SECONDS) -> None:
        parts = urlsplit(address)
        self._secure = parts.scheme == "https"
        self._host = parts.netloc
        self._name = parts.hostname or ""
        self._port = parts.port or (443 if self._secure else 80)
        self._seconds = seconds
        self._mine = threading.local()
        self._all: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def host(self) -> str:
        """Name the host, as a request's header does."""
        return self._host

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | memoryview = b"") -> Answer:
        """Send one request and read its whole answer."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{method} {target} HTTP/1.1\r\n{lines}content-length: {len(body)}\r\n\r\n".encode("latin-1")
        try:
            connection = self._connection()
            if len(body) <= LARGEST_IN_ONE:
                connection.sendall(head + bytes(body))
            else:
                connection.sendall(head)
                connection.sendall(body)
            return self._read(connection, method)
        except (OSError, ValueError) as error:
            # The next request of this thread opens another.
            self._drop()
            raise NoAnswerError(f"{self._host}: {error or type(error).__name__}") from error

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._mine = threading.local()

    def _read(self, connection: socket.socket, method: str) -> Answer:
        status, rest = 0, b""
        while status < FIRST_FINAL:
            # What comes before the answer proper, like "100 Continue", says nothing.
            status, headers, rest = _read_head(connection, rest)
        ends = headers.get("connection", "").lower() == "close"
        if method == "HEAD" or status in NO_BODY:
            body = b""
        elif "chunked" in headers.get("transfer-encoding", "").lower():
            body = _read_chunks(connection, rest)
        elif "content-length" in headers:
            body = _read_exactly(connection, rest, int(headers["content-length"]))
        else:
            body, ends = _read_to_the_end(connection, rest), True
        if ends:
            self._drop()
        return Answer(status, headers, body)

    def _connection(self) -> socket.socket:
        kept: socket.socket | None = getattr(self._mine, "connection", None)
        if kept is None:
            kept = self._opened()
            self._mine.connection = kept
            with self._lock:
                self._all.add(kept)
        return kept

    def _opened(self) -> socket.socket:
        plain = socket.create_connection((self._name, self._port), timeout=self._seconds)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not self._secure:
            return plain
        try:
            return self._trust.wrap_socket(plain, server_hostname=self._name)
        except BaseException:
            plain.close()
            raise

    def _drop(self) -> None:
        kept: socket.socket | None = getattr(self._mine, "connection", None)
        self._mine.connection = None
        if kept is not None:
            kept.close()
            with self._lock:
                self._all.discard(kept)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        # Reading the list of authorities takes 20 ms, so it is read once for all connections.
        return ssl.create_default_context()


def _read_head(connection: socket.socket, came: bytes) -> tuple[int, dict[str, str], bytes]:
    """Read a status and headers, and what came behind them."""
    while (end := came.find(b"\r\n\r\n")) < 0:
        if len(came) > MOST_HEADERS:
            raise ValueError("the answer's headers have no end")
        came += _received(connection)
    lines = came[:end].decode("latin-1").split("\r\n")
    version, _, said = lines[0].partition(" ")
    if not version.startswith("HTTP/1."):
        raise ValueError(f"this is no HTTP: {lines[0][:40]!r}")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    return int(said[:3]), headers, came[end + 4 :]


def _read_exactly(connection: socket.socket, came: bytes, length: int) -> bytes:
    if len(came) >= length:
        return came[:length]
    body = bytearray(came)
    while len(body) < length:
        body += _received(connection)
    return bytes(body)


def _read_chunks(connection: socket.socket, came: bytes) -> bytes:
    waiting, body = bytearray(came), bytearray()
    while True:
        while (end := waiting.find(b"\r\n")) < 0:
            waiting += _received(connection)
        size = int(bytes(waiting[:end]).partition(b";")[0], 16)
        if not size:
            # The last chunk is empty, and may have headers behind it.
            while waiting.find(b"\r\n\r\n", end) < 0:
                waiting += _received(connection)
            return bytes(body)
        while len(waiting) < end + 2 + size + 2:
            waiting += _received(connection)
        body += waiting[end + 2 : end + 2 + size]
        del waiting[: end + 2 + size + 2]


def _read_to_the_end(connection: socket.socket, came: bytes) -> bytes:
    body = bytearray(came)
    while piece := connection.recv(PIECE):
        body += piece
    return bytes(body)


def _received(connection: socket.socket) -> bytes:
    piece = connection.recv(PIECE)
    if not piece:
        raise ConnectionError("the connection was closed in the middle of an answer")
    return piece
