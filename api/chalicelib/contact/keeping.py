"""Make a message durable: in PostgreSQL, else in the queue, from which it is drained exactly once.

The key is what makes it once. Whether a statement that got no answer was carried out cannot be known, so the message
goes to the queue as well; when it is drained, the key is found or it is not.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import LiteralString

from chalicelib.contact.message import ContactMessage
from chalicelib.contact.spam import DEBT_POINTS, SPAM_AT, Evidence
from chalicelib.database import Database
from chalicelib.errors import (
    DatabaseRefusedError,
    DatabaseUnavailableError,
    NotKeptError,
    QueueUnavailableError,
    TooManyError,
)
from chalicelib.limits import Charge, Limit
from chalicelib.observe import tell
from chalicelib.queue import Queue, Queued
from chalicelib.signing import Signer

# Five at once, then one in ten minutes; what is written on credit is labelled, and there is an end to credit.
LIMIT = Limit(burst=5.0, per_second=1 / 600, credit=25.0)
NO_LIMIT = replace(LIMIT, credit=1e9)
# Points are given here, and added up there.
THRESHOLDS = {"spam_at": SPAM_AT, "debt_points": DEBT_POINTS}
# One function, one round trip, one transaction; what it does is in the migration that makes it.
KEEP: LiteralString = "accept_message"

THERE: LiteralString = "SELECT 1"


class UnreadableSubmissionError(Exception):
    """What came out of the queue is nothing that we put in."""


@dataclass(frozen=True)
class Submission:
    """A message with all that is needed to keep it, now or later."""

    message: ContactMessage
    evidence: Evidence
    is_canary: bool
    # What it costs the sender and the address it came from; neither can be read out of the buckets' names.
    charge: Charge
    received: datetime


@dataclass(frozen=True)
class Kept:
    """A message is durable under this id, which is its key; it may have been before."""

    id: uuid.UUID
    is_new: bool


def keep_durably(submission: Submission, database: Database, queue: Queue) -> Kept:
    """Return when the message is durable, or raise NotKeptError, or TooManyError."""
    try:
        kept = keep_in_database(submission, database, LIMIT)
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
    return Kept(submission.message.key, is_new=True)


def keep_in_database(submission: Submission, database: Database, limit: Limit, person: str = "") -> Kept:
    """Keep the message in one round trip; of what waited, the person says whether it was erased meanwhile."""
    message = submission.message
    given = {
        "key": str(message.key),
        "name": message.name,
        "email": message.email,
        "subject": message.subject,
        "message": message.message,
        "received": submission.received.isoformat(),
        "digest": hashlib.sha256(message.message.casefold().encode()).hexdigest(),
        "canary": submission.is_canary,
        "points": submission.evidence.points,
        "reasons": "; ".join(submission.evidence.reasons),
        "buckets": ",".join(sorted(submission.charge.buckets)),
        "tokens": submission.charge.tokens,
        **vars(limit),
        **THRESHOLDS,
    }
    if person:
        given["person"] = person
    outcome = database.call(KEEP, json.dumps(given))
    if outcome == "limited":
        raise TooManyError("Many messages came from you in a short time. Please send this one in ten minutes.")
    return Kept(message.key, is_new=outcome == "new")


def drain(queue: Queue, database: Database, signer: Signer, most: int = 100) -> int:
    """Move what waits in the queue into the database; return how many messages were new to it."""
    # Asked first: what is taken while the database is away is counted by SQS, and set aside when it was taken often.
    database.ask(THERE)
    moved = seen = 0
    while seen < most and (taken := queue.take(min(10, most - seen))):
        seen += len(taken)
        moved += sum(_drain_one(queued, queue, database, signer) for queued in taken)
    return moved


def _drain_one(queued: Queued, queue: Queue, database: Database, signer: Signer) -> bool:
    try:
        submission = read_submission(queued.text)
        # It was acknowledged, so no limit refuses it any more.
        kept = keep_in_database(submission, database, NO_LIMIT, person_name(signer, submission.message.email))
    except (UnreadableSubmissionError, DatabaseRefusedError) as error:
        # It stays where it is, for somebody to look at, and holds up no other.
        tell("queued_message_refused", error=type(error).__name__, receipt=queued.receipt[:64])
        return False
    # After it is durable, never before: dying here brings the text back, and its key finds the message.
    queue.remove(queued.receipt)
    return kept.is_new


def person_name(signer: Signer, email: str) -> str:
    """Return the pseudonym under which a person is audited and known to be erased."""
    return signer.pseudonym("person", email.casefold())


def write_submission(submission: Submission) -> str:
    """Write a submission as a text for the queue."""
    message = {**vars(submission.message), "key": str(submission.message.key)}
    return json.dumps(
        {
            "message": message,
            "points": submission.evidence.points,
            "reasons": submission.evidence.reasons,
            "canary": submission.is_canary,
            **vars(submission.charge),
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
            Charge(tuple(value["buckets"]), value.get("tokens")),
            datetime.fromisoformat(value["received"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableSubmissionError from error
