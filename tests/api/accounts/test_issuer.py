"""An issuer says who somebody is: to us, now, for this one sign-in, or nobody is signed in."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from chalicelib.accounts.issuer import SignInError, read_claims
from chalicelib.postgres import PostgresDatabase
from chalicelib.replies import Reply
from chalicelib.services import Services
from chalicelib.settings import Issuer
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import AwayDatabase, StayHere, make_services
from tests.api.members import Browser

NOW = 1_000_000.0
ISSUER = Issuer("https://issuer.example", "us", "secret")
GOOD = {
    "iss": "https://issuer.example",
    "aud": "us",
    "exp": NOW + 60,
    "nonce": "n",
    "sub": "1",
    "email": "ada@example.org",
    "email_verified": True,
    "name": "Ada",
}


def token(claims: object) -> str:
    """Return an ID token with these claims."""
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"e30.{part}.x"


PROVIDER = """
import sys
from oidc_provider_mock import User, run_server_in_thread
users = [
    User(sub="ada", claims={"email": "ada@example.org", "email_verified": True, "name": "Ada"}),
    User(sub="eve", claims={"email": "ada@example.org", "email_verified": False}),
]
with run_server_in_thread(user_claims=users) as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """Run a real issuer on loopback, in a process of its own: it warns of what it uses itself."""
    command = [sys.executable, "-W", "ignore", "-c", PROVIDER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, **pipes, text=True) as process:  # type: ignore[call-overload]
        yield f"http://localhost:{process.stdout.readline().strip()}"
        process.stdin.close()
        process.wait(20)


@pytest.fixture
def services(postgres: PostgresDatabase, provider: str) -> Services:
    """Return services with that issuer."""
    return make_services(postgres, OIDC_ISSUER=provider, OIDC_CLIENT_ID="us", OIDC_CLIENT_SECRET="s" * 40)


def log_in_there(address: str, subject: str) -> str:
    """Log in on the issuer's page, and return where it sends the browser."""
    form = urllib.parse.urlencode({"sub": subject}).encode()
    try:
        with urllib.request.build_opener(StayHere).open(address, form, timeout=20):
            raise AssertionError
    except urllib.error.HTTPError as error:
        with error:
            back = urlsplit(error.headers["Location"])
    return f"{back.path}?{back.query}"


def sign_in_there(browser: Browser, subject: str, path: str = "") -> Reply:
    """Go to the issuer and come back."""
    begun = browser.ask("GET", f"/api/session/start?next={path}")
    back = log_in_there(str(begun.headers["Location"]), subject)
    pairs = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    return browser.ask("GET", "/api/session/callback?" + "&".join(f"{name}={value}" for name, value in pairs.items()))


@pytest.mark.integration
def test_somebody_signs_in_at_the_issuer_and_comes_back_as_a_member(services: Services) -> None:
    """With PKCE, a state and a nonce; the cookie of the way is gone afterwards."""
    browser = Browser(services)
    back = sign_in_there(browser, "ada", "/posts/x/")

    assert (back.status, back.headers["Location"]) == (303, "/posts/x/")
    assert browser.json("GET", "/api/session") == {"signed_in": True, "name": "Ada", "role": "member", "issuer": True}
    assert list(browser.cookies) == ["__Host-session"]


@pytest.mark.integration
def test_what_is_asked_of_the_issuer_is_the_code_flow_with_pkce(services: Services) -> None:
    """The verifier stays here."""
    begun = Browser(services).ask("GET", "/api/session/start")
    asked = parse_qs(urlsplit(str(begun.headers["Location"])).query)

    assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == (["code"], ["S256"], ["us"])
    assert {"state", "nonce", "code_challenge"} <= set(asked)
    assert "verifier" not in str(begun.headers["Location"])


@pytest.mark.integration
def test_the_same_identity_is_the_same_member_and_joins_the_account_of_its_address(services: Services) -> None:
    """Which the issuer has checked."""
    services.database.ask("INSERT INTO members (email) VALUES ('ADA@example.org')")
    for _ in range(2):
        assert sign_in_there(Browser(services), "ada").status == 303

    assert services.database.ask("SELECT count(*) FROM members") == [(1,)]
    assert services.database.ask("SELECT subject FROM identities") == [("ada",)]


@pytest.mark.integration
def test_an_address_that_the_issuer_has_not_checked_opens_no_account(services: Services) -> None:
    """Least of all somebody else's."""
    services.database.ask("INSERT INTO members (email) VALUES ('ada@example.org')")
    browser = Browser(services)

    assert sign_in_there(browser, "eve").status == 403
    assert browser.json("GET", "/api/session")["signed_in"] is False


@pytest.mark.integration
def test_an_answer_that_this_browser_did_not_ask_for_signs_nobody_in(services: Services) -> None:
    """Nor one of another browser, nor one that comes twice."""
    asking, other = Browser(services), Browser(services)
    begun = asking.ask("GET", "/api/session/start")
    other.ask("GET", "/api/session/start")
    back = log_in_there(str(begun.headers["Location"]), "ada")
    kept = dict(asking.cookies)
    statuses = [browser.ask("GET", back).status for browser in (Browser(services), other, asking)]
    again = Browser(services, kept).ask("GET", back).status

    assert statuses == [400, 400, 303]
    assert again == 400


@pytest.mark.integration
@pytest.mark.parametrize("more", ["", "&error=access_denied", "&code=wrong", "&code=x&iss=https://other.example"])
def test_an_answer_without_a_good_code_signs_nobody_in(services: Services, more: str) -> None:
    """Somebody changed their mind, or it is another issuer's."""
    browser = Browser(services)
    state = parse_qs(urlsplit(str(browser.ask("GET", "/api/session/start").headers["Location"])).query)["state"][0]

    assert browser.ask("GET", f"/api/session/callback?state={state}{more}").status == 400


def test_where_no_issuer_is_configured_the_address_says_so() -> None:
    """With the other way to sign in."""
    reply = Browser(make_services(AwayDatabase())).ask("GET", "/api/session/start", accept="text/html")

    assert (reply.status, "link mailed" in reply.body) == (404, True)


def test_an_issuer_that_is_away_is_an_honest_error() -> None:
    """And no stand-still."""
    services = make_services(AwayDatabase(), OIDC_ISSUER="http://127.0.0.1:1", OIDC_CLIENT_ID="us")

    assert Browser(services).ask("GET", "/api/session/start").status == 503


def test_good_claims_are_read() -> None:
    """An audience may be a list."""
    assert read_claims(token({**GOOD, "aud": ["us", "them"]}), ISSUER, "n", NOW).email == "ada@example.org"


@pytest.mark.parametrize(
    "wrong",
    [{"iss": "https://other.example"}, {"aud": "them"}, {"exp": NOW}, {"nonce": "m"}, {"sub": ""}, {"azp": "them"}],
    ids=str,
)
def test_claims_that_are_not_for_us_now_and_this_are_refused(wrong: dict[str, Any]) -> None:
    """Each of them alone."""
    with pytest.raises(SignInError):
        read_claims(token({**GOOD, **wrong}), ISSUER, "n", NOW)


@pytest.mark.parametrize("verified", [False, None, "false", 1.5, [], {}])
def test_an_address_counts_only_where_the_issuer_says_that_it_is_checked(verified: object) -> None:
    """Anything else is no."""
    claims = read_claims(token({**GOOD, "email_verified": verified}), ISSUER, "n", NOW)

    assert (claims.verified, claims.email) == (False, "")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(list(GOOD)), inner),
)


@given(JSON_VALUES.map(token) | st.text() | st.none())
def test_any_token_is_read_or_refused(given: str | None) -> None:
    """There is no third outcome."""
    with pytest.raises(SignInError):
        read_claims(given, ISSUER, "n", NOW)
