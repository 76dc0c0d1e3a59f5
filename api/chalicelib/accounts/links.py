"""Sign in by a link in a mail. Whoever has no account gets one by it: the answer is the same for every address."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import LiteralString

from chalicelib.accounts.sessions import hash_of, make_token, signed_in
from chalicelib.calls import Call
from chalicelib.errors import GoneError, InvalidError, TooManyError
from chalicelib.fields import clean, email_fault, is_trapped, own_path, read_fields
from chalicelib.limits import Limit
from chalicelib.pages import button_page, email_form, page, shown
from chalicelib.replies import Reply, html_reply, json_reply, see_other

CHECK_YOUR_MAIL = "/account/check-your-mail/"
SIGN_IN = "sign in"
LIMIT = Limit(burst=5.0, per_second=1 / 600)
ASK: LiteralString = """
    WITH allowed AS (
        SELECT tokens_left(%(tokens)s, %(buckets)s, %(burst)s, %(per_second)s, %(credit)s) >= 0 AS ok
    ), link AS (
        INSERT INTO sign_in_links (email, next) SELECT %(email)s, %(next)s FROM allowed WHERE ok RETURNING id, email
    ), mailed AS (
        INSERT INTO outbox (channel, template, recipient, details)
        SELECT 'mail', 'sign-in', email, jsonb_build_object('link', id) FROM link
    )
    SELECT ok FROM allowed
"""
# A link is used once, and using it, the account and the session are one statement. The owner of the site is its admin.
USE: LiteralString = """
    WITH used AS (
        UPDATE sign_in_links SET used_at = now()
        WHERE id = %(id)s AND used_at IS NULL AND expires_at > now()
        RETURNING email, next
    ), who AS (
        INSERT INTO members AS member (email, role)
        SELECT email, CASE WHEN lower(email) = lower(%(owner)s) THEN 'admin' ELSE 'member' END FROM used
        ON CONFLICT (lower(email)) DO UPDATE SET seen_at = now(), role =
            CASE WHEN lower(member.email) = lower(%(owner)s) THEN 'admin' ELSE member.role END
        RETURNING id
    ), session AS (
        INSERT INTO sessions (token_hash, member_id) SELECT %(hash)s, id FROM who
    )
    SELECT next FROM used
"""
EXPIRED = "This link was used already, or its fifteen minutes are over. Please ask for another."


def ask_for_link(call: Call) -> Reply:
    """Have a mail sent with a link that signs in."""
    fields = read_fields(call.request)
    email, path = clean(fields.get("email", "")), own_path(fields.get("next", ""), "")
    if fault := email_fault(email):
        if call.request.is_form:
            hidden = f'<input type="hidden" name="next" value="{shown(path)}">\n' if path else ""
            again = email_form("/api/session/mail", email, fault, "Send me a link", hidden)
            return html_reply(HTTPStatus.UNPROCESSABLE_ENTITY, page("Not sent yet", fault, again, alert=True))
        raise InvalidError({"email": fault})
    if not is_trapped(fields):
        _ask(call, email, path)
    if call.request.is_form:
        return see_other(CHECK_YOUR_MAIL)
    return json_reply(HTTPStatus.ACCEPTED, {"status": "check your mail"})


def _ask(call: Call, email: str, path: str) -> None:
    name = call.services.signer.pseudonym
    # Known and unknown addresses are limited alike, so being limited says nothing of either.
    buckets = (
        "sign in from " + name("address", call.request.address),
        "sign in as " + name("sender", email.casefold()),
    )
    values = {"email": email, "next": path, **call.services.limits.charge(buckets, LIMIT).values(LIMIT)}
    if call.services.database.ask(ASK, values) != [(True,)]:
        message = "Several links were sent already. Please look into your mail, or wait ten minutes."
        raise TooManyError(message)


def show_link(call: Call) -> Reply:
    """Show the button that signs in."""
    token = call.request.query.get("token", "")
    call.services.signer.read(SIGN_IN, token)
    words = button_page("Sign in", "One click, and you are in.", f"/api/session/link?token={token}", "Sign in")
    return html_reply(HTTPStatus.OK, words)


def use_link(call: Call) -> Reply:
    """Sign in with the link of a mail."""
    link = uuid.UUID(call.services.signer.read(SIGN_IN, call.request.query.get("token", "")))
    token = make_token()
    values = {"id": link, "owner": call.services.settings.owner_mail, "hash": hash_of(token)}
    used = call.services.database.ask(USE, values)
    if not used:
        raise GoneError(EXPIRED)
    return signed_in(token, used[0][0])
