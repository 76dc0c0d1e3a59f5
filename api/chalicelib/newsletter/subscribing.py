"""Ask for the newsletter, confirm it, end it."""

from __future__ import annotations

import time
import uuid
from http import HTTPStatus
from typing import LiteralString

from chalicelib.calls import Call
from chalicelib.errors import GoneError, InvalidError, TooManyError
from chalicelib.fields import clean, email_fault, is_trapped, read_fields
from chalicelib.limits import Limit
from chalicelib.pages import button_page, email_form, page
from chalicelib.replies import Reply, html_reply, json_reply, see_other

CHECK_YOUR_MAIL = "/newsletter/check-your-mail/"
WELCOME = "/newsletter/welcome/"
GOODBYE = "/newsletter/goodbye/"
CONFIRM, END = "newsletter confirm", "newsletter end"
CONFIRM_SECONDS = 7 * 24 * 3600
LIMIT = Limit(burst=5.0, per_second=1 / 600)
# One statement: the limit, the subscription and its mail, or none of them. Who is known gets another mail, so that
# the answer here can be the same, and at most one in ten minutes.
ASK: LiteralString = """
    WITH allowed AS (
        SELECT tokens_left(%(tokens)s, %(buckets)s, %(burst)s, %(per_second)s, %(credit)s) >= 0 AS ok
    ), asked AS (
        INSERT INTO newsletter_subscriptions AS subscription (email)
        SELECT %(email)s FROM allowed WHERE ok
        ON CONFLICT (lower(email)) DO UPDATE SET mailed_at = now()
        WHERE subscription.mailed_at < now() - interval '10 minutes'
        RETURNING id, email, state
    ), mailed AS (
        INSERT INTO outbox (channel, template, recipient, details, subscription_id)
        SELECT 'mail', CASE state WHEN 'confirmed' THEN 'newsletter-known' ELSE 'newsletter-confirm' END,
               email, jsonb_build_object('subscription', id), id
        FROM asked
    )
    SELECT ok FROM allowed
"""
CONFIRMED: LiteralString = """
    UPDATE newsletter_subscriptions SET state = 'confirmed', confirmed_at = coalesce(confirmed_at, now())
    WHERE id = %(id)s RETURNING 1
"""
ENDED: LiteralString = "DELETE FROM newsletter_subscriptions WHERE id = %(id)s"


def ask_for(call: Call) -> Reply:
    """Have a mail sent with which the newsletter is confirmed; the answer is the same for every address."""
    fields = read_fields(call.request)
    email = clean(fields.get("email", ""))
    if fault := email_fault(email):
        if call.request.is_form:
            again = email_form("/api/newsletter", email, fault, "Subscribe")
            return html_reply(HTTPStatus.UNPROCESSABLE_ENTITY, page("Not subscribed yet", fault, again, alert=True))
        raise InvalidError({"email": fault})
    if not is_trapped(fields):
        _ask(call, email)
    if call.request.is_form:
        return see_other(CHECK_YOUR_MAIL)
    return json_reply(HTTPStatus.ACCEPTED, {"status": "check your mail"})


def _ask(call: Call, email: str) -> None:
    bucket = "newsletter " + call.services.signer.pseudonym("address", call.request.address)
    values = {"email": email, **call.services.limits.charge([bucket], LIMIT).values(LIMIT)}
    if call.services.database.ask(ASK, values) != [(True,)]:
        message = "You asked for this several times. Please wait ten minutes before you do it again."
        raise TooManyError(message)


def show_confirm(call: Call) -> Reply:
    """Show the button that confirms."""
    _read_confirm(call)
    lead = "One click, and new posts come to you by mail. You can end that with one click too."
    return html_reply(HTTPStatus.OK, button_page("Confirm your subscription", lead, _here(call), "Confirm"))


def confirm(call: Call) -> Reply:
    """Confirm the subscription; doing it again changes nothing."""
    if not call.services.database.ask(CONFIRMED, {"id": _read_confirm(call)}):
        message = "This subscription has been ended. You can ask for it again."
        raise GoneError(message)
    return see_other(WELCOME)


def show_end(call: Call) -> Reply:
    """Show the button that ends the subscription."""
    _read_end(call)
    lead = "We delete your address, and send you nothing more."
    return html_reply(HTTPStatus.OK, button_page("End your subscription", lead, _here(call), "Unsubscribe"))


def end(call: Call) -> Reply:
    """End the subscription: a person goes on to a page, a mail program (RFC 8058) is told that it is done."""
    call.services.database.ask(ENDED, {"id": _read_end(call)})
    if b"One-Click" in call.request.body:
        return json_reply(HTTPStatus.OK, {"status": "unsubscribed"})
    return see_other(GOODBYE)


def confirm_content(subscription: str) -> str:
    """Return what the token of a confirming link says."""
    return f"{int(time.time()) + CONFIRM_SECONDS}:{subscription}"


def _read_confirm(call: Call) -> uuid.UUID:
    until, _, subscription = call.services.signer.read(CONFIRM, call.request.query.get("token", "")).partition(":")
    if int(until) < time.time():
        message = "This link was good for a week. Please ask for the newsletter again."
        raise GoneError(message)
    return uuid.UUID(subscription)


def _read_end(call: Call) -> uuid.UUID:
    return uuid.UUID(call.services.signer.read(END, call.request.query.get("token", "")))


def _here(call: Call) -> str:
    return f"{call.request.path}?token={call.request.query.get('token', '')}"
