"""Make a message durable: in PostgreSQL, else in the queue, from which it is drained exactly once.

The key is what makes it once. Whether a statement that got no answer was carried out cannot be known, so the message
goes to the queue as well; when it is drained, the key is found or it is not.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime
from functools import cache
from typing import LiteralString, NamedTuple

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
from chalicelib.fields import is_storable
from chalicelib.limits import Charge, Limit
from chalicelib.observe import tell
from chalicelib.queue import Queue, Queued
from chalicelib.signing import Signer

# Five at once, then one in ten minutes; what is written on credit is labelled, and there is an end to credit.
LIMIT = Limit(burst=5.0, per_second=1 / 600, credit=25.0)
NO_LIMIT = LIMIT._replace(credit=1e9)
# One function, one round trip, one transaction; what it does is in the migration that makes it.
PARTS: LiteralString = """
    key => $1, received => $2, name => $3, email => $4, subject => $5, message => $6, digest => $7,
    canary => $8, points => $9, reasons => $10, buckets => $11, tokens => $12, waited_from => $13
"""
THERE: LiteralString = "SELECT 1"


class UnreadableSubmissionError(Exception):
    """What came out of the queue is nothing that we put in."""


class Submission(NamedTuple):
    """A message with all that is needed to keep it, now or later."""

    message: ContactMessage
    evidence: Evidence
    is_canary: bool
    # What it costs the sender and the address it came from; neither can be read out of the buckets' names.
    charge: Charge
    # Of what waits; else it is now.
    received: datetime | None = None


class Kept(NamedTuple):
    """A message is durable under this id, which is its key; it may have been before."""

    id: str
    is_new: bool
    # As yet in the queue: whether the database has it already is not known.
    waits: bool = False


def keep_durably(submission: Submission, database: Database, queue: Queue) -> Kept:
    """Return when the message is durable, or raise NotKeptError, or TooManyError."""
    try:
        return keep_in_database(submission, database, LIMIT)
    except DatabaseUnavailableError:
        # Whatever the reason, a schema that is too old included: what somebody wrote is not to be lost over it.
        pass
    try:
        queue.put(write_submission(submission._replace(received=submission.received or datetime.now(UTC))))
    except QueueUnavailableError as error:
        tell("message_not_kept", key=submission.message.key)
        raise NotKeptError from error
    tell("message_queued", key=submission.message.key)
    return Kept(submission.message.key, is_new=True, waits=True)


def keep_in_database(submission: Submission, database: Database, limit: Limit, waited_from: str | None = None) -> Kept:
    """Keep the message in one round trip; of what waited, its sender says whether it was erased meanwhile."""
    message, evidence, charge = submission.message, submission.evidence, submission.charge
    outcome = database.call(
        keep_under(limit),
        # As PARTS has them.
        message.key,
        submission.received.isoformat() if submission.received else None,
        message.name,
        message.email,
        message.subject,
        message.message,
        # As PostgreSQL writes bytes.
        "\\x" + hashlib.sha256(message.message.casefold().encode()).hexdigest(),
        "true" if submission.is_canary else "false",
        str(evidence.points),
        "; ".join(evidence.reasons),
        # In order, so that no two wait for each other's second bucket.
        ",".join(sorted(charge.buckets)),
        None if charge.tokens is None else str(charge.tokens),
        waited_from,
    )
    if outcome == "limited":
        raise TooManyError("Many messages came from you in a short time. Please send this one in ten minutes.")
    return Kept(message.key, is_new=outcome == "new")


@cache
def keep_under(limit: Limit) -> LiteralString:
    """Return the statement with what the database judges by: points are given here, and added up there."""
    rules = {**limit._asdict(), "spam_at": SPAM_AT, "debt_points": DEBT_POINTS}
    return f"SELECT accept_message({PARTS}, {', '.join(f'{name} => {value}' for name, value in rules.items())})"


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
    return json.dumps(
        {
            "message": submission.message._asdict(),
            "points": submission.evidence.points,
            "reasons": submission.evidence.reasons,
            "canary": submission.is_canary,
            **submission.charge._asdict(),
            "received": submission.received and submission.received.isoformat(),
        }
    )


def read_submission(text: str) -> Submission:
    """Read what `write_submission` wrote."""
    try:
        value = json.loads(text)
        message = ContactMessage(**value["message"])
        submission = Submission(
            # As a key is written here, or it is none.
            message._replace(key=str(uuid.UUID(message.key))),
            Evidence(value["points"], tuple(value["reasons"])),
            value["canary"],
            Charge(tuple(value["buckets"]), value.get("tokens")),
            datetime.fromisoformat(value["received"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableSubmissionError from error
    texts = (*submission.message, *submission.evidence.reasons, *submission.charge.buckets)
    if not all(isinstance(one, str) and is_storable(one) for one in texts):
        raise UnreadableSubmissionError
    return submission
