"""Visitors who ask for the home page all the time, from several addresses, so that a canary's share is among them."""

from __future__ import annotations

import http.client
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

SECONDS_BETWEEN = 0.05
# Only Linux answers for all of 127.0.0.0/8 without being told to.
ADDRESSES = tuple(f"127.0.0.{last}" for last in range(10, 50)) if sys.platform == "linux" else ("127.0.0.1",)
FIRST_FAILURE = 400


@dataclass
class Seen:
    """What visitors have seen."""

    answers: int = 0
    failures: list[str] = field(default_factory=list)


@contextmanager
def visiting(urls: Sequence[str]) -> Iterator[Seen]:
    """Let visitors ask until the block ends."""
    seen, stop = Seen(), threading.Event()
    thread = threading.Thread(target=_ask, args=(urls, seen, stop))
    thread.start()
    try:
        yield seen
    finally:
        stop.set()
        thread.join()


def _ask(urls: Sequence[str], seen: Seen, stop: threading.Event) -> None:
    number = 0
    while not stop.wait(SECONDS_BETWEEN):
        url, address = urls[number % len(urls)], ADDRESSES[number % len(ADDRESSES)]
        number += 1
        try:
            status = _status(url, address)
        except OSError as error:
            seen.failures.append(f"{url}: {error}")
            continue
        seen.answers += 1
        if status >= FIRST_FAILURE:
            seen.failures.append(f"{url}: {status}")


def _status(url: str, address: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10, source_address=(address, 0))
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()
