"""Buckets in Redis or Valkey, where `REDIS_URL` is set. One command is all that is asked, so no client is needed.

It is asked before the database and may fail: then the database's own buckets count. No message waits or is refused
because Redis is away.
"""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterable
from typing import BinaryIO

from chalicelib.limits import Charge, Limit
from chalicelib.observe import tell
from chalicelib.settings import RedisAddress

# Less than a person notices; Redis answers in a hundredth of it, or it is not well.
ANSWER_SECONDS = 0.25
# So long it is not asked again, or each request would wait for it.
PAUSE_SECONDS = 10.0
# As the database's: after a day a bucket is full again, which is what none says too.
KEPT_MILLISECONDS = 24 * 3600 * 1000
# A name in braces keeps all of them on one node, as a script needs it.
PREFIX = "{zichkoding limits} "
# The clock is Redis's: those of the functions differ.
SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local burst, per_second, credit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local least = burst
for _, key in ipairs(KEYS) do
  local known = redis.call('HMGET', key, 'tokens', 'at')
  local left = burst
  if known[1] then
    left = math.min(burst, tonumber(known[1]) + per_second * math.max(now - tonumber(known[2]), 0))
  end
  left = math.max(left - 1, -credit - 1)
  redis.call('HSET', key, 'tokens', string.format('%.17g', left), 'at', string.format('%.6f', now))
  redis.call('PEXPIRE', key, ARGV[4])
  least = math.min(least, left)
end
return string.format('%.17g', least)
"""


class RedisError(Exception):
    """Redis refused, or said what we do not understand."""


class RedisLimits:
    """Takes tokens over one connection that lives as long as the process."""

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._connection: _Connection | None = None
        self._not_before = 0.0
        self._lock = threading.Lock()

    def charge(self, buckets: Iterable[str], limit: Limit) -> Charge:
        """Take one token from each bucket; or none, and leave it to the database, where Redis is away."""
        names = tuple(buckets)
        with self._lock:
            if time.monotonic() < self._not_before:
                return Charge(names)
            try:
                return Charge(names, self._take(names, limit))
            except (OSError, ValueError, RedisError) as error:
                self._forget()
                self._not_before = time.monotonic() + PAUSE_SECONDS
                tell("redis_away", error=type(error).__name__)
                return Charge(names)

    def close(self) -> None:
        """End the connection."""
        with self._lock:
            self._forget()

    def _take(self, names: tuple[str, ...], limit: Limit) -> float:
        numbers = (limit.burst, limit.per_second, limit.credit, KEPT_MILLISECONDS)
        words = ("EVAL", SCRIPT, str(len(names)), *(PREFIX + name for name in sorted(names)), *map(repr, numbers))
        if self._connection is not None:
            try:
                return float(self._connection.ask(*words))
            except TimeoutError:
                # It was sent, and may be done: once more would take twice, and wait twice.
                raise
            except OSError:
                # Closed while nobody asked, as a function's connection is that slept for long.
                self._forget()
        self._connection = _Connection(self._address)
        return float(self._connection.ask(*words))

    def _forget(self) -> None:
        broken, self._connection = self._connection, None
        if broken is not None:
            broken.close()


class _Connection:
    """Commands and their answers, one after the other."""

    def __init__(self, address: RedisAddress) -> None:
        self._socket = _open(address)
        self._answers: BinaryIO = self._socket.makefile("rb")
        try:
            password = address.make_token() if address.make_token else address.password
            if password:
                self.ask("AUTH", *([address.user] if address.user else []), password)
            if address.database:
                self.ask("SELECT", str(address.database))
        except BaseException:
            self.close()
            raise

    def ask(self, *words: str) -> str:
        """Send a command, each word with its length before it, and return the answer as a text."""
        written = [word.encode() for word in words]
        pieces = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in written)
        self._socket.sendall(b"*%d\r\n%s" % (len(written), pieces))
        line = self._answers.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionResetError
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"$" and rest.isdecimal():
            return self._answers.read(int(rest) + 2)[:-2].decode()
        if kind in {b"+", b":"}:
            return rest
        # The words of a refusal may repeat what was sent.
        raise RedisError

    def close(self) -> None:
        """Hang up."""
        self._answers.close()
        self._socket.close()


def _open(address: RedisAddress) -> socket.socket:
    plain = socket.create_connection((address.host, address.port), timeout=ANSWER_SECONDS)
    plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if not address.encrypted:
        return plain
    import ssl  # noqa: PLC0415 - only where it is asked for

    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=address.host)
    except BaseException:
        plain.close()
        raise
