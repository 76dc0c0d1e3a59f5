"""What the owner wants to know of the last days, in one answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, LiteralString

from chalicelib.calls import Call
from chalicelib.errors import InvalidError
from chalicelib.figures.vitals import MEASURES, RATINGS
from chalicelib.replies import Reply, json_reply

DAYS = 30
MOST_DAYS = 366
MOST_PAGES = 100
# As the CDN's logs are counted: by people, and by programs that say so.
PEOPLE, PROGRAMS = "cdn view", "cdn program"
# A measure is as good as it is for three visits in four: https://web.dev/articles/vitals.
THREE_IN_FOUR = 0.75
STATS: LiteralString = """
    WITH since AS (
        SELECT now() - make_interval(days => %(days)s) AS moment
    ), counts AS (
        SELECT path, name, sum(counted)::bigint AS counted
        FROM page_counts, since WHERE day > (moment AT TIME ZONE 'UTC')::date GROUP BY path, name
    ), pages AS (
        -- Who runs scripts is in both; so the pages are in the order of the larger of the two.
        SELECT path, json_object_agg(name, counted) AS counted,
               greatest(sum(counted) FILTER (WHERE name = 'view'), sum(counted) FILTER (WHERE name = 'cdn view'), 0)
                   AS views
        FROM counts GROUP BY path ORDER BY views DESC, path LIMIT %(most)s
    )
    SELECT
        (SELECT json_build_object(
            'received', count(*) FILTER (WHERE label = 'ham'), 'spam', count(*) FILTER (WHERE label = 'spam'),
            'done', count(*) FILTER (WHERE label = 'ham' AND done_at IS NOT NULL))
         FROM contact_messages, since WHERE received_at > moment),
        (SELECT json_build_object(
            'confirmed', count(*) FILTER (WHERE state = 'confirmed'),
            'new', count(*) FILTER (WHERE state = 'confirmed' AND confirmed_at > moment),
            'asked', count(*) FILTER (WHERE state = 'asked'))
         FROM newsletter_subscriptions, since),
        (SELECT json_build_object(
            'waiting', count(*) FILTER (WHERE state = 'waiting'),
            'done', count(*) FILTER (WHERE state = 'done'), 'dead', count(*) FILTER (WHERE state = 'dead'))
         FROM outbox, since WHERE made_at > moment),
        (SELECT coalesce(json_object_agg(name, total), '{}')
         FROM (SELECT name, sum(counted)::bigint AS total FROM counts GROUP BY name) AS summed),
        (SELECT coalesce(json_agg(json_build_object('path', path, 'counted', counted) ORDER BY views DESC, path), '[]')
         FROM pages)
"""


def show_stats(call: Call) -> Reply:
    """Return how many messages, readers, deliveries and views there were, and how fast the pages are."""
    days = call.request.query.get("days", str(DAYS))
    if not re.fullmatch(r"[1-9][0-9]{0,2}", days, re.ASCII) or int(days) > MOST_DAYS:
        raise InvalidError({"days": f"Please give a number from 1 to {MOST_DAYS}."})
    rows = call.services.database.ask(STATS, {"days": int(days), "most": MOST_PAGES})
    messages, newsletter, deliveries, all_pages, pages = rows[0]
    value = {
        "days": int(days),
        "messages": messages,
        "newsletter": newsletter,
        "deliveries": deliveries,
        "views": all_pages.get("view", 0),
        "cdn": _cdn(all_pages),
        "vitals": _vitals(all_pages),
        "pages": [
            {
                "path": one["path"],
                "views": one["counted"].get("view", 0),
                "cdn": _cdn(one["counted"]),
                "vitals": _vitals(one["counted"]),
            }
            for one in pages
        ],
    }
    return json_reply(HTTPStatus.OK, value)


def _cdn(counted: Mapping[str, int]) -> dict[str, int]:
    """Return what the CDN's logs say: views, and how many more were by programs that say so."""
    return {"views": counted.get(PEOPLE, 0), "programs": counted.get(PROGRAMS, 0)}


def _vitals(counted: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Return of each measure how often it was what, and what it is for three visits in four."""
    vitals = {}
    for measure in MEASURES:
        counts = {rating: counted.get(f"{measure} {rating}", 0) for rating in RATINGS}
        if sum(counts.values()):
            vitals[measure] = {**counts, "rating": _overall(counts)}
    return vitals


def _overall(counts: Mapping[str, int]) -> str:
    enough = THREE_IN_FOUR * sum(counts.values())
    if counts["good"] >= enough:
        return "good"
    return "fair" if counts["good"] + counts["fair"] >= enough else "poor"
