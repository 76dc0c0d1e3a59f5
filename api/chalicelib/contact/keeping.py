"""Make a message durable: in PostgreSQL, else in the queue, from which it is drained exactly once.

The key is what makes it once. Whether a statement that got no answer was carried out cannot be known, so the message
goes to the queue as well; when it is drained, the key is found or it is not.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import LiteralString

from chalicelib.contact.message import ContactMessage
from chalicelib.contact.spam import COPY_POINTS, DEBT_POINTS, SPAM_AT, Evidence
from chalicelib.database import Database
from chalicelib.errors import (
    DatabaseRefusedError,
    DatabaseUnavailableError,
    NotKeptError,
    QueueUnavailableError,
    TooManyError,
)
from chalicelib.observe import tell
from chalicelib.queue import Queue, Queued

# Five at once, then one in ten minutes; what is written on credit is labelled, and there is an end to credit.
BURST = 5.0
PER_SECOND = 1 / 600
CREDIT = 25.0
NO_LIMIT = 1e9
IDS = uuid.UUID("6f0f7d1e-5a0e-4b86-9d3e-1f7a3c1f5f10")
# One function, one round trip, one transaction; what it does is in the migration that makes it.
KEEP: LiteralString = """
    SELECT outcome, id FROM keep_message(
        %(id)s, %(key)s, %(received)s, %(name)s, %(email)s, %(subject)s, %(message)s, %(digest)s,
        %(canary)s, %(points)s, %(reasons)s, %(spam_at)s, %(copy_points)s, %(debt_points)s,
        %(buckets)s, %(burst)s, %(per_second)s, %(credit)s, %(channels)s
    )
"""

THERE: LiteralString = "SELECT 1"


class UnreadableSubmissionError(Exception):
    """What came out of the queue is nothing that we put in."""


@dataclass(frozen=True)
class Submission:
    """A message with all that is needed to keep it, now or later."""

    message: ContactMessage
    evidence: Evidence
    is_canary: bool
    # Names of the sender and of the address it came from; neither can be read out of them.
    buckets: tuple[str, ...]
    received: datetime


@dataclass(frozen=True)
class Kept:
    """A message is durable under this id; it may have been before."""

    id: uuid.UUID
    is_new: bool


def message_id(key: uuid.UUID) -> uuid.UUID:
    """Return the id of the message with this key, the same wherever and whenever it is kept."""
    return uuid.uuid5(IDS, str(key))


def keep_durably(submission: Submission, database: Database, queue: Queue, channels: Sequence[str]) -> Kept:
    """Return when the message is durable, or raise NotKeptError, or TooManyError."""
    try:
        kept = keep_in_database(submission, database, channels, credit=CREDIT)
    except DatabaseUnavailableError:
        # Whatever the reason, a schema that is too old included: what somebody wrote is not to be lost over it.
        pass
    else:
        if kept.is_new:
            tell("message_kept", id=str(kept.id))
        return kept
    try:
        queue.put(write_submission(submission))
    except QueueUnavailableError as error:
        tell("message_not_kept", key=str(submission.message.key))
        raise NotKeptError from error
    tell("message_queued", key=str(submission.message.key))
    return Kept(message_id(submission.message.key), is_new=True)


def keep_in_database(
    submission: Submission, database: Database, channels: Sequence[str], *, credit: float = NO_LIMIT
) -> Kept:
    """Keep the message and what is to be delivered of it, in one round trip."""
    message = submission.message
    values = {
        **vars(message),
        "id": message_id(message.key),
        "received": submission.received,
        "digest": hashlib.sha256(message.message.casefold().encode()).digest(),
        "canary": submission.is_canary,
        "points": submission.evidence.points,
        "reasons": list(submission.evidence.reasons),
        "spam_at": SPAM_AT,
        "copy_points": COPY_POINTS,
        "debt_points": DEBT_POINTS,
        "buckets": sorted(submission.buckets),
        "burst": BURST,
        "per_second": PER_SECOND,
        "credit": credit,
        "channels": list(channels),
    }
    outcome, found = database.ask(KEEP, values)[0]
    if outcome == "limited":
        raise TooManyError("Many messages came from you in a short time. Please send this one in ten minutes.")
    return Kept(found, is_new=outcome == "new")


def drain(queue: Queue, database: Database, channels: Sequence[str], most: int = 100) -> int:
    """Move what waits in the queue into the database; return how many messages were new to it."""
    # Asked first: what is taken while the database is away is counted by SQS, and set aside when it was taken often.
    database.ask(THERE)
    moved = seen = 0
    while seen < most and (taken := queue.take(min(10, most - seen))):
        seen += len(taken)
        moved += sum(_drain_one(queued, queue, database, channels) for queued in taken)
    return moved


def _drain_one(queued: Queued, queue: Queue, database: Database, channels: Sequence[str]) -> bool:
    try:
        # It was acknowledged, so no limit refuses it any more.
        kept = keep_in_database(read_submission(queued.text), database, channels)
    except (UnreadableSubmissionError, DatabaseRefusedError) as error:
        # It stays where it is, for somebody to look at, and holds up no other.
        tell("queued_message_refused", error=type(error).__name__, receipt=queued.receipt[:64])
        return False
    # After it is durable, never before: dying here brings the text back, and its key finds the message.
    queue.remove(queued.receipt)
    return kept.is_new


def write_submission(submission: Submission) -> str:
    """Write a submission as a text for the queue."""
    message = {**vars(submission.message), "key": str(submission.message.key)}
    return json.dumps(
        {
            "message": message,
            "points": submission.evidence.points,
            "reasons": submission.evidence.reasons,
            "canary": submission.is_canary,
            "buckets": submission.buckets,
            "received": submission.received.astimezone(UTC).isoformat(),
        }
    )


def read_submission(text: str) -> Submission:
    """Read what `write_submission` wrote."""
    try:
        value = json.loads(text)
        message = {**value["message"], "key": uuid.UUID(value["message"]["key"])}
        return Submission(
            ContactMessage(**message),
            Evidence(value["points"], tuple(value["reasons"])),
            value["canary"],
            tuple(value["buckets"]),
            datetime.fromisoformat(value["received"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableSubmissionError from error
