"""The newsletter goes to who asked for it and confirmed it, and nobody learns who that is."""

from __future__ import annotations

import email
import json
import re
import uuid
from email import policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest
from chalicelib.outbox.channels import Channels, MaildirMailer
from chalicelib.outbox.worker import deliver_due
from chalicelib.replies import Reply
from chalicelib.requests import FORM, JSON, Request
from chalicelib.routes import answer
from chalicelib.services import Services
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import SITE, AwayDatabase, make_services

ADDRESS = "ada@example.org"


def ask(services: Services, address: str = ADDRESS, kind: str = FORM, **fields: str) -> Reply:
    """Ask for the newsletter."""
    given = {"email": address, **fields}
    body = (urlencode(given) if kind == FORM else json.dumps(given)).encode()
    return answer(Request("POST", "/api/newsletter", {}, {"content-type": kind}, body), services)


def mails(services: Services) -> list[EmailMessage]:
    """Deliver what is waiting, and return every mail so far."""
    folder = Path(services.settings.mail_folder)
    deliver_due(services, Channels(MaildirMailer(folder), None, None))
    found = sorted(folder.glob("new/*"), key=lambda path: path.stat().st_mtime_ns)
    return [email.message_from_bytes(path.read_bytes(), policy=policy.default) for path in found]


def follow(services: Services, mail: EmailMessage, method: str = "POST", body: bytes = b"") -> Reply:
    """Open the link of a mail, or press the button on its page."""
    found = re.search(rf"{SITE}(/api/\S+)", str(mail.get_content()))
    assert found is not None
    parts = urlsplit(found[1])
    token = parts.query.removeprefix("token=")
    return answer(Request(method, parts.path, {"token": token}, {}, body), services)


def states(services: Services) -> list[str]:
    """Return the states of the subscriptions."""
    return [state for (state,) in services.database.ask("SELECT state FROM newsletter_subscriptions")]


@pytest.mark.integration
def test_a_subscription_is_confirmed_by_a_button_and_not_by_opening_the_link(services: Services) -> None:
    """Programs that look through mail open every link."""
    asked = ask(services)
    (mail,) = mails(services)
    shown = follow(services, mail, "GET")
    before = states(services)
    pressed = follow(services, mail)

    assert (asked.status, asked.headers["Location"]) == (303, "/newsletter/check-your-mail/")
    assert (shown.status, before, "<button>Confirm</button>" in shown.body) == (200, ["asked"], True)
    assert (pressed.status, pressed.headers["Location"], states(services)) == (
        303,
        "/newsletter/welcome/",
        ["confirmed"],
    )


@pytest.mark.integration
def test_the_answer_is_the_same_for_an_address_that_is_known(services: Services) -> None:
    """The letter box is told what its owner may know."""
    first = ask(services, kind=JSON)
    (mail,) = mails(services)
    follow(services, mail)
    services.database.ask("UPDATE newsletter_subscriptions SET mailed_at = now() - interval '1 hour'")
    again = ask(services, "ADA@example.org", JSON)

    assert (first.status, first.body) == (again.status, again.body) == (202, '{"status": "check your mail"}')
    assert [mail["Subject"] for mail in mails(services)] == [
        "Please confirm your subscription",
        "You have the newsletter already",
    ]
    assert len(states(services)) == 1


@pytest.mark.integration
def test_nobodys_letter_box_is_filled_by_others(services: Services) -> None:
    """One mail in ten minutes, however often somebody asks."""
    for _ in range(4):
        assert ask(services).status == 303

    assert len(mails(services)) == 1


@pytest.mark.integration
def test_whoever_asks_for_many_addresses_is_told_to_wait(services: Services) -> None:
    """The limit is on who asks, and says nothing of the addresses."""
    statuses = [ask(services, f"{number}@example.org", JSON).status for number in range(6)]

    assert statuses == [202] * 5 + [429]
    assert len(states(services)) == 5


@pytest.mark.integration
def test_a_filled_trap_is_thanked_and_ignored(services: Services) -> None:
    """There is nothing of a person's to lose here."""
    assert ask(services, website="x").status == 303
    assert states(services) == []


def test_what_is_no_address_comes_back_with_what_was_written() -> None:
    """As a page for a form, as JSON for JSON."""
    services = make_services(AwayDatabase())
    form, script = ask(services, '"><b>'), ask(services, "ada", JSON)

    assert (form.status, "<b>" in form.body, "&quot;&gt;&lt;b&gt;" in form.body) == (422, False, True)
    assert set(json.loads(script.body)["error"]["fields"]) == {"email"}


@pytest.mark.integration
def test_a_subscription_is_ended_by_one_click(services: Services) -> None:
    """Deleted, not marked; and ending it again is no error."""
    ask(services)
    subscription = services.database.ask("SELECT id FROM newsletter_subscriptions")[0][0]
    token = services.signer.sign("newsletter end", str(subscription))
    path = "/api/newsletter/unsubscribe"
    shown = answer(Request("GET", path, {"token": token}), services)
    before = states(services)
    program = answer(Request("POST", path, {"token": token}, {}, b"List-Unsubscribe=One-Click"), services)
    person = answer(Request("POST", path, {"token": token}), services)

    assert (shown.status, before) == (200, ["asked"])
    assert (program.status, states(services)) == (200, [])
    assert (person.status, person.headers["Location"]) == (303, "/newsletter/goodbye/")


@pytest.mark.integration
def test_who_has_ended_it_gets_nothing_that_was_still_waiting(services: Services) -> None:
    """The jobs go with the subscription."""
    ask(services)
    services.database.ask("DELETE FROM newsletter_subscriptions")

    assert mails(services) == []


@pytest.mark.integration
def test_a_link_is_good_for_a_week(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """And says so afterwards."""
    ask(services)
    (mail,) = mails(services)
    monkeypatch.setattr("chalicelib.newsletter.subscribing.time.time", lambda: 1e11)

    assert follow(services, mail).status == 410


@pytest.mark.integration
def test_a_link_to_what_was_forgotten_says_so(services: Services) -> None:
    """With the way to ask again."""
    ask(services)
    (mail,) = mails(services)
    services.database.ask("DELETE FROM newsletter_subscriptions")

    assert follow(services, mail).status == 410


@given(st.text())
@pytest.mark.parametrize("path", ["confirm", "unsubscribe", "send"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_token_that_we_did_not_make_is_refused(path: str, method: str, token: str) -> None:
    """On every page of this kind."""
    request = Request(method, f"/api/newsletter/{path}", {"token": token})

    assert answer(request, make_services(AwayDatabase())).status == 404


def test_a_token_for_one_link_opens_no_other() -> None:
    """A reader cannot send the newsletter."""
    services = make_services(AwayDatabase())
    token = services.signer.sign("newsletter end", str(uuid.uuid4()))

    assert answer(Request("POST", "/api/newsletter/send", {"token": token}), services).status == 404
