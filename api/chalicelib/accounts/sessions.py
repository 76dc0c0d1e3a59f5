"""Who is signed in: an opaque token in a cookie that no script can read, and its hash in the database."""

from __future__ import annotations

import hashlib
import secrets
from http import HTTPStatus
from typing import LiteralString

from chalicelib.calls import Call, Member
from chalicelib.database import Database
from chalicelib.replies import Reply, json_reply, see_other
from chalicelib.requests import Request

# The prefix has browsers refuse it from any other host, path or connection in clear.
COOKIE = "__Host-session"
SESSION_SECONDS = 30 * 24 * 3600
FIND: LiteralString = """
    SELECT member.id, member.email, member.name, member.role,
           session.token_hash = %(hash)s AND session.rotated_at < now() - interval '1 day'
    FROM sessions AS session JOIN members AS member ON member.id = session.member_id
    WHERE session.expires_at > now() AND (
        session.token_hash = %(hash)s
        OR (session.previous_hash = %(hash)s AND session.rotated_at > now() - interval '1 minute')
    )
"""
ROTATE: LiteralString = """
    WITH rotated AS (
        UPDATE sessions SET previous_hash = token_hash, token_hash = %(new)s, rotated_at = now(),
            expires_at = now() + interval '30 days'
        WHERE token_hash = %(old)s RETURNING member_id
    )
    UPDATE members SET seen_at = now() FROM rotated WHERE id = member_id RETURNING 1
"""
END: LiteralString = "DELETE FROM sessions WHERE token_hash = %(hash)s OR previous_hash = %(hash)s"


def make_token() -> str:
    """Return a token that nobody guesses."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> bytes:
    """Return what is kept of a token; it is random, so no slow hash is needed."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def session_cookie(token: str, seconds: int = SESSION_SECONDS) -> str:
    """Return the header that has the browser keep the token; for no seconds, that has it forget it."""
    return f"{COOKIE}={token}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"


def find_member(request: Request, database: Database) -> tuple[Member | None, str]:
    """Return who is signed in, and a cookie to set where the token was old enough to be replaced."""
    token = request.cookie(COOKIE)
    rows = database.ask(FIND, {"hash": hash_of(token)}) if token else []
    if not rows:
        return None, ""
    *who, is_old = rows[0]
    member = Member(*who)
    if not is_old:
        return member, ""
    new = make_token()
    rotated = database.ask(ROTATE, {"old": hash_of(token), "new": hash_of(new)})
    return member, session_cookie(new) if rotated else ""


def say_session(call: Call) -> Reply:
    """Say who is signed in, also where that is nobody."""
    member, cookie = find_member(call.request, call.services.database)
    value = {
        "signed_in": member is not None,
        "name": member.name if member else "",
        "role": member.role if member else "visitor",
        "issuer": call.services.settings.issuer is not None,
    }
    return json_reply(HTTPStatus.OK, value, cookies=(cookie,) if cookie else ())


def end_session(call: Call) -> Reply:
    """Sign out: here, and in the browser."""
    if token := call.request.cookie(COOKIE):
        call.services.database.ask(END, {"hash": hash_of(token)})
    return see_other("/", cookies=(session_cookie("", 0),))


def signed_in(token: str, path: str, *cookies: str) -> Reply:
    """Send a member on, with the session's cookie."""
    return see_other(path or "/account/", cookies=(session_cookie(token), *cookies))
