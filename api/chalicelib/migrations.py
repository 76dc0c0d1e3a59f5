"""Bring a database's schema from what it is to what the files say, each step whole or not at all.

    files + what is applied --plan--> steps --apply--> what is applied

A file that was applied is never changed: its hash is remembered, and another hash is refused.
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, Protocol

NAME = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
# Any number will do, as long as it is always the same one.
LOCK = 7_205_759
LOCK_SECONDS = 60
# The first line of a file whose one statement PostgreSQL runs in no transaction, such as CREATE INDEX CONCURRENTLY.
ALONE = "-- no-transaction"
# A migration that waits for a lock makes every request behind it wait as well: it gives up first.
LOCK_TIMEOUT: LiteralString = "SET LOCAL lock_timeout = '3s'"
STATEMENT_TIMEOUT: LiteralString = "SET LOCAL statement_timeout = '60s'"
BOOK: LiteralString = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
        name text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
    )
"""
RECORD: LiteralString = "INSERT INTO schema_migrations (name, sha256) VALUES (%s, %s)"


class MigrationError(Exception):
    """A migration cannot be applied; the message says which, why and what to do."""


class Schema(Protocol):
    """What migrating needs of a database."""

    def query(self, statement: LiteralString, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return its rows."""

    def run_script(self, script: str) -> None:
        """Run the statements of a migration."""

    def transaction(self) -> AbstractContextManager[None]:
        """Do all of a block or none of it."""


@dataclass(frozen=True)
class Migration:
    """One file of statements."""

    name: str
    script: str

    @property
    def sha256(self) -> str:
        """Name the file's content."""
        return hashlib.sha256(self.script.encode()).hexdigest()

    @property
    def is_alone(self) -> bool:
        """Say whether the file is to be run without a transaction."""
        return self.script.startswith(ALONE)


def read_migrations(folder: Path) -> tuple[Migration, ...]:
    """Return the migrations of a folder in their order."""
    files = sorted(folder.glob("*.sql"))
    odd = [file.name for file in files if not NAME.fullmatch(file.name)]
    if odd:
        raise MigrationError(f"{folder / odd[0]}: a migration is named like 0002_what_it_does.sql. Rename it.")
    return tuple(Migration(file.name, file.read_text()) for file in files)


def pending(migrations: Sequence[Migration], schema: Schema) -> tuple[Migration, ...]:
    """Return what has not been applied yet; this reads, and does not write to the database."""
    applied = _applied(schema)
    _refuse_changed(migrations, applied)
    return tuple(migration for migration in migrations if migration.name not in applied)


def apply_pending(migrations: Sequence[Migration], schema: Schema) -> tuple[Migration, ...]:
    """Apply what has not been applied yet, each file and its record in one transaction; return what that was."""
    with _only_one_at_a_time(schema):
        schema.query(BOOK)
        steps = pending(migrations, schema)
        for step in steps:
            _apply(step, schema)
    return steps


def _applied(schema: Schema) -> dict[str, str]:
    if schema.query("SELECT to_regclass('schema_migrations')") == [(None,)]:
        return {}
    return dict(schema.query("SELECT name, sha256 FROM schema_migrations"))


def _refuse_changed(migrations: Sequence[Migration], applied: dict[str, str]) -> None:
    for migration in migrations:
        if applied.get(migration.name, migration.sha256) != migration.sha256:
            raise MigrationError(
                f"{migration.name}: the file was changed after it had been applied. "
                "Put it back as it was, and write the change as a new migration."
            )
    unknown = sorted(applied.keys() - {migration.name for migration in migrations})
    if unknown:
        raise MigrationError(
            f"{unknown[0]}: it is applied, and there is no such file. The code is older than the database."
        )


def _apply(step: Migration, schema: Schema) -> None:
    if step.is_alone:
        _apply_alone(step, schema)
        return
    try:
        with schema.transaction():
            schema.query(LOCK_TIMEOUT)
            schema.query(STATEMENT_TIMEOUT)
            schema.run_script(step.script)
            schema.query(RECORD, (step.name, step.sha256))
    except Exception as error:
        raise MigrationError(f"{step.name}: {error}. Nothing of it was applied; mend it and run this again.") from error


def _apply_alone(step: Migration, schema: Schema) -> None:
    # No statement timeout: such a statement locks nobody out, and may take as long as the table is large.
    schema.query("SET lock_timeout = '3s'")
    try:
        schema.run_script(step.script)
    except Exception as error:
        raise MigrationError(
            f"{step.name}: {error}. It ran without a transaction, so a part of it may be there, such as an "
            "invalid index: remove that, mend the file and run this again."
        ) from error
    finally:
        schema.query("RESET lock_timeout")
    schema.query(RECORD, (step.name, step.sha256))


@contextmanager
def _only_one_at_a_time(schema: Schema) -> Iterator[None]:
    # Asked for again and again, not waited for: a waiting session holds a snapshot, and an index that is built
    # concurrently waits for every snapshot, so the two would wait for each other.
    deadline = time.monotonic() + LOCK_SECONDS
    while schema.query("SELECT pg_try_advisory_lock(%s)", (LOCK,)) != [(True,)]:
        if time.monotonic() > deadline:
            raise MigrationError("Another migration has been running for a minute. Look at it, then run this again.")
        time.sleep(0.1)
    try:
        yield
    finally:
        schema.query("SELECT pg_advisory_unlock(%s)", (LOCK,))
