"""What is a member's own is seen, changed, taken along and truly deleted by that member."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

import psycopg
import pytest
from chalicelib.aws import SqsQueue
from chalicelib.contact.keeping import (
    NO_LIMIT,
    Submission,
    drain,
    keep_durably,
    keep_in_database,
    person_name,
    write_submission,
)
from chalicelib.contact.message import ContactMessage
from chalicelib.contact.spam import Evidence
from chalicelib.contact.telling import make_jobs
from chalicelib.database import Database, Row
from chalicelib.limits import Charge
from chalicelib.privacy.person import erase
from chalicelib.queue import NoQueue
from chalicelib.requests import FORM
from chalicelib.services import Services

from tests.api.conftest import as_api, make_services
from tests.api.members import Browser, sign_in

pytestmark = pytest.mark.integration


def write(services: Services, text: str = "Hello", email: str = "ada@example.org", points: int = 0) -> Submission:
    """Have somebody send a message."""
    message = ContactMessage(str(uuid.uuid4()), "Ada", email, "A subject", text)
    sent = Submission(message, Evidence(points, ()), False, Charge((uuid.uuid4().hex,)), datetime.now(UTC))
    keep_durably(sent, services.database, NoQueue())
    make_jobs(services.database, ("mail",))
    return sent


def test_a_member_sees_who_they_are(services: Services) -> None:
    """As JSON for a script."""
    me = sign_in(services).json("GET", "/api/me")

    assert (me["email"], me["name"], me["role"], me["newsletter"]) == ("ada@example.org", "Ada", "member", False)
    assert datetime.fromisoformat(me["since"]).tzinfo is not None
    assert uuid.UUID(me["id"])


def test_without_scripts_the_account_is_a_page_with_plain_forms(services: Services) -> None:
    """All that a script can do there."""
    browser = sign_in(services)
    words = browser.ask("GET", "/api/me", accept="text/html").body
    saved = browser.ask("POST", "/api/me", {"name": "<b>Ada", "newsletter": "on"}, FORM)
    after = browser.ask("GET", "/api/me", accept="text/html").body

    for action in ("/api/me", "/api/me/delete", "/api/session/end"):
        assert f'action="{action}"' in words
    assert (saved.status, saved.headers["Location"]) == (303, "/account/")
    assert "&lt;b&gt;Ada" in after
    assert 'value="on" checked' in after


def test_name_and_newsletter_are_changed_each_by_itself(services: Services) -> None:
    """What is not named stays; an address that is proved needs no second mail."""
    browser = sign_in(services)
    first = browser.json("PATCH", "/api/me", {"newsletter": True})
    second = browser.json("PATCH", "/api/me", {"name": " Ada L. "})
    third = browser.json("PATCH", "/api/me", {"newsletter": False})

    assert [(one["name"], one["newsletter"]) for one in (first, second, third)] == [
        ("Ada", True),
        ("Ada L.", True),
        ("Ada L.", False),
    ]
    assert services.database.ask("SELECT count(*) FROM newsletter_subscriptions") == [(0,)]


@pytest.mark.parametrize("body", [{"name": 1}, {"newsletter": "yes"}, {"name": "x" * 101}, {"name": "a\nb"}])
def test_what_cannot_be_a_name_or_a_choice_is_refused(services: Services, body: dict[str, object]) -> None:
    """With the field that is wrong."""
    reply = sign_in(services).json("PATCH", "/api/me", body)

    assert list(reply["error"]["fields"]) == list(body)


def test_own_messages_are_listed_with_their_state_and_no_label(services: Services) -> None:
    """Whoever wrote is not told what a filter thought of it."""
    write(services, "One", points=9)
    write(services, "Two", "ADA@example.org")
    write(services, "Of somebody else", "eve@example.org")
    services.database.ask("UPDATE contact_messages SET done_at = now() WHERE message = 'One'")
    messages = sign_in(services).json("GET", "/api/me/messages")["messages"]

    assert [(one["subject"], one["state"]) for one in messages] == [("A subject", "received"), ("A subject", "done")]


def test_everything_held_is_taken_along(services: Services, owner: Database) -> None:
    """As JSON to keep, as a page to read; and both leave a line in the audit."""
    write(services, "Words <b>")
    browser = sign_in(services)
    browser.ask("PUT", "/api/me/saved", {"path": "/posts/x/", "title": "X"})
    browser.ask("PATCH", "/api/me", {"newsletter": True})
    kept = browser.ask("GET", "/api/me/export")
    held = json.loads(kept.body)
    page = browser.ask("GET", "/api/me/export", accept="text/html").body

    assert str(kept.headers["Content-Disposition"]).startswith("attachment")
    assert held["account"]["email"] == "ada@example.org"
    assert [one["message"] for one in held["messages"]] == ["Words <b>"]
    assert (held["newsletter"]["state"], held["saved"][0]["path"], len(held["sessions"])) == (
        "confirmed",
        "/posts/x/",
        1,
    )
    assert "Words &lt;b&gt;" in page
    assert owner.ask("SELECT actor, action FROM audit") == [("member", "export")] * 2


def waiting(email: str = "ada@example.org") -> Submission:
    """Return a message that came while the database was away."""
    message = ContactMessage(str(uuid.uuid4()), "Ada", email, "", "In the queue")
    return Submission(message, Evidence(0, ()), False, Charge(()), datetime.now(UTC))


def everything(owner: Database) -> str:
    """Return all that is in the database, as one text."""
    tables = owner.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    query = "SELECT coalesce(string_agg(one::text, ' '), '') FROM {} AS one"
    return " ".join(str(owner.ask(query.format(name))) for (name,) in tables)


def test_deleting_leaves_nothing_of_the_address_anywhere(services: Services, owner: Database) -> None:
    """Looked for in every table, and in the queue; the receipt says what there was."""
    sent = write(services)
    write(services, email="eve@example.org")
    services.queue.put(write_submission(waiting()))
    browser = sign_in(services)
    copy = Browser(services, dict(browser.cookies))
    browser.ask("PUT", "/api/me/saved", {"path": "/posts/x/", "title": "X"})
    browser.ask("PATCH", "/api/me", {"newsletter": True})
    Browser(services).ask("POST", "/api/session/mail", {"email": "ADA@example.org"})
    receipt = browser.json("DELETE", "/api/me")

    assert receipt["deleted"] == {
        "accounts": 1, "messages": 2, "newsletter_subscriptions": 1, "saved_posts": 1, "sessions": 1,
    }  # fmt: skip
    left = everything(owner).lower()
    assert "ada@example.org" not in left
    assert "eve@example.org" in left
    assert receipt["receipt"] in left
    assert (browser.cookies, copy.ask("GET", "/api/me").status) == ({}, 401)

    keep_durably(sent, services.database, NoQueue())
    assert "ada@example.org" not in everything(owner).lower()


def test_what_a_worker_has_in_hand_while_somebody_is_erased_is_not_written_down(
    services: Services, owner: Database
) -> None:
    """It left the queue before, so nobody else can find it there; what comes after the erasure is new."""
    for sender in ("ada@example.org", "eve@example.org"):
        services.queue.put(write_submission(waiting(sender)))
    in_hand = services.queue.take(10)
    erase(services, "Ada@example.org", actor="admin")
    for queued in in_hand:
        services.queue.put(queued.text)
        services.queue.remove(queued.receipt)
    services.queue.put(write_submission(waiting()))

    assert drain(services.queue, services.database, services.signer) == 2
    assert services.queue.take(10) == []
    assert owner.ask("SELECT email, count(*) FROM contact_messages GROUP BY 1 ORDER BY 1") == [
        ("ada@example.org", 1),
        ("eve@example.org", 1),
    ]


def test_who_is_erased_waits_for_what_is_being_written_of_them(
    services: Services, owner: Database, database: str
) -> None:
    """And then it is found, and goes as well."""
    person = person_name(services.signer, "ada@example.org")
    with ThreadPoolExecutor(1) as pool:
        with psycopg.connect(as_api(database)) as worker:
            keep_in_database(waiting(), InTransaction(worker), NO_LIMIT, person)
            erasing = pool.submit(erase, services, "ada@example.org", actor="admin")
            wait_for_lock(owner)
        receipt = erasing.result(30)

    assert receipt.counts["messages"] == 1
    assert "ada@example.org" not in everything(owner)


@dataclass
class InTransaction:
    """A worker's connection in the middle of its statement: nothing is committed yet."""

    connection: psycopg.Connection[Row]

    def ask(self, statement: LiteralString, values: Mapping[str, object] | None = None) -> list[Row]:
        """Do it, and do not commit it."""
        return self.connection.execute(statement, values).fetchall()

    def call(self, statement: LiteralString, *values: str | None) -> str:
        """Do it, and do not commit it."""
        return str(psycopg.RawCursor(self.connection).execute(statement, values).fetchall()[0][0])

    def close(self) -> None:
        """Whoever opened it closes it."""


def wait_for_lock(owner: Database) -> None:
    """Wait until somebody waits for a lock."""
    deadline = time.monotonic() + 30
    while owner.ask("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_without_scripts_deleting_needs_the_word_and_shows_the_receipt(services: Services) -> None:
    """A button alone is pressed too easily."""
    browser = sign_in(services)
    refused = browser.ask("POST", "/api/me/delete", {"confirm": "yes"}, FORM)
    deleted = browser.ask("POST", "/api/me/delete", {"confirm": " Delete "}, FORM)

    assert (refused.status, deleted.status) == (422, 200)
    assert "accounts: 1" in deleted.body
    assert browser.ask("GET", "/api/me").status == 401


def test_while_the_queue_cannot_be_asked_nothing_is_said_to_be_deleted(services: Services) -> None:
    """What waits there would come back."""
    browser = sign_in(services)
    broken = make_services(services.database, SqsQueue("http://127.0.0.1:1/queue"))

    assert Browser(broken, browser.cookies).ask("DELETE", "/api/me").status == 503
    assert services.database.ask("SELECT count(*) FROM members") == [(1,)]


def test_a_post_is_saved_once_and_forgotten(services: Services) -> None:
    """However often either is said."""
    browser = sign_in(services)
    for title in ("X", "X, revised"):
        assert browser.ask("PUT", "/api/me/saved", {"path": "/posts/x/", "title": title}).status == 200
    listed = browser.json("GET", "/api/me/saved")["saved"]
    for _ in range(2):
        assert browser.ask("DELETE", "/api/me/saved", {"path": "/posts/x/"}).status == 200

    assert [(one["path"], one["title"]) for one in listed] == [("/posts/x/", "X, revised")]
    assert browser.json("GET", "/api/me/saved") == {"saved": []}


def test_without_scripts_a_post_is_saved_and_forgotten_by_forms(services: Services) -> None:
    """One field says which."""
    browser = sign_in(services)
    saved = browser.ask("POST", "/api/me/saved", {"path": "/posts/x/", "title": "X"}, FORM)
    listed = browser.json("GET", "/api/me/saved")["saved"]
    removed = browser.ask("POST", "/api/me/saved", {"path": "/posts/x/", "remove": "1"}, FORM)

    assert (saved.status, saved.headers["Location"], len(listed)) == (303, "/posts/x/", 1)
    assert (removed.status, browser.json("GET", "/api/me/saved")) == (303, {"saved": []})


@pytest.mark.parametrize(
    "body",
    [{"path": "https://evil.example", "title": "X"}, {"path": "/x/", "title": ""}, {"path": "/x/", "title": "\0"}],
)
def test_only_posts_of_this_site_are_saved(services: Services, body: dict[str, str]) -> None:
    """With a title that can be shown."""
    assert sign_in(services).ask("PUT", "/api/me/saved", body).status == 422


def test_there_is_an_end_to_saving(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """And what is saved already can still be saved again."""
    monkeypatch.setattr("chalicelib.accounts.saved.MOST_SAVED", 1)
    browser = sign_in(services)
    statuses = [
        browser.ask("PUT", "/api/me/saved", {"path": path, "title": "X"}).status for path in ("/a/", "/b/", "/a/")
    ]

    assert statuses == [200, 403, 200]
