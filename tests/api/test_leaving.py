"""What the site has kept is at home on any PostgreSQL: by the very commands that the runbook names."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from chalicelib.postgres import PostgresDatabase

from site_builder.preview.database import PostgresServer, find_binaries, running_postgres
from tests.api.conftest import API, API_PASSWORD, as_api

pytestmark = pytest.mark.integration
RUNBOOK = (API.parent / "docs" / "runbooks" / "leave-aws.md").read_text()
DUMP = ("--format=custom", "--no-owner")
RESTORE = ("--no-owner", "--exit-on-error")


@pytest.fixture
def elsewhere() -> Iterator[PostgresServer]:
    """Run a server that knows nothing of the site."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-elsewhere-") as folder:
        Path(folder).chmod(0o711)
        with running_postgres(Path(folder) / "postgres", durable=False) as server:
            yield server


def program(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs."""
    found = find_binaries() / name
    if not found.exists():
        pytest.skip(f"there is no {name} beside this machine's PostgreSQL")
    subprocess.run([str(found), *arguments], check=True, capture_output=True)


def migrate(url: str, command: str) -> str:
    """Run a command of the migrations, and return what it says."""
    return subprocess.run(
        [sys.executable, "migrate.py", command],
        cwd=API,
        env={**os.environ, "DATABASE_URL": url, "API_PASSWORD": API_PASSWORD},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


def test_a_dump_is_the_same_database_elsewhere(database: str, elsewhere: PostgresServer, tmp_path: Path) -> None:
    """All rows, all migrations, and the API's role with its few rights."""
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO contact_messages (idempotency_key, name, email, message)"
            " SELECT gen_random_uuid(), 'Ada', 'ada@example.org', 'Text ' || n FROM generate_series(1, 40) AS n"
        )
    program("pg_dump", *DUMP, f"--file={tmp_path / 'site.dump'}", database)
    with psycopg.connect(elsewhere.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE zichkoding_api")
    program("pg_restore", *RESTORE, "-d", elsewhere.url(), str(tmp_path / "site.dump"))

    assert migrate(elsewhere.url(), "apply") == "Everything is applied.\n"
    before, after = (json.loads(migrate(url, "inventory")) for url in (database, elsewhere.url()))
    assert before["rows"]["contact_messages"] == 40
    assert after == before
    door = PostgresDatabase(as_api(elsewhere.url()))
    assert door.ask("SELECT count(*) FROM contact_messages") == [(40,)]
    door.close()


def test_the_runbook_names_what_was_tried() -> None:
    """A command that is changed there is to be tried here."""
    assert f"pg_dump {' '.join(DUMP)} --file=site.dump" in RUNBOOK
    assert f"pg_restore {' '.join(RESTORE)} -d zichkoding site.dump" in RUNBOOK
    assert 'psql -d postgres -c "CREATE ROLE zichkoding_api"' in RUNBOOK
