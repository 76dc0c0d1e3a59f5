"""An announcement that was prepared is sent by the owner's word: once, to everybody who confirmed."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import LiteralString

from chalicelib.calls import Call
from chalicelib.errors import GoneError
from chalicelib.pages import button_page, page
from chalicelib.replies import Reply, html_reply

SEND = "newsletter send"
READY: LiteralString = """
    SELECT title, (SELECT count(*) FROM newsletter_subscriptions WHERE state = 'confirmed')
    FROM announcements WHERE id = %(id)s AND sent_at IS NULL
"""
# Marking it as sent and making the mails is one statement: pressing the button twice sends it once.
SENT: LiteralString = """
    WITH sent AS (
        UPDATE announcements SET sent_at = now() WHERE id = %(id)s AND sent_at IS NULL RETURNING url, title, summary
    ), mailed AS (
        INSERT INTO outbox (channel, template, recipient, details, subscription_id)
        SELECT 'mail', 'announcement', email,
               jsonb_build_object('subscription', id, 'url', url, 'title', title, 'summary', summary), id
        FROM sent, newsletter_subscriptions WHERE state = 'confirmed'
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM mailed) FROM sent
"""


def show_send(call: Call) -> Reply:
    """Show the button that sends an announcement, and to how many."""
    found = call.services.database.ask(READY, {"id": _read(call)})
    if not found:
        raise GoneError(ALREADY)
    title, readers = found[0]
    action = f"{call.request.path}?token={call.request.query.get('token', '')}"
    words = button_page("Send the announcement", f"“{title}”, to {readers} readers", action, "Send")
    return html_reply(HTTPStatus.OK, words)


def send(call: Call) -> Reply:
    """Send the announcement to everybody who confirmed, once."""
    sent = call.services.database.ask(SENT, {"id": _read(call)})
    if not sent:
        raise GoneError(ALREADY)
    return html_reply(HTTPStatus.OK, page("On its way", f"The announcement goes to {sent[0][0]} readers."))


ALREADY = "This announcement has been sent already."


def _read(call: Call) -> uuid.UUID:
    return uuid.UUID(call.services.signer.read(SEND, call.request.query.get("token", "")))
