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


def test_one_statement_is_one_round_trip(postgres: PostgresDatabase, tmp_path: Path) -> None:
    """Counted in libpq's own trace: one Sync from us, one ReadyForQuery from the server."""
    postgres.ask("SELECT 1")
    connection = postgres._connection  # noqa: SLF001 - what is counted is on its wire
    assert connection is not None
    trace = tmp_path / "trace"
    with trace.open("w") as file:
        connection.pgconn.trace(file.fileno())
        postgres.ask("SELECT %(a)s::text", {"a": "x"})
        connection.pgconn.untrace()
    lines = trace.read_text().splitlines()

    assert sum("\tSync" in line for line in lines) == 1
    assert sum("ReadyForQuery" in line for line in lines) == 1
