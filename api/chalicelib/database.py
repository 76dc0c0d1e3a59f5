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

    def call(self, function: LiteralString, *values: str | None) -> str:
        """Call a function of the database and return its text, under the promises of `ask`.

        The values are written as PostgreSQL reads them, each as the function's own type; there are always as many.
        """

    def close(self) -> None:
        """End the connection; the next statement makes another."""
