"""Sign in by OpenID Connect: the code flow with PKCE, on the server; no token ever reaches a script.

The ID token comes straight from the issuer, over TLS and in answer to our own request, so its claims are checked and
its signature is not (OpenID Connect Core 3.1.3.7, 6): that saves a cryptography library in every cold start.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, LiteralString
from urllib.parse import urlencode, urlsplit

from chalicelib.accounts.sessions import hash_of, make_token, signed_in
from chalicelib.calls import Call
from chalicelib.errors import ApiError, ForbiddenError, NotFoundError, UnavailableError
from chalicelib.fields import can_be_shown, email_fault, own_path
from chalicelib.replies import Reply, see_other
from chalicelib.settings import Issuer
from chalicelib.signing import BadTokenError

# Carries what the answer is compared with, from here to the issuer and back; signed, and gone after ten minutes.
COOKIE = "__Host-sign-in"
PURPOSE = "oidc"
SECONDS = 600
ASK_SECONDS = 5
LARGEST_ANSWER = 1_000_000
LONGEST_NAME = 100
DISCOVERY = "/.well-known/openid-configuration"
# A new identity joins the account of its address only where the issuer has checked that address.
ENTER: LiteralString = """
    WITH known AS (
        SELECT member_id FROM identities WHERE issuer = %(issuer)s AND subject = %(subject)s
    ), joined AS (
        INSERT INTO members AS member (email, name, role)
        SELECT %(email)s, %(name)s, CASE WHEN lower(%(email)s) = lower(%(owner)s) THEN 'admin' ELSE 'member' END
        WHERE %(verified)s AND NOT EXISTS (SELECT FROM known)
        ON CONFLICT (lower(email)) DO UPDATE SET seen_at = now()
        RETURNING id
    ), named AS (
        INSERT INTO identities (issuer, subject, member_id)
        SELECT %(issuer)s, %(subject)s, id FROM joined ON CONFLICT DO NOTHING
    ), seen AS (
        UPDATE members SET seen_at = now() FROM known WHERE id = member_id
    ), who AS (
        SELECT member_id AS id FROM known UNION ALL SELECT id FROM joined
    )
    INSERT INTO sessions (token_hash, member_id) SELECT %(hash)s, id FROM who RETURNING 1
"""


class SignInError(ApiError):
    """What came back from the issuer is not what we sent somebody there for."""

    code = "sign_in_failed"


@dataclass(frozen=True)
class Claims:
    """What the issuer says of somebody."""

    subject: str
    email: str
    verified: bool
    name: str


def start(call: Call) -> Reply:
    """Send somebody to the issuer."""
    issuer = _issuer(call)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    kept = {
        "state": state,
        "nonce": nonce,
        "verifier": verifier,
        "next": own_path(call.request.query.get("next", ""), ""),
        "until": int(time.time()) + SECONDS,
    }
    asked = {
        "response_type": "code",
        "client_id": issuer.client_id,
        "redirect_uri": _callback(call),
        "scope": "openid email profile",
        "state": state,
        "nonce": nonce,
        "code_challenge": _base64(hashlib.sha256(verifier.encode()).digest()),
        "code_challenge_method": "S256",
    }
    address = _endpoint(issuer, "authorization_endpoint")
    cookie = _cookie(call.services.signer.sign(PURPOSE, json.dumps(kept)), SECONDS)
    return see_other(f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", cookies=(cookie,))


def come_back(call: Call) -> Reply:
    """Sign in who comes back from the issuer."""
    issuer = _issuer(call)
    kept = _kept(call)
    query = call.request.query
    if not hmac.compare_digest(query.get("state", "").encode("utf-8", "replace"), kept["state"].encode()):
        raise SignInError(AGAIN)
    # RFC 9207: an answer of another issuer is none of ours.
    if query.get("iss", issuer.url).rstrip("/") != issuer.url or not query.get("code"):
        raise SignInError(AGAIN)
    claims = _ask_for_claims(call, issuer, query["code"], kept)
    token = make_token()
    values = {**vars(claims), "issuer": issuer.url, "owner": call.services.settings.owner_mail, "hash": hash_of(token)}
    if not call.services.database.ask(ENTER, values):
        message = "Your address is not confirmed there. Confirm it, or sign in by a mailed link."
        raise ForbiddenError(message)
    return signed_in(token, kept["next"], _cookie("", 0))


AGAIN = "Signing in did not work. Please start again."


def _issuer(call: Call) -> Issuer:
    if call.services.settings.issuer is None:
        message = "Nobody else signs in members here. Have a link mailed to you instead."
        raise NotFoundError(message)
    return call.services.settings.issuer


def _kept(call: Call) -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(call.services.signer.read(PURPOSE, call.request.cookie(COOKIE)))
    except BadTokenError as error:
        raise SignInError(AGAIN) from error
    if kept["until"] < time.time():
        raise SignInError(AGAIN)
    return kept


def _ask_for_claims(call: Call, issuer: Issuer, code: str, kept: Mapping[str, Any]) -> Claims:
    """Exchange the code for what the issuer says of somebody, and check that it was said to us, now and for this."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": _callback(call),
        "client_id": issuer.client_id,
        "client_secret": issuer.client_secret,
        "code_verifier": kept["verifier"],
    }
    answer = _ask(_endpoint(issuer, "token_endpoint"), urlencode({k: v for k, v in form.items() if v}).encode())
    return read_claims(answer.get("id_token"), issuer, kept["nonce"], time.time())


def read_claims(id_token: object, issuer: Issuer, nonce: str, now: float) -> Claims:
    """Return what an ID token says, if it is for us."""
    try:
        part = str(id_token).split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
        ours = (
            str(claims["iss"]).rstrip("/") == issuer.url
            and issuer.client_id in audience
            and claims.get("azp", issuer.client_id) == issuer.client_id
            and float(claims["exp"]) > now
            and hmac.compare_digest(str(claims["nonce"]).encode("utf-8", "replace"), nonce.encode())
        )
        subject, email, name = str(claims["sub"]), str(claims.get("email", "")), str(claims.get("name", ""))
    except (IndexError, KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise SignInError(AGAIN) from error
    if not ours or not subject or not can_be_shown(subject):
        raise SignInError(AGAIN)
    verified = claims.get("email_verified") in (True, "true") and email_fault(email) is None
    plain = name[:LONGEST_NAME] if can_be_shown(name) else ""
    return Claims(subject, email if verified else "", verified, plain)


_known: dict[str, tuple[float, dict[str, Any]]] = {}


def _endpoint(issuer: Issuer, name: str) -> str:
    """Return an address of the issuer's, as it publishes them; asked for once in an hour."""
    when, told = _known.get(issuer.url, (0.0, {}))
    if time.monotonic() - when > 3600 or not told:  # noqa: PLR2004 - an hour
        told = _ask(issuer.url + DISCOVERY)
        _known[issuer.url] = (time.monotonic(), told)
    address = str(told.get(name, ""))
    if str(told.get("issuer", "")).rstrip("/") != issuer.url or urlsplit(address).scheme != urlsplit(issuer.url).scheme:
        raise UnavailableError(AWAY)
    return address


AWAY = "The other side cannot be reached just now. Please have a link mailed to you instead."


def _ask(url: str, form: bytes | None = None) -> dict[str, Any]:
    # Only here: HTTP and TLS for this one way of signing in would be a part of every cold start.
    import http.client  # noqa: PLC0415
    import urllib.error  # noqa: PLC0415
    import urllib.request  # noqa: PLC0415

    request = urllib.request.Request(url, form, {"Accept": "application/json"})  # noqa: S310 - checked in the settings
    try:
        with urllib.request.urlopen(request, timeout=ASK_SECONDS) as answer:  # noqa: S310 - as above
            value = json.loads(answer.read(LARGEST_ANSWER))
    except urllib.error.HTTPError as error:
        with error:
            # A code that was used already, or was never one.
            raise SignInError(AGAIN) from error
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        raise UnavailableError(AWAY) from error
    if not isinstance(value, dict):
        raise UnavailableError(AWAY)
    return value


def _callback(call: Call) -> str:
    return call.services.settings.site_url + "/api/session/callback"


def _cookie(value: str, seconds: int) -> str:
    return f"{COOKIE}={value}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
