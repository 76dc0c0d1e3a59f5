"""New posts, found in the site's own feed; their owner is asked whether to send them."""

from __future__ import annotations

import http.client
import json
import urllib.request
from typing import LiteralString

from chalicelib.observe import tell
from chalicelib.outbox.channels import Channels
from chalicelib.services import Services

FEED = "/feeds/all.feed.json"
FEED_SECONDS = 20
LARGEST_FEED = 5_000_000
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


def find_posts(services: Services, _channels: Channels) -> None:
    """Look for new posts in the feed, and have their owner asked whether to send them."""
    items = _read_feed(services.settings.site_url + FEED)
    if items is None:
        tell("feed_unreadable")
        return
    values = {"items": json.dumps(items), "owner": services.settings.owner_mail}
    if prepared := len(services.database.ask(FOUND, values)):
        tell("announcements_prepared", count=prepared)


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
