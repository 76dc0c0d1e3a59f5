"""The door to the database: it waits no longer than anybody would, and finds a server again that was away."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from chalicelib import postgres as module
from chalicelib.errors import DatabaseRefusedError, DatabaseUnavailableError
from chalicelib.postgres import PostgresDatabase

from tests.api.conftest import Line, as_api

pytestmark = pytest.mark.integration
UPPER = "SELECT upper($1)"


@pytest.fixture
def over_line(database_over_line: str) -> Iterator[PostgresDatabase]:
    """Return a door whose line can be cut."""
    door = PostgresDatabase(as_api(database_over_line))
    yield door
    door.close()


def test_a_connection_that_died_in_between_costs_nothing(over_line: PostgresDatabase, line: Line) -> None:
    """A function that slept while the server restarted goes on all the same."""
    over_line.ask("SELECT 1")
    line.cut()
    line.restore()

    assert over_line.ask("SELECT 2") == [(2,)]


def test_a_connection_that_the_server_ended_costs_nothing(postgres: PostgresDatabase, database: str) -> None:
    """Whoever restarts it ends every session first."""
    postgres.ask("SELECT 1")
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'zichkoding-api'"
        )

    assert postgres.ask("SELECT 2") == [(2,)]


def test_a_server_that_is_away_is_said_to_be_and_found_again(over_line: PostgresDatabase, line: Line) -> None:
    """No restart of the function is needed."""
    over_line.ask("SELECT 1")
    line.cut()

    with pytest.raises(DatabaseUnavailableError):
        over_line.ask("SELECT 1")
    line.restore()

    assert over_line.ask("SELECT 2") == [(2,)]


def test_what_is_wrong_with_a_statement_is_told_from_what_is_wrong_with_the_server(postgres: PostgresDatabase) -> None:
    """The one would be refused again, the other may pass."""
    with pytest.raises(DatabaseRefusedError):
        postgres.ask("SELECT 1/0")

    assert postgres.ask("SELECT 2") == [(2,)]


def test_a_slow_statement_is_ended(postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """The visitor has an answer before the gateway gives up."""
    monkeypatch.setattr(module, "STATEMENT_MILLISECONDS", 100)
    with pytest.raises(DatabaseUnavailableError):
        postgres.ask("SELECT pg_sleep(60)")

    assert postgres.ask("SELECT 2") == [(2,)]


def test_a_server_that_stands_still_is_given_up(postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its machine still takes what is sent, and nobody answers: only the clock can tell."""
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    process = int(postgres.ask("SELECT pg_backend_pid()")[0][0])
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(DatabaseUnavailableError):
            postgres.ask("SELECT 1")
    finally:
        os.kill(process, signal.SIGCONT)

    assert postgres.ask("SELECT 2") == [(2,)]


def test_a_statement_is_called_with_values_and_gives_a_text(postgres: PostgresDatabase) -> None:
    """Any letter goes there and comes back, the first time and later; each value is of the type that it is there."""
    assert [postgres.call(UPPER, text) for text in ("a", "'%s$1\\", "žofie 🦊\n")] == ["A", "'%S$1\\", "žOFIE 🦊\n"]
    assert postgres.call("SELECT repeat($1, $2)", "ab", "3") == "ababab"
    assert not postgres.call("SELECT repeat($1, $2)", "ab", None)


@pytest.mark.parametrize("text", ["with a\0in it", "\ud800"])
def test_what_would_not_arrive_as_it_is_is_not_sent(postgres: PostgresDatabase, text: str) -> None:
    """A text ends for the driver where a NUL is."""
    with pytest.raises(DatabaseRefusedError):
        postgres.call(UPPER, text)
    assert postgres.call(UPPER, "a") == "A"


def test_what_is_wrong_with_a_call_is_told_from_what_is_wrong_with_the_server(postgres: PostgresDatabase) -> None:
    """A statement that cannot be prepared, or refuses what it is given."""
    for statement in ("SELECT no_such_function($1)", "SELECT $1::uuid", "no SQL"):
        with pytest.raises(DatabaseRefusedError):
            postgres.call(statement, "no UUID")

    assert postgres.call(UPPER, "a") == "A"


def test_a_call_outlives_its_connection(over_line: PostgresDatabase, line: Line) -> None:
    """What was prepared there is prepared again on the next."""
    over_line.call(UPPER, "a")
    line.cut()
    line.restore()

    assert over_line.call(UPPER, "b") == "B"


def test_a_call_outlives_a_session_that_was_exchanged(postgres: PostgresDatabase) -> None:
    """As poolers do that know nothing of prepared statements."""
    postgres.call(UPPER, "a")
    postgres.ask("DEALLOCATE ALL")

    assert postgres.call(UPPER, "b") == "B"


def test_a_call_has_the_same_name_in_every_session(postgres: PostgresDatabase, database: str) -> None:
    """And another call another: a pooler that mixes sessions can never run the wrong one."""
    other, named = PostgresDatabase(as_api(database)), "SELECT statement, name FROM pg_prepared_statements ORDER BY 1"
    for door, statements in ((postgres, (UPPER, "SELECT lower($1)")), (other, ("SELECT lower($1)", UPPER))):
        for statement in statements:
            door.call(statement, "a")
    seen = postgres.ask(named), other.ask(named)
    other.close()

    assert seen[0] == seen[1]
    assert len({name for _, name in seen[0]}) == 2


def test_a_call_that_nobody_answers_is_given_up(postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """As any statement."""
    monkeypatch.setattr(module, "ANSWER_SECONDS", 0.3)
    process = int(postgres.ask("SELECT pg_backend_pid()")[0][0])
    postgres.call(UPPER, "a")
    os.kill(process, signal.SIGSTOP)
    try:
        with pytest.raises(DatabaseUnavailableError):
            postgres.call(UPPER, "a")
    finally:
        os.kill(process, signal.SIGCONT)

    assert postgres.call(UPPER, "b") == "B"


@pytest.mark.parametrize("way", ["a statement", "a call"])
def test_one_question_is_one_round_trip(postgres: PostgresDatabase, tmp_path: Path, way: str) -> None:
    """Counted in libpq's own trace: one Sync from us, one ReadyForQuery from the server."""
    postgres.call(UPPER, "a")
    connection = postgres._connection  # noqa: SLF001 - what is counted is on its wire
    assert connection is not None
    trace = tmp_path / "trace"
    with trace.open("w") as file:
        connection.pgconn.trace(file.fileno())
        if way == "a call":
            postgres.call(UPPER, "x")
        else:
            postgres.ask("SELECT %(a)s::text", {"a": "x"})
        connection.pgconn.untrace()
    lines = trace.read_text().splitlines()

    assert sum("\tSync" in line for line in lines) == 1
    assert sum("ReadyForQuery" in line for line in lines) == 1
