"""Messages that came in: compared with the others, and then their owner is told.

Only all of them together show that one text comes again and again. That is asked here and not while a visitor waits,
and before anybody is told: what turns out to be spam is told of by no mail but the day's summary.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import LiteralString

from chalicelib.contact.spam import COPY_POINTS, MOVED_BY_HAND, SPAM_AT
from chalicelib.database import Database

MOST_TOLD = 500
# A message is its own first job: the others are made from its row, in one transaction with what says so. Where somebody
# moved it by hand in the meantime, that is the last word.
TELL: LiteralString = """
    WITH fresh AS (
        SELECT id, digest, received_at, label FROM contact_messages WHERE untold
        ORDER BY received_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
    ), compared AS (
        SELECT id, %(copy_points)s * (
            SELECT count(*) FROM (
                SELECT FROM contact_messages AS before
                WHERE before.digest = fresh.digest AND before.id <> fresh.id AND fresh.label <> 'canary'
                    AND before.received_at BETWEEN fresh.received_at - interval '7 days' AND fresh.received_at
                LIMIT 3
            ) AS alike
        ) AS more
        FROM fresh
    ), told AS (
        UPDATE contact_messages AS message SET
            untold = false,
            points = points + more,
            label = CASE
                WHEN label = 'ham' AND label_reason <> %(moved)s AND points + more >= %(spam_at)s THEN 'spam'
                ELSE label
            END,
            label_reason = CASE
                WHEN more > 0 AND label_reason <> %(moved)s
                THEN concat_ws('; ', nullif(label_reason, ''), 'the same text came before')
                ELSE label_reason
            END
        FROM compared WHERE message.id = compared.id
        RETURNING message.id, label
    ), jobs AS (
        INSERT INTO outbox (channel, template, message_id)
        SELECT channel, 'message', id FROM told, unnest(%(channels)s::text[]) AS channel WHERE label = 'ham'
        UNION ALL SELECT 'mail', 'canary', id FROM told WHERE label = 'canary'
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM told), (SELECT count(*) FROM jobs)
"""


def make_jobs(database: Database, channels: Sequence[str]) -> int:
    """Judge the messages that came in to the end, and make a delivery for each channel; return how many."""
    values = {
        "channels": list(channels),
        "most": MOST_TOLD,
        "copy_points": COPY_POINTS,
        "spam_at": SPAM_AT,
        "moved": MOVED_BY_HAND,
    }
    told, made = MOST_TOLD, 0
    while told == MOST_TOLD:
        told, jobs = database.ask(TELL, values)[0]
        made += jobs
    return made
