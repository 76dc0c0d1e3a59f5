"""PostgreSQL behind the API's doors: the one module that knows the database driver."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, LiteralString

import psycopg

from chalicelib.errors import StoreUnavailableError
from chalicelib.store import ContactMessage, Kept

CONNECT_SECONDS = 3
STATEMENT_MILLISECONDS = 5000
# One statement is one round trip and one transaction. A key that is known gives its row back unchanged: the update
# of a column with itself is what makes the row visible to RETURNING, also when another request has just written it.
KEEP: LiteralString = """
    INSERT INTO contact_messages (idempotency_key, name, email, subject, message, label, label_reason)
    VALUES (%s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT (idempotency_key) DO UPDATE SET idempotency_key = EXCLUDED.idempotency_key
    RETURNING id, xmax = 0
"""


class PostgresMessageStore:
    """Keeps messages in a table, over one connection that lives as long as the process."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._connection: psycopg.Connection[tuple[Any, ...]] | None = None
        self._lock = threading.Lock()

    def keep(self, message: ContactMessage) -> Kept:
        """Keep the message; the server answers when it is on its disk."""
        values = (message.key, message.name, message.email, message.subject, message.message)
        row = self._ask(KEEP, (*values, message.label, message.label_reason))
        return Kept(id=row[0], is_new=row[1])

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()

    def _ask(self, statement: LiteralString, values: Sequence[object]) -> tuple[Any, ...]:
        """Run the statement, once more on a new connection if the kept one turns out to be dead.

        Asking twice is safe because of the key: if the first attempt was committed and only its answer was lost, the
        second finds the row.
        """
        with self._lock:
            had_connection = self._connection is not None
            try:
                return self._ask_once(statement, values)
            except StoreUnavailableError:
                if not had_connection:
                    raise
                return self._ask_once(statement, values)

    def _ask_once(self, statement: LiteralString, values: Sequence[object]) -> tuple[Any, ...]:
        try:
            if self._connection is None:
                self._connection = _connect(self._url)
            row = self._connection.execute(statement, values).fetchone()
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._forget()
            raise StoreUnavailableError from error
        if row is None:
            raise StoreUnavailableError
        return row

    def _forget(self) -> None:
        broken, self._connection = self._connection, None
        if broken is not None:
            broken.close()


class PostgresSchema:
    """The database as the migrations see it."""

    def __init__(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        self._connection = connection

    def query(self, statement: LiteralString, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""
        cursor = self._connection.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def run_script(self, script: str) -> None:
        """Run the statements of a migration."""
        try:
            self._connection.execute(script.encode())
        except psycopg.Error as error:
            raise ScriptError(str(error)) from error

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do all of the block or none of it."""
        with self._connection.transaction():
            yield


class ScriptError(Exception):
    """A migration's statements failed, in the server's words."""


@contextmanager
def open_schema(url: str) -> Iterator[PostgresSchema]:
    """Connect for migrating."""
    try:
        connection = psycopg.connect(url, autocommit=True, connect_timeout=CONNECT_SECONDS)
    except psycopg.OperationalError as error:
        raise ScriptError(str(error)) from error
    with connection:
        yield PostgresSchema(connection)


def _connect(url: str) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(
        url,
        autocommit=True,
        connect_timeout=CONNECT_SECONDS,
        # A prepared statement pins a connection behind a proxy, and one statement gains nothing by it.
        prepare_threshold=None,
        options=f"-c statement_timeout={STATEMENT_MILLISECONDS} -c timezone=UTC",
        application_name="zichkoding-api",
    )
