"""PostgreSQL behind the API's doors: the one module that knows the database driver."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any, LiteralString, TypeVar

import psycopg
from psycopg import errors, generators, sql
from psycopg.abc import RV, PQGen
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from chalicelib.database import Row
from chalicelib.errors import DatabaseRefusedError, DatabaseUnavailableError
from chalicelib.login import Login
from chalicelib.observe import tell

# All of it together stays well below what a visitor, a gateway and the function's own limit have patience for.
CONNECT_SECONDS = 2
STATEMENT_MILLISECONDS = 3000
# The server ends a slow statement itself; one that does not answer at all is given up a little later.
ANSWER_SECONDS = 4.0
# The server's last words when somebody stops it, or it has crashed; and those of a session that does not know what we
# prepared, because something between us and it has given us another one.
SESSION_ENDS = ("57P01", "57P02", "57P03", "26000")
# What is wrong with the statement or its values, and not with the server.
REFUSALS = (psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError)
Found = TypeVar("Found")


class PostgresDatabase:
    """Runs statements over one connection that lives as long as the process."""

    def __init__(self, login: Login | str) -> None:
        self._login = Login(login) if isinstance(login, str) else login
        self._connection: _BoundedConnection | None = None
        self._lock = threading.Lock()

    def ask(self, statement: LiteralString, values: Mapping[str, object] | None = None) -> list[Row]:
        """Run the statement, once more on a new connection if the kept one turns out to be dead."""
        return self._run(lambda connection: connection.rows(statement, values))

    def call(self, statement: LiteralString, *values: str | None) -> str:
        """Call the statement, once more on a new connection if the kept one turns out to be dead."""
        return self._run(lambda connection: connection.call(statement, values))

    def close(self) -> None:
        """End the connection."""
        self._forget()

    def _run(self, work: Callable[[_BoundedConnection], Found]) -> Found:
        with self._lock:
            had_connection = self._connection is not None
            try:
                return self._run_once(work)
            except _ConnectionLostError as error:
                if not had_connection:
                    raise DatabaseUnavailableError from error
            try:
                return self._run_once(work)
            except _ConnectionLostError as error:
                raise DatabaseUnavailableError from error

    def _run_once(self, work: Callable[[_BoundedConnection], Found]) -> Found:
        try:
            if self._connection is None:
                self._connection = _connect(self._login)
            return work(self._connection)
        except psycopg.Error as error:
            tell("database_error", error=type(error).__name__, sqlstate=error.sqlstate)
            # Only a dead connection is worth a second attempt: what was slow once would be slow again.
            lost = self._connection is None or self._connection.closed or (error.sqlstate or "") in SESSION_ENDS
            self._forget()
            if lost:
                raise _ConnectionLostError from error
            if isinstance(error, REFUSALS):
                raise DatabaseRefusedError from error
            raise DatabaseUnavailableError from error

    def _forget(self) -> None:
        broken, self._connection = self._connection, None
        if broken is not None:
            broken.close()


class _ConnectionLostError(Exception):
    """There is no server at the other end, or not any more."""


class _BoundedConnection(psycopg.Connection[Row]):
    """A connection that does not wait for ever for a server that has stopped to answer."""

    def __init__(self, *given: Any) -> None:  # noqa: ANN401 - the driver's own
        super().__init__(*given)
        self._called: dict[str, bytes] = {}

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """Wait for an answer, at most as long as anybody would."""
        return super().wait(gen, interval=interval, timeout=timeout or ANSWER_SECONDS)

    def rows(self, statement: LiteralString, values: Mapping[str, object] | None) -> list[Row]:
        """Run any statement."""
        cursor = self.execute(statement, values)
        return cursor.fetchall() if cursor.description else []

    def call(self, statement: LiteralString, values: Sequence[str | None]) -> str:
        """Run a statement that gives one text.

        It is prepared when it is first called, and goes past the cursor: what that does for statements and values of
        every kind was a fifth of what a message costs here, and parsing and planning a tenth of what it costs there.
        """
        if statement not in self._called:
            # By what it is: were a session ever shared, the name could mean nothing else there.
            name = sha256(statement.encode()).hexdigest()[:32].encode()
            self.pgconn.send_prepare(name, statement.encode())
            self._answer(ExecStatus.COMMAND_OK)
            self._called[statement] = name
        self.pgconn.send_query_prepared(self._called[statement], _written(values))
        value = self._answer(ExecStatus.TUPLES_OK).get_value(0, 0)
        return (value or b"").decode()

    def _answer(self, good: ExecStatus) -> PGresult:
        result: PGresult = self.wait(generators.execute(self.pgconn))[-1]
        if result.status != good:
            raise errors.error_from_result(result)
        return result


def _written(values: Sequence[str | None]) -> list[bytes | None]:
    """Return the values as they are sent; what would not arrive as it is, is refused here as it would be there."""
    # The driver ends a text there.
    if "\0" in "".join(filter(None, values)):
        raise psycopg.DataError("a text with a NUL")
    try:
        return [None if value is None else value.encode() for value in values]
    except UnicodeEncodeError as error:
        raise psycopg.DataError("a text that is not UTF-8") from error


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

    def let_sign_in(self, role: str, password: str) -> None:
        """Give a role a password; the server, and so its log, gets a hash of it only."""
        name = role.encode()
        verifier = self._connection.pgconn.encrypt_password(password.encode(), name, b"scram-sha-256").decode()
        statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(verifier))
        try:
            self._connection.execute(statement)
        except psycopg.Error as error:
            raise ScriptError(str(error)) from error


class ScriptError(Exception):
    """A migration's statements failed, in the server's words."""


@contextmanager
def open_schema(login: Login | str) -> Iterator[PostgresSchema]:
    """Connect for migrating."""
    known = Login(login) if isinstance(login, str) else login
    try:
        connection = psycopg.connect(
            known.url, autocommit=True, connect_timeout=CONNECT_SECONDS, password=known.password()
        )
    except psycopg.OperationalError as error:
        raise ScriptError(str(error)) from error
    with connection:
        yield PostgresSchema(connection)


def _connect(login: Login) -> _BoundedConnection:
    return _BoundedConnection.connect(
        login.url,
        autocommit=True,
        password=login.password(),
        connect_timeout=CONNECT_SECONDS,
        # What is worth preparing is a function there, and prepared by its name.
        prepare_threshold=None,
        options=f"-c statement_timeout={STATEMENT_MILLISECONDS} -c timezone=UTC",
        application_name="zichkoding-api",
    )
