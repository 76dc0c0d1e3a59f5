"""What speaks for spam is counted and named; none of it alone hides what a person wrote."""

from __future__ import annotations

import time
import uuid

import pytest
from chalicelib.contact.message import ContactMessage
from chalicelib.contact.spam import SPAM_AT, is_canary, issue_token, judge
from chalicelib.signing import Signer
from hypothesis import given
from hypothesis import strategies as st

SIGNER = Signer((b"a secret of ours",))
HOUR = 3600


def message(text: str = "Hello") -> ContactMessage:
    """Return a message."""
    return ContactMessage(str(uuid.uuid4()), "Ada", "ada@example.org", "", text)


def after(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let time pass."""
    then = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: then)


def test_a_message_of_a_person_with_scripts_has_nothing_against_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The form was touched a while ago, and the token is this message's."""
    one = message()
    token = issue_token(SIGNER, one.key)
    after(monkeypatch, 60)

    assert judge(one, {"token": token}, SIGNER).points == 0


def test_a_message_of_a_person_without_scripts_is_not_labelled() -> None:
    """Not even with a link or two."""
    assert judge(message("See https://a.example and www.b.example"), {}, SIGNER).points < SPAM_AT


def test_a_text_with_many_links_needs_one_thing_more() -> None:
    """The missing token, for instance."""
    text = "https://a.example " * 5

    assert judge(message(text), {}, SIGNER).points >= SPAM_AT


@pytest.mark.parametrize(("later", "points"), [(0, 4), (2, 4), (4, 0), (HOUR, 0), (47 * HOUR, 0), (49 * HOUR, 1)])
def test_how_long_the_writing_took_counts(monkeypatch: pytest.MonkeyPatch, later: int, points: int) -> None:
    """Nobody writes in two seconds; a tab may stay open overnight."""
    one = message()
    token = issue_token(SIGNER, one.key)
    after(monkeypatch, later)

    assert judge(one, {"token": token}, SIGNER).points == points


def test_the_token_of_another_message_is_none() -> None:
    """One token is good for one message."""
    assert judge(message(), {"token": issue_token(SIGNER, str(uuid.uuid4()))}, SIGNER).points == 3


def test_the_field_that_people_do_not_see_decides_alone() -> None:
    """And says why."""
    evidence = judge(message(), {"website": "https://spam.example"}, SIGNER)

    assert evidence.points >= SPAM_AT
    assert "the hidden field was filled in" in evidence.reasons


@given(st.text())
def test_any_token_is_judged(token: str) -> None:
    """None crashes, and none that we did not make is taken for ours."""
    one = message()

    assert judge(one, {"token": token}, SIGNER).points in {1, 3}
    assert not is_canary(one, {"token": token}, SIGNER)


def test_only_we_can_make_a_canary() -> None:
    """Its token is for its key."""
    one = message()

    assert is_canary(one, {"token": SIGNER.sign("canary", str(one.key))}, SIGNER)
    assert not is_canary(message(), {"token": SIGNER.sign("canary", str(one.key))}, SIGNER)
    assert not is_canary(one, {"token": SIGNER.sign("contact", str(one.key))}, SIGNER)
