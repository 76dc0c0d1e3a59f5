"""The clocks: how long each table keeps what is in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

from chalicelib.observe import tell
from chalicelib.outbox.channels import Channels
from chalicelib.services import Services


@dataclass(frozen=True)
class Clock:
    """What is forgotten of a table, and why then."""

    table: str
    reason: str
    statement: LiteralString


CLOCKS = (
    Clock(
        "contact_messages",
        "spam is kept for 30 days, in which a message that was taken for it can be found",
        "DELETE FROM contact_messages WHERE label = 'spam' AND received_at < now() - interval '30 days' RETURNING 1",
    ),
    Clock(
        "contact_messages",
        "messages are kept for two years, as long as something may follow from them",
        "DELETE FROM contact_messages WHERE label = 'ham' AND received_at < now() - interval '2 years' RETURNING 1",
    ),
    Clock(
        "contact_messages",
        "our own messages are kept for two days",
        "DELETE FROM contact_messages WHERE label = 'canary' AND received_at < now() - interval '2 days' RETURNING 1",
    ),
    Clock(
        "contact_tombstones",
        "no queue holds a copy, and no browser repeats a message, for longer than 30 days",
        "DELETE FROM contact_tombstones WHERE erased_at < now() - interval '30 days' RETURNING 1",
    ),
    Clock(
        "erased_people",
        "no queue holds anything of before for longer than 30 days",
        "DELETE FROM erased_people WHERE erased_at < now() - interval '30 days' RETURNING 1",
    ),
    Clock(
        "rate_buckets",
        "after a day a bucket is full again, which is what none says too",
        "DELETE FROM rate_buckets WHERE counted_at < now() - interval '1 day' RETURNING 1",
    ),
    Clock(
        "newsletter_subscriptions",
        "a subscription that nobody confirmed is forgotten after its link has expired",
        "DELETE FROM newsletter_subscriptions "
        "WHERE state = 'asked' AND mailed_at < now() - interval '8 days' RETURNING 1",
    ),
    Clock(
        "sessions",
        "a session ends 30 days after its last day of use",
        "DELETE FROM sessions WHERE expires_at < now() RETURNING 1",
    ),
    Clock(
        "sign_in_links",
        "a link is good for fifteen minutes; a day later nobody asks about it any more",
        "DELETE FROM sign_in_links WHERE expires_at < now() - interval '1 day' RETURNING 1",
    ),
    Clock(
        "members",
        "an account in which nobody was signed in for three years is deleted, and all that hangs on it",
        "DELETE FROM members WHERE role = 'member' AND seen_at < now() - interval '3 years' RETURNING 1",
    ),
    Clock(
        "api_keys",
        "a key that is over is forgotten after a month",
        "DELETE FROM api_keys WHERE expires_at < now() - interval '30 days' RETURNING 1",
    ),
    Clock(
        "audit",
        "who asked for what is kept for three years, as long as it may have to be shown",
        "DELETE FROM audit WHERE at < now() - interval '3 years' RETURNING 1",
    ),
    Clock(
        "outbox",
        "what was delivered or given up is kept for 30 days, to look into complaints",
        "DELETE FROM outbox WHERE ended_at < now() - interval '30 days' RETURNING 1",
    ),
    Clock(
        "counted_logs",
        "a log file is deleted by its bucket before; then nobody can count it again",
        "DELETE FROM counted_logs WHERE counted_at < now() - interval '90 days' RETURNING 1",
    ),
    Clock(
        "page_counts",
        "what pages were like two years ago says nothing of today",
        "DELETE FROM page_counts WHERE day < now() - interval '2 years' RETURNING 1",
    ),
)


def forget_old(services: Services, _channels: Channels) -> None:
    """Delete what has been kept long enough."""
    for clock in CLOCKS:
        count = len(services.database.ask(clock.statement))
        if count:
            tell("forgotten", table=clock.table, rows=count, reason=clock.reason)
