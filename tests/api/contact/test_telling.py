"""Messages that came in are compared with each other, and their owner is told of those that are left."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from chalicelib.contact import telling
from chalicelib.contact.keeping import Submission, keep_durably
from chalicelib.contact.spam import MOVED_BY_HAND
from chalicelib.contact.telling import make_jobs
from chalicelib.postgres import PostgresDatabase
from chalicelib.queue import NoQueue

from tests.api.contact.test_keeping import NOW, WAYS, rows, submission

pytestmark = pytest.mark.integration

LABELS = "SELECT label, points, label_reason FROM contact_messages ORDER BY received_at"
AGAIN = "the same text came before"


def copies(count: int, *, points: int = 0) -> list[Submission]:
    """Return submissions that say the same, a minute apart."""
    alike = [submission("Buy this", points=points) for _ in range(count)]
    return [one._replace(received=NOW + timedelta(minutes=number)) for number, one in enumerate(alike)]


def test_each_way_to_tell_the_owner_is_a_job_of_its_own(postgres: PostgresDatabase, database: str) -> None:
    """Made once, from the message itself; a message that comes again makes none."""
    sent = submission()
    for _ in range(2):
        keep_durably(sent, postgres, NoQueue())
        make_jobs(postgres, WAYS)

    assert rows(database, "SELECT channel, state FROM outbox ORDER BY channel") == [
        ("mail", "waiting"),
        ("webhook", "waiting"),
    ]


def test_spam_is_kept_and_told_of_by_no_job(postgres: PostgresDatabase, database: str) -> None:
    """It comes with the day's summary."""
    keep_durably(submission(points=9), postgres, NoQueue())

    assert make_jobs(postgres, WAYS) == 0
    assert rows(database, "SELECT count(*) FROM outbox") == [(0,)]


def test_the_same_text_again_and_again_is_labelled_before_anybody_is_told(
    postgres: PostgresDatabase, database: str
) -> None:
    """From whomever it comes; three copies are enough to know, and all that are counted."""
    for one in copies(6):
        keep_durably(one, postgres, NoQueue())

    assert make_jobs(postgres, ("mail",)) == 3
    assert rows(database, LABELS) == [
        ("ham", 0, ""),
        ("ham", 2, AGAIN),
        ("ham", 4, AGAIN),
        ("spam", 6, AGAIN),
        ("spam", 6, AGAIN),
        ("spam", 6, AGAIN),
    ]


def test_copies_are_found_whoever_compared_the_others(postgres: PostgresDatabase, database: str) -> None:
    """A message is compared once, and with those of earlier turns."""
    for one in copies(3, points=1):
        keep_durably(one, postgres, NoQueue())
        make_jobs(postgres, WAYS)

    assert rows(database, LABELS) == [("ham", 1, "why"), ("ham", 3, f"why; {AGAIN}"), ("spam", 5, f"why; {AGAIN}")]


def test_an_old_text_is_nobodys_copy(postgres: PostgresDatabase, database: str) -> None:
    """Who writes the same each month is a person; and what waited in the queue is as old as it says."""
    first, second = copies(2)
    keep_durably(second, postgres, NoQueue())
    keep_durably(first._replace(received=NOW - timedelta(days=8)), postgres, NoQueue())
    make_jobs(postgres, WAYS)

    assert rows(database, LABELS) == [("ham", 0, ""), ("ham", 0, "")]


def test_our_own_messages_are_compared_with_none(postgres: PostgresDatabase, database: str) -> None:
    """They say the same each hour, and each is delivered."""
    for one in copies(4):
        keep_durably(one._replace(is_canary=True), postgres, NoQueue())

    assert make_jobs(postgres, WAYS) == 4
    assert rows(database, "SELECT DISTINCT label, points FROM contact_messages") == [("canary", 0)]


def test_what_a_person_moved_stays_where_it_is(postgres: PostgresDatabase, database: str) -> None:
    """However often the text came."""
    for one in copies(4):
        keep_durably(one, postgres, NoQueue())
    postgres.ask("UPDATE contact_messages SET label_reason = %(moved)s", {"moved": MOVED_BY_HAND})
    make_jobs(postgres, WAYS)

    assert {row[::2] for row in rows(database, LABELS)} == {("ham", MOVED_BY_HAND)}


def test_many_messages_are_told_of_in_one_turn(postgres: PostgresDatabase, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the first of them are spam, of which nobody is told."""
    monkeypatch.setattr(telling, "MOST_TOLD", 2)
    sent = [*(submission(f"Buy {number}", points=9) for number in range(3)), submission("Hello")]
    for one in sent:
        keep_durably(one._replace(received=datetime.now(UTC)), postgres, NoQueue())

    assert make_jobs(postgres, ("mail",)) == 1
    assert postgres.ask("SELECT count(*) FROM contact_messages WHERE untold") == [(0,)]
