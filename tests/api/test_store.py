"""One suite for every store: what the twin in memory promises, PostgreSQL keeps."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from chalicelib.errors import StoreUnavailableError
from chalicelib.memory import MemoryMessageStore
from chalicelib.postgres import PostgresMessageStore
from chalicelib.store import ContactMessage, MessageStore

from tests.api.conftest import Line


def message(text: str = "Hello", key: uuid.UUID | None = None) -> ContactMessage:
    """Return a message to keep."""
    return ContactMessage(key or uuid.uuid4(), "Ada", "ada@example.org", "", text, "ham", "")


@pytest.fixture(params=["memory", pytest.param("postgres", marks=pytest.mark.integration)])
def store(request: pytest.FixtureRequest) -> Iterator[MessageStore]:
    """Return each kind of store, empty."""
    if request.param == "memory":
        yield MemoryMessageStore()
        return
    kept = PostgresMessageStore(request.getfixturevalue("database"))
    yield kept
    kept.close()


def test_a_new_message_is_new(store: MessageStore) -> None:
    """It gets an id of its own."""
    first, second = store.keep(message()), store.keep(message())

    assert first.is_new
    assert first.id != second.id


def test_the_same_key_is_the_same_message(store: MessageStore) -> None:
    """A retry finds what the first attempt kept."""
    key = uuid.uuid4()
    first, again = store.keep(message("Hello", key)), store.keep(message("Hello again", key))

    assert (again.id, again.is_new) == (first.id, False)


def test_of_many_at_once_with_one_key_one_is_new(store: MessageStore) -> None:
    """Double clicks do not race."""
    key = uuid.uuid4()
    with ThreadPoolExecutor(8) as pool:
        kept = list(pool.map(lambda _: store.keep(message(key=key)), range(24)))

    assert len({one.id for one in kept}) == 1
    assert [one.is_new for one in kept].count(True) == 1


@pytest.mark.integration
def test_many_connections_with_one_key_keep_one_message(database: str) -> None:
    """Two functions that run at once do not race either."""
    key = uuid.uuid4()
    stores = [PostgresMessageStore(database) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        kept = list(pool.map(lambda store: store.keep(message(key=key)), stores))
    for store in stores:
        store.close()

    assert len({one.id for one in kept}) == 1
    assert [one.is_new for one in kept].count(True) == 1


@pytest.mark.integration
def test_what_was_kept_is_in_the_table_as_it_was_sent(database: str) -> None:
    """Every field, with every letter."""
    store = PostgresMessageStore(database)
    sent = ContactMessage(uuid.uuid4(), "Žofie 🦊", "a@b.example", "Re: x", "one\n\ttwo", "spam", "why")
    store.keep(sent)
    store.close()
    with psycopg.connect(database) as connection:
        columns = "idempotency_key, name, email, subject, message, label, label_reason"
        rows = connection.execute(f"SELECT {columns} FROM contact_messages").fetchall()  # noqa: S608 - the columns are named above

    assert [ContactMessage(*row) for row in rows] == [sent]


@pytest.mark.integration
def test_a_connection_that_died_in_between_costs_nothing(database_over_line: str, line: Line) -> None:
    """A function that slept while the server restarted keeps the next message all the same."""
    store = PostgresMessageStore(database_over_line)
    store.keep(message())
    line.cut()
    line.restore()

    assert store.keep(message()).is_new
    store.close()


@pytest.mark.integration
def test_a_server_that_is_away_is_said_to_be_and_found_again(database_over_line: str, line: Line) -> None:
    """No restart of the function is needed."""
    store = PostgresMessageStore(database_over_line)
    store.keep(message())
    line.cut()

    with pytest.raises(StoreUnavailableError):
        store.keep(message())
    line.restore()

    assert store.keep(message()).is_new
    store.close()
