"""Each index is there for a question that is asked, and the planner takes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

import psycopg
import pytest

pytestmark = pytest.mark.integration

FILL = """
    INSERT INTO contact_messages (idempotency_key, received_at, name, email, message, label, digest)
    SELECT gen_random_uuid(), now() - make_interval(mins => n), 'Ada', n || '@example.org', 'Text ' || n,
           CASE WHEN n % 10 = 0 THEN 'spam' ELSE 'ham' END, sha256(n::text::bytea)
    FROM generate_series(1, 20000) AS n;
    INSERT INTO outbox (channel, template, message_id, state, recipient, due_at)
    SELECT 'mail', 'message', CASE WHEN received_at > now() - interval '9000 minutes' THEN id END,
           CASE WHEN received_at > now() - interval '50 minutes' THEN 'waiting' ELSE 'done' END,
           CASE WHEN received_at > now() - interval '9000 minutes' THEN '' ELSE email END, received_at
    FROM contact_messages;
    INSERT INTO newsletter_subscriptions (email, state)
    SELECT n || '@example.org', CASE WHEN n % 10 = 0 THEN 'confirmed' ELSE 'asked' END
    FROM generate_series(1, 5000) AS n;
    INSERT INTO outbox (channel, template, subscription_id, state)
    SELECT 'mail', 'announcement', id, 'done' FROM newsletter_subscriptions;
    INSERT INTO members (email) SELECT n || '@example.org' FROM generate_series(1, 5000) AS n;
    INSERT INTO identities (issuer, subject, member_id) SELECT 'https://issuer.example', id, id FROM members;
    INSERT INTO sessions (token_hash, previous_hash, member_id)
    SELECT sha256(id::text::bytea), CASE WHEN id::text < '1' THEN sha256(email::bytea) END, id FROM members;
    INSERT INTO sign_in_links (email) SELECT email FROM members;
    INSERT INTO api_keys (name, scopes, secret_hash, made_by, expires_at) SELECT 'x', '{}', '', id, now() FROM members;
    ANALYZE;
"""
ANY = "'00000000-0000-0000-0000-000000000000'"
# The part of a statement that an index is there for, or, for the last ones, of the cascade of a deletion.
ASKED: tuple[tuple[LiteralString, str], ...] = (
    ("SELECT FROM contact_messages WHERE idempotency_key = " + ANY, "contact_messages_idempotency_key_key"),
    (
        "SELECT FROM contact_messages WHERE digest = '\\x00' AND received_at BETWEEN now() - interval '1 h' AND now()",
        "contact_messages_digest",
    ),
    ("SELECT FROM contact_messages WHERE lower(email) = lower('A@example.org')", "contact_messages_email"),
    (
        "SELECT * FROM contact_messages WHERE label = 'spam' ORDER BY received_at DESC LIMIT 100",
        "contact_messages_label_received",
    ),
    ("SELECT id FROM contact_messages WHERE untold ORDER BY received_at LIMIT 10", "contact_messages_untold"),
    ("SELECT id FROM outbox WHERE state = 'waiting' AND due_at <= now() ORDER BY due_at LIMIT 10", "outbox_due"),
    ("SELECT FROM outbox WHERE message_id = " + ANY, "outbox_message"),
    ("SELECT FROM outbox WHERE lower(recipient) = 'a@example.org' AND recipient <> ''", "outbox_recipient"),
    ("SELECT FROM outbox WHERE subscription_id = " + ANY, "outbox_subscription"),
    ("SELECT FROM newsletter_subscriptions WHERE lower(email) = 'a@example.org'", "newsletter_subscriptions_email"),
    ("SELECT count(*) FROM newsletter_subscriptions WHERE state = 'confirmed'", "newsletter_subscriptions_confirmed"),
    ("SELECT FROM members WHERE lower(email) = 'a@example.org'", "members_email"),
    ("SELECT FROM sessions WHERE previous_hash = '\\x00'", "sessions_previous"),
    ("SELECT FROM sign_in_links WHERE lower(email) = 'a@example.org'", "sign_in_links_email"),
    ("SELECT FROM identities WHERE member_id = " + ANY, "identities_member"),
    ("SELECT FROM sessions WHERE member_id = " + ANY, "sessions_member"),
    ("SELECT FROM api_keys WHERE made_by = " + ANY, "api_keys_made_by"),
)  # fmt: skip


@pytest.fixture
def filled(database: str) -> Iterator[psycopg.Connection[tuple[str]]]:
    """Return a connection to a database with something in it."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(FILL)
        yield connection


def test_every_index_is_taken_for_what_it_is_there_for(filled: psycopg.Connection[tuple[str]]) -> None:
    """And there is none that nobody asks for."""
    for question, index in ASKED:
        plan = "\n".join(line for (line,) in filled.execute("EXPLAIN " + question))
        assert f" {index} " in plan or f" {index}\n" in plan + "\n", f"{question}\n{plan}"
    keys = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%pkey'"
    others = {name for (name,) in filled.execute(keys)} - {index for _, index in ASKED}

    # Uniqueness alone.
    assert others == {"announcements_url_key"}
