"""New posts, found in the site's own feed: prepared by us, sent by their owner, each exactly once to each reader."""

from __future__ import annotations

import http.client
import json
import urllib.request
import uuid
from http import HTTPStatus
from typing import LiteralString

from chalicelib.calls import Call
from chalicelib.errors import GoneError
from chalicelib.observe import tell
from chalicelib.outbox.channels import Channels
from chalicelib.pages import button_page, page
from chalicelib.replies import Reply, html_reply
from chalicelib.services import Services

FEED = "/feeds/all.feed.json"
FEED_SECONDS = 20
LARGEST_FEED = 5_000_000
SEND = "newsletter send"
# What is in the feed when it is read for the first time is old: nobody subscribed to hear of it.
FOUND: LiteralString = """
    WITH first AS (
        SELECT NOT EXISTS (SELECT FROM announcements) AS reading
    ), found AS (
        INSERT INTO announcements (url, title, summary, sent_at)
        SELECT item.url, item.title, item.summary, CASE WHEN reading THEN now() END
        FROM first, jsonb_to_recordset(%(items)s::jsonb) AS item (url text, title text, summary text)
        ON CONFLICT (url) DO NOTHING
        RETURNING id, url, title, sent_at
    )
    INSERT INTO outbox (channel, template, recipient, details)
    SELECT 'mail', 'announcement-prepared', %(owner)s,
           jsonb_build_object('announcement', id, 'url', url, 'title', title)
    FROM found WHERE sent_at IS NULL
    RETURNING 1
"""
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


def find_posts(services: Services, _channels: Channels) -> None:
    """Look for new posts in the feed, and have their owner asked whether to send them."""
    items = _read_feed(services.settings.site_url + FEED)
    if items is None:
        tell("feed_unreadable")
        return
    values = {"items": json.dumps(items), "owner": services.settings.owner_mail}
    if prepared := len(services.database.ask(FOUND, values)):
        tell("announcements_prepared", count=prepared)


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


def _read_feed(url: str) -> list[dict[str, str]] | None:
    """Return the posts of the feed, or None where it cannot be had or read."""
    try:
        with urllib.request.urlopen(url, timeout=FEED_SECONDS) as answer:  # noqa: S310 - the site's own address
            items = json.loads(answer.read(LARGEST_FEED))["items"]
        return [
            {"url": str(item["url"]), "title": _line(item["title"]), "summary": str(item.get("summary", ""))}
            for item in items
        ]
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, AttributeError):
        return None


def _line(text: object) -> str:
    return " ".join(str(text).split())
