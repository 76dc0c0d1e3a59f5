"""How much one sender may: token buckets, each a name, behind one port.

PostgreSQL's buckets cost no round trip: what is to be taken goes along with the statement that it limits. Where another
store has them (`redis_limits`), they are taken before, and the statement is told what is left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol


class Limit(NamedTuple):
    """So many at once, so many a second, and so many on credit."""

    burst: float
    per_second: float
    credit: float = 0.0


class Charge(NamedTuple):
    """One token of each bucket: taken already, where it is known what is left, else to be taken by the statement."""

    buckets: tuple[str, ...]
    tokens: float | None = None

    def values(self, limit: Limit) -> Mapping[str, object]:
        """Return what `tokens_left()` is asked with; in order, so that no two wait for each other's second bucket."""
        return {**limit._asdict(), "buckets": sorted(self.buckets), "tokens": self.tokens}


class Limits(Protocol):
    """Keeps the buckets."""

    def charge(self, buckets: Iterable[str], limit: Limit) -> Charge:
        """Take one token from each bucket, or leave that to the statement; never fail over it."""

    def close(self) -> None:
        """End the connection, where there is one."""


class DatabaseLimits:
    """Leaves the buckets to the statement: they are in the same database."""

    def charge(self, buckets: Iterable[str], _limit: Limit) -> Charge:
        """Take nothing yet."""
        return Charge(tuple(buckets))

    def close(self) -> None:
        """There is nothing to close."""
