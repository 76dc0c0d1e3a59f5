"""Speak HTTP over connections that are kept: one for each thread, opened when it is first needed."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlsplit

SECONDS = 30


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
        self._seconds = seconds
        self._mine = threading.local()
        self._all: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()

    @property
    def host(self) -> str:
        """Name the host, as a request's header does."""
        return self._host

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | memoryview = b"") -> Answer:
        """Send one request and read its whole answer."""
        connection = self._connection()
        try:
            connection.request(method, target, body or None, dict(headers))
            response = connection.getresponse()
            came = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, came, response.read())
        except (OSError, http.client.HTTPException) as error:
            # The next request of this thread opens another.
            connection.close()
            raise NoAnswerError(f"{self._host}: {error or type(error).__name__}") from error

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()

    def _connection(self) -> http.client.HTTPConnection:
        kept: http.client.HTTPConnection | None = getattr(self._mine, "connection", None)
        if kept is None:
            kept = self._opened()
            self._mine.connection = kept
            with self._lock:
                self._all.append(kept)
        return kept

    def _opened(self) -> http.client.HTTPConnection:
        if self._secure:
            return http.client.HTTPSConnection(self._host, timeout=self._seconds, context=self._trust)
        return http.client.HTTPConnection(self._host, timeout=self._seconds)

    @cached_property
    def _trust(self) -> ssl.SSLContext:
        # Reading the list of authorities takes 20 ms, so it is read once for all connections.
        return ssl.create_default_context()
