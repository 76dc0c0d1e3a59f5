"""Somebody signs in by a mailed link, is known again by a cookie that no script reads, and signs out."""

from __future__ import annotations

import re

import pytest
from chalicelib.accounts.sessions import COOKIE, hash_of
from chalicelib.database import Database
from chalicelib.requests import FORM
from chalicelib.services import Services
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import SITE, AwayDatabase, make_services
from tests.api.members import Browser, sign_in
from tests.api.newsletter.test_subscribing import mails


def link_of(services: Services, number: int = -1) -> str:
    """Deliver what is waiting and return the link in a mail."""
    found = re.search(rf"{SITE}(/api/session/link\?token=\S+)", str(mails(services)[number].get_content()))
    assert found is not None
    return found[1]


@pytest.mark.integration
def test_a_mailed_link_signs_in_by_its_button(services: Services) -> None:
    """Not by being opened; and once."""
    browser = Browser(services)
    asked = browser.ask("POST", "/api/session/mail", {"email": "ada@example.org", "next": "/posts/x/?a=b"}, FORM)
    link = link_of(services)
    shown = browser.ask("GET", link)
    nobody = browser.json("GET", "/api/session")
    pressed = browser.ask("POST", link)
    again = Browser(services).ask("POST", link)

    assert (asked.status, asked.headers["Location"]) == (303, "/account/check-your-mail/")
    assert (shown.status, nobody) == (200, {"signed_in": False, "name": "", "role": "visitor", "issuer": False})
    assert (pressed.status, pressed.headers["Location"]) == (303, "/posts/x/?a=b")
    assert browser.json("GET", "/api/session")["signed_in"] is True
    assert again.status == 410


@pytest.mark.integration
def test_the_cookie_is_out_of_reach_and_its_token_is_nowhere(services: Services) -> None:
    """HttpOnly, Secure, for this host alone; the database has its hash."""
    browser = Browser(services)
    browser.ask("POST", "/api/session/mail", {"email": "ada@example.org"})
    cookie = browser.ask("POST", link_of(services)).cookies[0]

    assert re.fullmatch(r"__Host-session=[\w-]{43}; Path=/; Max-Age=2592000; Secure; HttpOnly; SameSite=Lax", cookie)
    assert services.database.ask("SELECT token_hash FROM sessions") == [(hash_of(browser.cookies[COOKIE]),)]


@pytest.mark.integration
def test_whoever_signs_in_again_is_the_same_member(services: Services) -> None:
    """However the address is spelled."""
    for address in ("ada@example.org", "Ada@Example.org"):
        Browser(services).ask("POST", "/api/session/mail", {"email": address})
        Browser(services).ask("POST", link_of(services))

    assert services.database.ask("SELECT count(*) FROM members") == [(1,)]
    assert services.database.ask("SELECT count(*) FROM sessions") == [(2,)]


@pytest.mark.integration
@pytest.mark.parametrize(("email", "role"), [("Owner@zichkoding.example", "admin"), ("ada@example.org", "member")])
def test_the_owner_of_the_site_is_its_admin(services: Services, email: str, role: str) -> None:
    """By the address in the settings, and nobody else."""
    browser = Browser(services)
    browser.ask("POST", "/api/session/mail", {"email": email})
    browser.ask("POST", link_of(services))

    assert browser.json("GET", "/api/session")["role"] == role


@pytest.mark.integration
def test_a_link_is_good_for_fifteen_minutes(services: Services, owner: Database) -> None:
    """And what it says afterwards helps."""
    browser = Browser(services)
    browser.ask("POST", "/api/session/mail", {"email": "ada@example.org"})
    owner.ask("UPDATE sign_in_links SET expires_at = now()")

    assert "ask for another" in browser.ask("POST", link_of(services)).body


@pytest.mark.integration
def test_the_answer_is_the_same_for_everybody(services: Services) -> None:
    """Known, unknown, and one whose field for programs was filled in."""
    sign_in(services)
    known = Browser(services).ask("POST", "/api/session/mail", {"email": "ada@example.org"})
    unknown = Browser(services).ask("POST", "/api/session/mail", {"email": "eve@example.org"})
    program = Browser(services).ask("POST", "/api/session/mail", {"email": "eve@example.org", "website": "x"})

    assert known == unknown == program


@pytest.mark.integration
def test_nobodys_letter_box_is_filled_with_links(services: Services) -> None:
    """The limit is on the address too, whoever asks from wherever."""
    statuses = [
        Browser(services).ask("POST", "/api/session/mail", {"email": "ada@example.org"}).status for _ in range(6)
    ]

    assert statuses == [202] * 5 + [429]


@pytest.mark.integration
def test_a_page_of_others_signs_nobody_in(services: Services) -> None:
    """As somebody else, whose account would then be filled."""
    browser = Browser(services, site="cross-site")
    browser.ask("POST", "/api/session/mail", {"email": "ada@example.org"})

    assert browser.ask("POST", link_of(services)).status == 403


@pytest.mark.integration
def test_signing_out_ends_the_session_here_and_in_the_browser(services: Services) -> None:
    """A copy of the cookie is good for nothing."""
    browser = sign_in(services)
    copy = Browser(services, dict(browser.cookies))
    ended = browser.ask("POST", "/api/session/end")

    assert (ended.status, ended.headers["Location"], browser.cookies) == (303, "/", {})
    assert copy.ask("GET", "/api/me").status == 401


@pytest.mark.integration
def test_an_old_token_is_replaced_and_good_for_a_minute_more(services: Services) -> None:
    """For the requests that were on their way; a stolen one ends with the next visit of its owner."""
    browser = sign_in(services)
    copy = Browser(services, dict(browser.cookies))
    services.database.ask("UPDATE sessions SET rotated_at = now() - interval '25 hours'")
    before = dict(browser.cookies)
    browser.ask("GET", "/api/me")
    in_time = copy.ask("GET", "/api/me").status
    services.database.ask("UPDATE sessions SET rotated_at = now() - interval '2 minutes'")

    assert browser.cookies != before
    assert (in_time, copy.ask("GET", "/api/me").status) == (200, 401)
    assert browser.ask("GET", "/api/me").status == 200


@pytest.mark.integration
def test_a_session_ends_when_it_is_over(services: Services) -> None:
    """Thirty days after its last day of use."""
    browser = sign_in(services)
    services.database.ask("UPDATE sessions SET expires_at = now()")

    assert browser.ask("GET", "/api/me").status == 401


@given(st.text())
def test_any_cookie_is_somebodys_or_nobodys(cookie: str) -> None:
    """Never a crash: the header is anybody's to write."""
    browser = Browser(make_services(AwayDatabase()))

    assert browser.ask("GET", "/api/session", cookie=cookie).status in {200, 503}


@pytest.mark.parametrize("path", ["//evil.example", "/\\evil.example", "https://evil.example", "x", "/\t/evil.example"])
@pytest.mark.integration
def test_a_link_leads_to_this_site_only(services: Services, path: str) -> None:
    """Whatever was written into the form's next."""
    browser = Browser(services)
    browser.ask("POST", "/api/session/mail", {"email": "ada@example.org", "next": path})

    assert browser.ask("POST", link_of(services)).headers["Location"] == "/account/"


def test_a_form_that_comes_back_knows_where_its_sender_was_going() -> None:
    """And is no place for somebody else's HTML."""
    fields = {"email": "nowhere", "next": '/x?"><b>'}
    reply = Browser(make_services(AwayDatabase())).ask("POST", "/api/session/mail", fields, FORM)

    assert (reply.status, "<b>" in reply.body, 'value="/x?&quot;' in reply.body) == (422, False, True)
