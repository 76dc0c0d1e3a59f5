"""The door to the database: one statement, its rows, and nothing of the driver."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString, Protocol

Row = tuple[Any, ...]


class Database(Protocol):
    """Runs statements, each in a transaction of its own."""

    def ask(self, statement: LiteralString, values: Mapping[str, object] | None = None) -> list[Row]:
        """Return the rows when what was changed is durable; or raise DatabaseUnavailableError.

        A statement may be sent a second time when the connection broke: it must be one that does no harm twice.
        """

    def call(self, statement: LiteralString, *values: str | None) -> str:
        """Return the one text that a statement gives, under the promises of `ask`: prepared once, and called often.

        Its values are $1 and so on, each written as PostgreSQL reads its type.
        """

    def close(self) -> None:
        """End the connection; the next statement makes another."""
