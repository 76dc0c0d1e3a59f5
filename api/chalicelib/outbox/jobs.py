"""The jobs in the database."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

from chalicelib.database import Database

# Twelve attempts with doubling pauses: two days in which the other side may come back.
MOST_ATTEMPTS = 12
FIRST_PAUSE_SECONDS = 30
LONGEST_PAUSE_SECONDS = 8 * 3600
# What is taken is put off by as long as the slowest delivery could take.
TAKE: LiteralString = """
    WITH taken AS (
        UPDATE outbox SET attempts = attempts + 1, due_at = now() + interval '5 minutes'
        WHERE id IN (
            SELECT id FROM outbox WHERE state = 'waiting' AND due_at <= now()
            ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
        )
        RETURNING id, channel, template, recipient, details, attempts, message_id, made_at
    )
    SELECT taken.id, channel, template, recipient, details, attempts, made_at,
           message.id, message.received_at, message.name, message.email, message.subject, message.message
    FROM taken LEFT JOIN contact_messages AS message ON message.id = taken.message_id
    ORDER BY made_at
"""
# What was delivered needs no address any more.
FINISH: LiteralString = """
    UPDATE outbox SET state = 'done', ended_at = now(), last_error = '', recipient = '', details = '{}'
    WHERE id = %(id)s
"""
PUT_OFF: LiteralString = """
    UPDATE outbox SET due_at = now() + make_interval(secs => %(pause)s), last_error = %(reason)s WHERE id = %(id)s
"""
BURY: LiteralString = """
    UPDATE outbox SET state = 'dead', ended_at = now(), last_error = %(reason)s WHERE id = %(id)s
"""
ADD: LiteralString = """
    INSERT INTO outbox (channel, template, recipient, details)
    VALUES ('mail', %(template)s, %(recipient)s, %(details)s::jsonb)
"""


@dataclass(frozen=True)
class Subject:
    """The message that a job is about."""

    id: uuid.UUID
    received: datetime
    name: str
    email: str
    subject: str
    message: str


@dataclass(frozen=True)
class Job:
    """One delivery."""

    id: uuid.UUID
    channel: str
    template: str
    recipient: str
    details: dict[str, Any]
    attempts: int
    made: datetime
    about: Subject | None


def take_jobs(database: Database, most: int) -> list[Job]:
    """Return jobs that are due, and keep them from other workers for a while."""
    rows = database.ask(TAKE, {"most": most})
    return [Job(*(*row[:7], Subject(*row[7:]) if row[7] else None)) for row in rows]


def finish_job(database: Database, job: Job) -> None:
    """Write down that the job is done."""
    database.ask(FINISH, {"id": job.id})


def put_off_job(database: Database, job: Job, reason: str, jitter: float) -> None:
    """Have the job tried again, later each time."""
    pause = min(FIRST_PAUSE_SECONDS * 2 ** (job.attempts - 1), LONGEST_PAUSE_SECONDS) * (1 + jitter)
    database.ask(PUT_OFF, {"id": job.id, "pause": pause, "reason": reason})


def bury_job(database: Database, job: Job, reason: str) -> None:
    """Give the job up, and keep it for somebody to look at."""
    database.ask(BURY, {"id": job.id, "reason": reason})


def add_mail(database: Database, template: str, recipient: str, details: Mapping[str, object] | None = None) -> None:
    """Have a mail sent."""
    database.ask(ADD, {"template": template, "recipient": recipient, "details": json.dumps(details or {})})
