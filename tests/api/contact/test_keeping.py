"""A message is durable before it is acknowledged, and it is one message wherever it went in between."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from chalicelib.contact import keeping
from chalicelib.contact.keeping import (
    Kept,
    Submission,
    UnreadableSubmissionError,
    drain,
    keep_durably,
    read_submission,
    write_submission,
)
from chalicelib.contact.message import ContactMessage
from chalicelib.contact.spam import Evidence
from chalicelib.contact.telling import make_jobs
from chalicelib.database import Row
from chalicelib.errors import DatabaseUnavailableError, NotKeptError, TooManyError
from chalicelib.limits import Charge
from chalicelib.postgres import PostgresDatabase
from chalicelib.queue import DirectoryQueue, NoQueue
from chalicelib.signing import Signer
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import AwayDatabase, as_api

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
WAYS = ("mail", "webhook")
SIGNER = Signer((b"a secret that is long enough to be one",))


def submission(text: str = "Hello", key: str = "", *, points: int = 0) -> Submission:
    """Return a submission to keep; each comes from a sender of its own."""
    message = ContactMessage(key or str(uuid.uuid4()), "Ada", "ada@example.org", "", text)
    return Submission(message, Evidence(points, ("why",) if points else ()), False, Charge((uuid.uuid4().hex,)), NOW)


def rows(database: str, query: LiteralString) -> list[Row]:
    """Return what a query finds."""
    with psycopg.connect(database) as connection:
        return connection.execute(query).fetchall()


class LosesAnswers:
    """A database whose answers are lost on the way: what it was asked, it has done."""

    def __init__(self, real: PostgresDatabase) -> None:
        self._real = real

    def ask(self, statement: LiteralString, values: Mapping[str, object] | None = None) -> list[Row]:
        """Do it, and fail."""
        self._real.ask(statement, values)
        raise DatabaseUnavailableError

    def call(self, statement: LiteralString, *values: str | None) -> str:
        """Do it, and fail."""
        self._real.call(statement, *values)
        raise DatabaseUnavailableError

    def close(self) -> None:
        """There is nothing to close."""


@pytest.mark.integration
def test_a_message_is_kept_as_it_was_sent(postgres: PostgresDatabase, database: str) -> None:
    """Every field, with every letter, and when it came."""
    sent = submission()._replace(
        message=ContactMessage(str(uuid.uuid4()), "Žofie 🦊", "a@b.example", "Re: x", "one\n\ttwo")
    )
    kept = keep_durably(sent, postgres, NoQueue())

    assert kept == Kept(sent.message.key, is_new=True)
    columns = "SELECT idempotency_key, name, email, subject, message, received_at, label FROM contact_messages"
    assert rows(database, columns) == [(uuid.UUID(sent.message.key), *sent.message[1:], NOW, "ham")]


@pytest.mark.integration
def test_what_did_not_wait_came_now(postgres: PostgresDatabase, database: str) -> None:
    """By the database's own clock, which is one for all."""
    keep_durably(submission()._replace(received=None), postgres, NoQueue())

    assert rows(database, "SELECT now() - received_at < interval '1 minute' FROM contact_messages") == [(True,)]


def test_what_waits_says_when_it_came(tmp_path: Path) -> None:
    """It may wait for days."""
    queue, before = DirectoryQueue(tmp_path), datetime.now(UTC)
    keep_durably(submission()._replace(received=None), AwayDatabase(), queue)
    (taken,) = queue.take(10)

    received = read_submission(taken.text).received
    assert received is not None
    assert before <= received <= datetime.now(UTC)


@pytest.mark.integration
def test_of_many_at_once_with_one_key_one_is_new(database: str) -> None:
    """Neither double clicks nor functions that run side by side race."""
    sent = submission()
    doors = [PostgresDatabase(as_api(database)) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        kept = list(pool.map(lambda number: keep_durably(sent, doors[number % 6], NoQueue()), range(24)))
    jobs = make_jobs(doors[0], WAYS)
    for door in doors:
        door.close()

    assert {one.id for one in kept} == {sent.message.key}
    assert [one.is_new for one in kept].count(True) == 1
    assert jobs == 2


def test_while_the_database_is_away_the_message_waits_in_the_queue(tmp_path: Path) -> None:
    """It is durable there too, and has the id that it will have."""
    queue = DirectoryQueue(tmp_path)
    sent = submission()

    assert keep_durably(sent, AwayDatabase(), queue) == Kept(sent.message.key, is_new=True, waits=True)
    assert [read_submission(taken.text) for taken in queue.take(10)] == [sent]


def test_while_the_database_is_away_nothing_is_taken_from_the_queue(tmp_path: Path) -> None:
    """SQS counts how often a message was taken, and an outage is no reason to set it aside."""
    queue = DirectoryQueue(tmp_path)
    keep_durably(submission(), AwayDatabase(), queue)
    with pytest.raises(DatabaseUnavailableError):
        drain(queue, AwayDatabase(), SIGNER)

    assert len(queue.take(10)) == 1


def test_where_neither_takes_it_nothing_is_acknowledged() -> None:
    """An honest error."""
    with pytest.raises(NotKeptError):
        keep_durably(submission(), AwayDatabase(), NoQueue())


@pytest.mark.integration
def test_what_waited_is_drained_once_with_the_time_it_came(
    postgres: PostgresDatabase, database: str, tmp_path: Path
) -> None:
    """And the owner is told of it as of any other."""
    queue = DirectoryQueue(tmp_path)
    keep_durably(submission(), AwayDatabase(), queue)

    assert [drain(queue, postgres, SIGNER), drain(queue, postgres, SIGNER)] == [1, 0]
    assert make_jobs(postgres, WAYS) == 2
    assert rows(database, "SELECT received_at FROM contact_messages") == [(NOW,)]
    assert rows(database, "SELECT count(*) FROM outbox") == [(2,)]


@pytest.mark.integration
def test_an_answer_that_was_lost_makes_no_second_message(
    postgres: PostgresDatabase, database: str, tmp_path: Path
) -> None:
    """The database has it and the queue too; the key says that they are the same."""
    queue = DirectoryQueue(tmp_path)
    keep_durably(submission(), LosesAnswers(postgres), queue)

    assert drain(queue, postgres, SIGNER) == 0
    assert queue.take(10) == []
    assert rows(database, "SELECT count(*) FROM contact_messages") == [(1,)]


@pytest.mark.integration
def test_a_worker_that_dies_between_keeping_and_removing_makes_no_second_message(
    postgres: PostgresDatabase, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text comes back, and its key finds the message."""
    monkeypatch.setattr("chalicelib.queue.LEASE_SECONDS", -1)
    queue = DirectoryQueue(tmp_path)
    keep_durably(submission(), AwayDatabase(), queue)
    with monkeypatch.context() as dying:
        dying.setattr(DirectoryQueue, "remove", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            drain(queue, postgres, SIGNER)

    assert drain(queue, postgres, SIGNER) == 0
    assert rows(database, "SELECT count(*) FROM contact_messages") == [(1,)]


@pytest.mark.integration
def test_a_text_that_nobody_can_read_stays_and_holds_up_no_other(
    postgres: PostgresDatabase, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody is to look at it."""
    queue = DirectoryQueue(tmp_path)
    refused = submission("x" * 5001)
    for text in ("{", write_submission(refused), write_submission(submission())):
        queue.put(text)

    assert drain(queue, postgres, SIGNER) == 1
    assert rows(database, "SELECT message FROM contact_messages") == [("Hello",)]
    monkeypatch.setattr("time.time", lambda: 1e10)
    assert len(queue.take(10)) == 2


def test_a_drain_that_finds_the_database_away_removes_nothing(tmp_path: Path) -> None:
    """The next one goes on."""
    queue = DirectoryQueue(tmp_path)
    queue.put(write_submission(submission()))
    with pytest.raises(DatabaseUnavailableError):
        drain(queue, AwayDatabase(), SIGNER)

    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.integration
def test_an_erased_message_does_not_come_back(postgres: PostgresDatabase, database: str) -> None:
    """Neither by a retry nor by a late copy from the queue."""
    sent = submission()
    postgres.ask("INSERT INTO contact_tombstones VALUES (%(key)s)", {"key": sent.message.key})

    assert keep_durably(sent, postgres, NoQueue()).is_new is False
    assert rows(database, "SELECT count(*) FROM contact_messages") == [(0,)]


@pytest.mark.integration
def test_a_sender_in_a_hurry_is_labelled_and_at_the_end_of_the_credit_told_to_wait(
    postgres: PostgresDatabase, database: str
) -> None:
    """First a label, then an honest refusal; what was kept once may be sent again at any time."""
    sent = [submission(f"Text {number}")._replace(charge=Charge(("somebody",))) for number in range(31)]
    for one in sent[:30]:
        keep_durably(one, postgres, NoQueue())

    with pytest.raises(TooManyError):
        keep_durably(sent[30], postgres, NoQueue())
    assert keep_durably(sent[0], postgres, NoQueue()).is_new is False
    assert rows(database, "SELECT label, count(*) FROM contact_messages GROUP BY 1 ORDER BY 1") == [
        ("ham", 5),
        ("spam", 25),
    ]


@pytest.mark.integration
def test_a_bucket_fills_again_with_time(postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """And holds no more than it can."""
    monkeypatch.setattr(keeping, "LIMIT", keeping.LIMIT._replace(credit=0.0))
    sent = [submission(f"Text {number}")._replace(charge=Charge(("somebody",))) for number in range(7)]
    for one in sent[:5]:
        keep_durably(one, postgres, NoQueue())
    with pytest.raises(TooManyError):
        keep_durably(sent[5], postgres, NoQueue())
    postgres.ask("UPDATE rate_buckets SET counted_at = counted_at - interval '25 minutes'")
    keep_durably(sent[6], postgres, NoQueue())

    assert 0 <= postgres.ask("SELECT tokens FROM rate_buckets")[0][0] < 1


@pytest.mark.integration
def test_a_message_from_the_queue_is_refused_by_no_limit(postgres: PostgresDatabase, tmp_path: Path) -> None:
    """It was acknowledged."""
    queue = DirectoryQueue(tmp_path)
    for number in range(40):
        queue.put(write_submission(submission(f"Text {number}")._replace(charge=Charge(("somebody",)))))

    assert drain(queue, postgres, SIGNER) == 40


@pytest.mark.integration
@pytest.mark.parametrize(("points", "label"), [(0, "ham"), (4, "ham"), (5, "spam"), (9, "spam")])
def test_points_make_the_label(postgres: PostgresDatabase, database: str, points: int, label: str) -> None:
    """With the reasons beside it; nothing is left out of the table."""
    keep_durably(submission(points=points), postgres, NoQueue())

    assert rows(database, "SELECT label, points, label_reason FROM contact_messages") == [
        (label, points, "why" if points else "")
    ]


TEXTS = st.text(st.characters(codec="utf-8"))


TOKENS = st.none() | st.floats(-1e9, 1e9)


@given(TEXTS, TEXTS, st.integers(), st.lists(TEXTS), TOKENS, st.datetimes(timezones=st.just(UTC)))
def test_what_goes_through_the_queue_is_what_comes_out(
    name: str, text: str, points: int, reasons: list[str], tokens: float | None, received: datetime
) -> None:
    """Whatever is in it."""
    message = ContactMessage(str(uuid.uuid4()), name, "a@b.example", "", text)
    sent = Submission(message, Evidence(points, tuple(reasons)), False, Charge(tuple(reasons), tokens), received)

    assert read_submission(write_submission(sent)) == sent


@given(st.text() | st.recursive(st.none(), st.lists).map(str) | st.just('{"message": {"key": []}}'))
def test_what_is_no_submission_is_said_to_be_none(text: str) -> None:
    """Never a crash: it would hold up what is behind it."""
    with pytest.raises(UnreadableSubmissionError):
        read_submission(text)


@pytest.mark.parametrize("wrong", [5, None, ["a"], "half of a pair: \ud800"])
@pytest.mark.parametrize("where", ["name", "message"])
def test_what_no_message_of_ours_can_hold_is_no_submission(where: str, wrong: object) -> None:
    """What is put into the queue by others is set aside, and crashes nothing."""
    value = json.loads(write_submission(submission()))
    value["message"][where] = wrong

    with pytest.raises(UnreadableSubmissionError):
        read_submission(json.dumps(value))


@pytest.mark.integration
def test_what_the_database_refuses_stays_in_the_queue_and_holds_up_nobody(
    postgres: PostgresDatabase, tmp_path: Path
) -> None:
    """Somebody is to look at it; a text with a NUL would otherwise be kept without its end."""
    queue = DirectoryQueue(tmp_path)
    for text in ("with a\0in it", "Hello"):
        queue.put(write_submission(submission(text)))

    assert drain(queue, postgres, SIGNER) == 1
    assert postgres.ask("SELECT message FROM contact_messages") == [("Hello",)]
    assert len(list(tmp_path.glob("*.json"))) == 1
