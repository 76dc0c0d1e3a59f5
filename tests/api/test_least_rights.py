"""The API's role in the database: it may do what the API's statements do, and nothing else.

All other tests of the API run as this role too, so what functions in the database do inside is held to it there.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections import defaultdict
from collections.abc import Iterator

import chalicelib
import psycopg
import pytest
from chalicelib.contact.keeping import LIMIT, keep_under
from chalicelib.database import Database
from chalicelib.errors import DatabaseRefusedError
from chalicelib.migrations import read_migrations
from chalicelib.postgres import PostgresDatabase
from chalicelib.privacy.retention import CLOCKS
from psycopg.errors import InsufficientPrivilege

from tests.api.conftest import API, as_api

# What migrates is the owner's.
OWNERS = ("chalicelib.migrations",)
STATEMENT = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH)\s")
# Each is something that the API never does, and that somebody who got hold of its connection would like to.
FORBIDDEN = (
    "DROP TABLE contact_messages",
    "TRUNCATE contact_messages",
    "ALTER TABLE contact_messages ADD COLUMN more text",
    "ALTER TABLE contact_messages OWNER TO zichkoding_api",
    "CREATE TABLE public.mine (id integer)",
    "CREATE INDEX mine ON contact_messages (name)",
    "CREATE OR REPLACE FUNCTION erase_person(text, text, text) RETURNS text LANGUAGE sql AS 'SELECT 1::text'",
    "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    "UPDATE contact_messages SET message = 'other words'",
    "UPDATE contact_messages SET email = 'other@example.org'",
    "UPDATE members SET email = 'other@example.org'",
    "UPDATE identities SET subject = 'other'",
    "UPDATE audit SET actor = 'nobody'",
    "SELECT actor, person, counts FROM audit",
    "INSERT INTO schema_migrations (name, sha256) VALUES ('9999_mine.sql', '')",
    "DELETE FROM schema_migrations",
    "DELETE FROM announcements",
    "SELECT rolpassword FROM pg_authid",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY contact_messages TO PROGRAM 'cat'",
    "SET ROLE zichkoding",
    "ALTER ROLE zichkoding_api SUPERUSER",
    "CREATE ROLE mine",
    "CREATE DATABASE mine",
)

pytestmark = pytest.mark.integration


def statements() -> Iterator[tuple[str, str]]:
    """Return every statement that the API has, and where it is written."""
    for module in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        if module.name not in OWNERS:
            for name, value in vars(importlib.import_module(module.name)).items():
                if isinstance(value, str) and STATEMENT.match(value):
                    yield f"{module.name}.{name}", value
    # What is called has places for its values.
    yield "keep_under", re.sub(r"\$\d+", "NULL", keep_under(LIMIT))
    for clock in CLOCKS:
        yield f"the clock of {clock.table}", clock.statement


STATEMENTS = tuple(statements())


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection[tuple[str]]]:
    """Return a connection as the API's role, without the API's door in between."""
    with psycopg.connect(as_api(database), autocommit=True) as made:
        yield made


def test_every_statement_of_the_api_is_among_those_that_are_tried() -> None:
    """What is asked of the database is a named constant, or a clock's."""
    written = "".join(path.read_text() for path in (API / "chalicelib").rglob("*.py"))
    named = {where.rpartition(".")[2] for where, _ in STATEMENTS}

    assert set(re.findall(r"database\.(?:ask|call)\(\s*(\w+)", written)) <= {*named, "statement", "clock"}
    assert len(STATEMENTS) > len(named) > 20


@pytest.mark.parametrize(("where", "statement"), STATEMENTS, ids=[where for where, _ in STATEMENTS])
def test_the_role_may_do_what_the_api_does(
    connection: psycopg.Connection[tuple[str]], where: str, statement: str
) -> None:
    """PostgreSQL looks at the rights of a statement that it explains as if it ran it."""
    plan = connection.execute(f"EXPLAIN {statement}".encode(), defaultdict(lambda: None)).fetchall()

    assert plan, where


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_role_may_do_nothing_else(connection: psycopg.Connection[tuple[str]], statement: str) -> None:
    """Neither shape nor history, and no way out."""
    with pytest.raises(InsufficientPrivilege):
        connection.execute(statement.encode())


def test_the_role_owns_nothing_and_is_nobody_special(owner: Database) -> None:
    """No table, no function, no schema; and no attribute by which it would get any."""
    owned = owner.ask("""
        SELECT count(*) FROM pg_shdepend JOIN pg_roles ON pg_roles.oid = refobjid
        WHERE rolname = 'zichkoding_api' AND deptype = 'o'
    """)
    special = owner.ask("""
        SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
               EXISTS (SELECT FROM pg_auth_members WHERE member = pg_roles.oid)
        FROM pg_roles WHERE rolname = 'zichkoding_api'
    """)

    assert owned == [(0,)]
    assert special == [(False, False, False, False, False, False)]


def test_the_server_keeps_a_hash_of_the_roles_password(owner: Database) -> None:
    """And no log ever had the password."""
    ((kept,),) = owner.ask("SELECT rolpassword FROM pg_authid WHERE rolname = 'zichkoding_api'")

    assert kept.startswith("SCRAM-SHA-256$")


def test_a_table_that_nobody_granted_is_closed(database: str, owner: Database) -> None:
    """A migration that forgets the role is found by the statement that needs it."""
    owner.ask("CREATE TABLE later (id integer)")
    door = PostgresDatabase(as_api(database))

    with pytest.raises(DatabaseRefusedError):
        door.ask("SELECT id FROM later")
    door.close()


def test_every_table_has_its_rights_in_a_migration(owner: Database) -> None:
    """Written down where it is made or later; none is open to everybody."""
    written = "".join(step.script for step in read_migrations(API / "migrations"))
    tables = [name for (name,) in owner.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    public = owner.ask("""
        SELECT table_name FROM information_schema.table_privileges
        WHERE table_schema = 'public' AND grantee = 'PUBLIC'
    """)

    assert [name for name in tables if not re.search(rf"ON\s+{name}\s+TO\s+zichkoding_api", written)] == []
    assert public == []
