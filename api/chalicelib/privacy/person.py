"""All that is held under an address: found, given back, erased; each leaves a line in the audit.

The line names the person by a pseudonym, so that it can be found again by who knows the address, and by nobody else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, LiteralString

from chalicelib.contact.keeping import drain, person_name
from chalicelib.services import Services

# One statement, so what is given back was all there at one moment; json and not jsonb, which has an order of its own.
HELD: LiteralString = """
    SELECT json_build_object(
        'account', (
            SELECT json_build_object('id', id, 'email', email, 'name', name, 'role', role, 'since', since)
            FROM members WHERE lower(email) = lower(%(email)s)
        ),
        'identities', coalesce((
            SELECT json_agg(json_build_object('issuer', issuer, 'subject', subject))
            FROM identities JOIN members ON members.id = member_id WHERE lower(email) = lower(%(email)s)
        ), '[]'),
        'newsletter', (
            SELECT json_build_object('email', email, 'state', state, 'asked', asked_at, 'confirmed', confirmed_at)
            FROM newsletter_subscriptions WHERE lower(email) = lower(%(email)s)
        ),
        'saved', coalesce((
            SELECT json_agg(json_build_object('path', path, 'title', title, 'saved', saved_at) ORDER BY saved_at)
            FROM saved_posts JOIN members ON members.id = member_id WHERE lower(email) = lower(%(email)s)
        ), '[]'),
        'messages', coalesce((
            SELECT json_agg(json_build_object(
                'id', id, 'sent', received_at, 'name', name, 'email', email, 'subject', subject, 'message', message,
                'label', label, 'reason', label_reason, 'done', done_at) ORDER BY received_at)
            FROM contact_messages WHERE lower(email) = lower(%(email)s)
        ), '[]'),
        'sessions', coalesce((
            SELECT json_agg(json_build_object('since', made_at, 'until', expires_at) ORDER BY made_at)
            FROM sessions JOIN members ON members.id = member_id WHERE lower(email) = lower(%(email)s)
        ), '[]'),
        'sign_in_links', coalesce((
            SELECT json_agg(json_build_object('sent', made_at, 'used', used_at) ORDER BY made_at)
            FROM sign_in_links WHERE lower(email) = lower(%(email)s)
        ), '[]'),
        'deliveries', coalesce((
            SELECT json_agg(json_build_object('what', template, 'state', state, 'made', made_at) ORDER BY made_at)
            FROM outbox WHERE lower(recipient) = lower(%(email)s) AND recipient <> ''
        ), '[]')
    )
"""
AUDIT: LiteralString = """
    INSERT INTO audit (actor, action, person, counts) VALUES (%(actor)s, %(action)s, %(person)s, %(counts)s::jsonb)
"""
ERASE: LiteralString = "SELECT receipt, erased_at, counts FROM erase_person(%(email)s, %(person)s, %(actor)s)"
MOST_DRAINED = 1000


@dataclass(frozen=True)
class Receipt:
    """What was erased, and the audit line that says so."""

    id: str
    at: str
    counts: dict[str, int]


def held_of(services: Services, email: str, *, actor: str, action: str) -> dict[str, Any]:
    """Return all that is held under the address, what waits in the queue included; raise where that cannot be."""
    _empty_queue(services)
    held: dict[str, Any] = services.database.ask(HELD, {"email": email})[0][0]
    counts = {name: len(value) if isinstance(value, list) else int(value is not None) for name, value in held.items()}
    _audit(services, email, actor, action, counts)
    return held


def erase(services: Services, email: str, *, actor: str) -> Receipt:
    """Delete all that is held under the address, what waits in the queue included; raise where that cannot be."""
    _empty_queue(services)
    values = {"email": email, "person": person_name(services.signer, email), "actor": actor}
    receipt, at, counts = services.database.ask(ERASE, values)[0]
    return Receipt(str(receipt), at.isoformat(), counts)


def _empty_queue(services: Services) -> None:
    """Bring what waits into the tables, where it is found by its address."""
    drain(services.queue, services.database, services.signer, most=MOST_DRAINED)


def _audit(services: Services, email: str, actor: str, action: str, counts: dict[str, int]) -> None:
    values = {
        "actor": actor,
        "action": action,
        "person": person_name(services.signer, email),
        "counts": json.dumps(counts),
    }
    services.database.ask(AUDIT, values)
