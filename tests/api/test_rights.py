"""Who may do what: every route for every role and every key, from the one table."""

from __future__ import annotations

import itertools

import pytest
from chalicelib.accounts.keys import SCOPES
from chalicelib.accounts.sessions import COOKIE
from chalicelib.calls import ROLES
from chalicelib.database import Database
from chalicelib.routes import ROUTES, Route
from chalicelib.services import Services
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import AwayDatabase, make_services
from tests.api.members import Browser, sign_in

# Written down a second time, on purpose: a change of rights is to be seen in a review.
RIGHTS = {
    "visitor": {
        "GET /api/health", "GET /api/ready", "GET /api/version", "POST /api/contact", "GET /api/contact/token",
        "POST /api/newsletter", "GET /api/newsletter/confirm", "POST /api/newsletter/confirm",
        "GET /api/newsletter/unsubscribe", "POST /api/newsletter/unsubscribe",
        "GET /api/newsletter/send", "POST /api/newsletter/send",
        "GET /api/session", "POST /api/session/end", "POST /api/session/mail", "GET /api/session/link",
        "POST /api/session/link", "GET /api/session/start", "GET /api/session/callback", "POST /api/vitals",
    },
    "member": {
        "GET /api/me", "PATCH /api/me", "POST /api/me", "DELETE /api/me", "POST /api/me/delete", "GET /api/me/export",
        "GET /api/me/messages", "GET /api/me/saved", "PUT /api/me/saved", "DELETE /api/me/saved", "POST /api/me/saved",
    },
    "editor": {"GET /api/inbox", "GET /api/inbox/export", "POST /api/inbox", "GET /api/stats"},
    "admin": {
        "GET /api/keys", "POST /api/keys", "POST /api/keys/rotate", "DELETE /api/keys",
        "POST /api/people/export", "POST /api/people/erase",
    },
}  # fmt: skip
CHANGING = [route for route in ROUTES if route.method not in {"GET", "HEAD"}]


def name(route: Route) -> str:
    """Return the name of a route."""
    return f"{route.method} {route.path}"


def test_the_table_gives_the_rights_that_were_agreed() -> None:
    """No more and no less."""
    assert {role: {name(route) for route in ROUTES if route.needs == role} for role in ROLES} == RIGHTS


@pytest.mark.integration
@pytest.mark.parametrize("role", ROLES)
def test_every_route_is_closed_to_every_role_below_its_own(services: Services, role: str) -> None:
    """And open to the others: they get an answer about what they sent, not about who they are."""
    for number, route in enumerate(ROUTES):
        browser = Browser(services) if role == "visitor" else sign_in(services, role, f"{number}@example.org")
        kind = route.takes[0] if route.takes else ""
        reply = browser.ask(route.method, route.path, {}, kind) if kind else browser.ask(route.method, route.path)
        allowed = ROLES.index(role) >= ROLES.index(route.needs)
        refused = 401 if role == "visitor" else 403

        assert (reply.status == refused) is not allowed, f"{role}: {name(route)} gave {reply.status}"


@pytest.mark.integration
def test_a_key_opens_the_routes_of_its_scopes_and_no_other(services: Services) -> None:
    """Every route, every combination of scopes."""
    admin = sign_in(services, "admin")
    for scopes in itertools.chain.from_iterable(
        itertools.combinations(SCOPES, count) for count in range(1, len(SCOPES) + 1)
    ):
        key = admin.json("POST", "/api/keys", {"name": "a program", "scopes": list(scopes)})["key"]
        for route in ROUTES:
            if route.needs == "visitor":
                continue
            kind = route.takes[0] if route.takes else ""
            program = Browser(services, site="")
            reply = program.ask(route.method, route.path, {} if kind else None, kind, authorization=f"Bearer {key}")

            assert (reply.status not in {401, 403}) is (route.scope in scopes), f"{scopes}: {name(route)}"


@pytest.mark.integration
@pytest.mark.parametrize("origin", ["cross-site", "same-site", "https://evil.example", "null", ""])
def test_no_page_of_others_changes_anything_with_a_members_cookie(services: Services, origin: str) -> None:
    """Whatever the browser says of where it comes from, or where it says nothing."""
    browser = sign_in(services, "admin")
    browser.site = origin if "-" in origin else ""
    headers = {"origin": origin} if origin and "-" not in origin else {}
    for route in CHANGING:
        kind = route.takes[0] if route.takes else ""
        reply = browser.ask(route.method, route.path, {} if kind else None, kind, **headers)

        assert reply.status == 403, name(route)


@pytest.mark.integration
def test_an_older_browser_is_known_by_its_origin(services: Services) -> None:
    """It does not send the newer header."""
    browser = sign_in(services)
    browser.site = ""

    assert browser.ask("PATCH", "/api/me", {}, origin="https://zichkoding.example").status == 200


@pytest.mark.integration
def test_a_key_is_shown_once_kept_as_a_hash_and_replaced_without_a_gap(services: Services, owner: Database) -> None:
    """The one before is good for a day more."""
    admin = sign_in(services, "admin")
    made = admin.json("POST", "/api/keys", {"name": "a program", "scopes": ["messages:read"], "days": 1})
    rotated = admin.json("POST", "/api/keys/rotate", {"id": made["id"]})
    listed = admin.ask("GET", "/api/keys").body

    def opens(key: str) -> bool:
        return Browser(services, site="").ask("GET", "/api/inbox", authorization=f"Bearer {key}").status == 200

    assert made["key"] not in listed
    assert made["key"].rpartition("_")[2] not in str(services.database.ask("SELECT * FROM api_keys"))
    assert (opens(made["key"]), opens(rotated["key"])) == (True, True)
    owner.ask("UPDATE api_keys SET previous_until = now()")
    assert (opens(made["key"]), opens(rotated["key"])) == (False, True)
    owner.ask("UPDATE api_keys SET expires_at = now()")
    assert not opens(rotated["key"])


@pytest.mark.integration
def test_a_key_that_was_ended_is_good_for_nothing(services: Services) -> None:
    """At once; and ending what is not there is said."""
    admin = sign_in(services, "admin")
    made = admin.json("POST", "/api/keys", {"name": "a program", "scopes": ["messages:read"]})
    statuses = [admin.ask("DELETE", "/api/keys", {"id": made["id"]}).status for _ in range(2)]

    assert statuses == [200, 404]
    assert admin.ask("POST", "/api/keys/rotate", {"id": made["id"]}).status == 404


@pytest.mark.integration
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "scopes": ["messages:read"]}, "name"),
        ({"name": "x", "scopes": ["everything"]}, "scopes"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["messages:read"], "days": 0}, "days"),
        ({"name": "x", "scopes": ["messages:read"], "days": True}, "days"),
    ],
)
def test_a_key_without_a_name_a_scope_or_an_end_is_refused(
    services: Services, body: dict[str, object], field: str
) -> None:
    """Each field is named."""
    reply = sign_in(services, "admin").json("POST", "/api/keys", body)

    assert list(reply["error"]["fields"]) == [field]


@given(st.text())
def test_any_authorization_is_a_key_or_none(header: str) -> None:
    """Never a crash, and nothing is asked of the database that is no key."""
    program = Browser(make_services(AwayDatabase()), site="")

    assert program.ask("GET", "/api/inbox", authorization=header).status in {401, 403}


def test_a_visitor_without_a_cookie_costs_the_database_nothing() -> None:
    """Nobody is looked up who says nothing of themselves."""
    browser = Browser(make_services(AwayDatabase()))

    assert browser.ask("GET", "/api/me").status == 401
    assert Browser(make_services(AwayDatabase()), {COOKIE: "x"}).ask("GET", "/api/me").status == 503
