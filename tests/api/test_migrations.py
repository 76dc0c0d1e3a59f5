"""The schema gets from what it is to what the files say, each step whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import migrate
import psycopg
import pytest
from chalicelib.migrations import MigrationError, apply_pending, pending, read_migrations
from chalicelib.postgres import open_schema

from tests.api.conftest import API

# The runner sets both timeouts for each migration, so that no file can forget them.
RULES = ("--assume-in-transaction", "--pg-version=15.0", "--exclude=require-lock-timeout,require-statement-timeout")

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two migrations."""
    (tmp_path / "0001_one.sql").write_text("CREATE TABLE one (id int); INSERT INTO one VALUES (1);")
    (tmp_path / "0002_two.sql").write_text("CREATE TABLE two (id int);")
    return tmp_path


def apply(folder: Path, url: str) -> list[str]:
    """Apply a folder's migrations and return which were."""
    with open_schema(url) as schema:
        return [step.name for step in apply_pending(read_migrations(folder), schema)]


def tables(url: str) -> set[str]:
    """Return the names of the tables."""
    with psycopg.connect(url) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {name for (name,) in rows}


def command(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line."""
    environment = {**os.environ, "DATABASE_URL": url}
    return subprocess.run(
        [sys.executable, "migrate.py", *arguments],
        cwd=API,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_is_applied_is_not_applied_again(folder: Path, empty_database: str) -> None:
    """Running it twice is running it once."""
    assert apply(folder, empty_database) == ["0001_one.sql", "0002_two.sql"]
    assert apply(folder, empty_database) == []


def test_a_plan_writes_nothing(folder: Path, empty_database: str) -> None:
    """Looking is free."""
    with open_schema(empty_database) as schema:
        steps = pending(read_migrations(folder), schema)

    assert [step.name for step in steps] == ["0001_one.sql", "0002_two.sql"]
    assert tables(empty_database) == set()


def test_a_file_that_was_changed_after_it_was_applied_is_refused(folder: Path, empty_database: str) -> None:
    """The database would not be what the files say."""
    apply(folder, empty_database)
    (folder / "0001_one.sql").write_text("CREATE TABLE other (id int);")

    with pytest.raises(MigrationError, match=r"0001_one\.sql: the file was changed"):
        apply(folder, empty_database)


def test_code_that_is_older_than_the_database_is_refused(folder: Path, empty_database: str) -> None:
    """An old deploy does not pretend that all is well."""
    apply(folder, empty_database)
    (folder / "0002_two.sql").unlink()

    with pytest.raises(MigrationError, match=r"0002_two\.sql: it is applied, and there is no such file"):
        apply(folder, empty_database)


def test_a_step_that_fails_leaves_nothing_of_itself(folder: Path, empty_database: str) -> None:
    """What came before it stays, and mending it goes on from there."""
    (folder / "0002_two.sql").write_text("CREATE TABLE two (id int); SELECT 1/0;")

    with pytest.raises(MigrationError, match="division by zero"):
        apply(folder, empty_database)
    assert tables(empty_database) == {"one", "schema_migrations"}

    (folder / "0002_two.sql").write_text("CREATE TABLE two (id int);")
    assert apply(folder, empty_database) == ["0002_two.sql"]


def test_a_step_and_its_record_are_one(folder: Path, empty_database: str) -> None:
    """Where the record cannot be written, the step has not happened either."""
    record = "INSERT INTO schema_migrations (name, sha256) VALUES ('0002_two.sql', 'x');"
    (folder / "0002_two.sql").write_text(f"CREATE TABLE two (id int); {record}")

    with pytest.raises(MigrationError, match="duplicate key"):
        apply(folder, empty_database)

    assert tables(empty_database) == {"one", "schema_migrations"}


def test_a_step_that_can_have_no_transaction_says_so(folder: Path, empty_database: str) -> None:
    """An index is then built without locking anybody out; four at once do not wait for each other for ever."""
    words = "-- no-transaction\nCREATE INDEX CONCURRENTLY one_id ON one (id);"
    (folder / "0003_index.sql").write_text(words)
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: len(apply(folder, empty_database)), range(4)))

    assert sorted(counts) == [0, 0, 0, 3]


def test_a_step_without_a_transaction_that_fails_says_what_may_be_left(folder: Path, empty_database: str) -> None:
    """Nobody believes that nothing happened."""
    (folder / "0003_index.sql").write_text("-- no-transaction\nCREATE INDEX CONCURRENTLY x ON nothing (id);")

    with pytest.raises(MigrationError, match=r"0003_index\.sql: .*without a transaction"):
        apply(folder, empty_database)
    assert tables(empty_database) == {"one", "two", "schema_migrations"}


def test_of_several_at_once_one_applies(folder: Path, empty_database: str) -> None:
    """Two deploys that start together do not fall over each other."""
    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(lambda _: len(apply(folder, empty_database)), range(4)))

    assert sorted(counts) == [0, 0, 0, 2]


def test_a_file_with_an_odd_name_is_refused(folder: Path) -> None:
    """The order is in the name."""
    (folder / "latest.sql").write_text("")

    with pytest.raises(MigrationError, match=r"latest\.sql"):
        read_migrations(folder)


def test_the_command_says_what_it_would_do_does_it_and_verifies_it(empty_database: str) -> None:
    """Three words, three answers, three exit codes."""
    before, planned = command(empty_database, "verify"), command(empty_database, "plan")
    applied, after = command(empty_database, "apply"), command(empty_database, "verify")

    assert (before.returncode, planned.returncode, applied.returncode, after.returncode) == (1, 0, 0, 0)
    assert "to apply  0001_contact_messages.sql" in planned.stdout
    assert "applied  0001_contact_messages.sql" in applied.stdout
    assert after.stdout == "Everything is applied.\n"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "DATABASE_URL is not set"),
        ("mysql://x", "does not begin with"),
        ("postgresql://a@127.0.0.1:1/x", "refused"),
    ],
)
def test_a_database_that_cannot_be_reached_is_said_without_a_traceback(url: str, words: str) -> None:
    """The variable, or the server's words."""
    done = command(url, "plan")

    assert (done.returncode, words in done.stderr, "Traceback" in done.stderr) == (1, True, False)


def test_no_migration_locks_a_live_table(project_root: Path) -> None:
    """The linter knows what blocks readers and writers."""
    files = sorted((API / "migrations").glob("*.sql"))
    done = subprocess.run(
        [Path(sys.executable).parent / "squawk", *RULES, *files],
        cwd=project_root,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_in_lambda_it_applies_and_says_the_level(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looking first, then twice: the second time there is nothing left to do."""
    monkeypatch.setenv("DATABASE_URL", empty_database)
    names = [step.name for step in read_migrations(API / "migrations")]
    looked, done, again = migrate.work({"command": "plan"}, None), migrate.work({}, None), migrate.work({}, None)

    assert looked == {"applied": [], "pending": names, "level": ""}
    assert done == {"applied": names, "pending": [], "level": names[-1]}
    assert again == {"applied": [], "pending": [], "level": names[-1]}


def test_in_lambda_what_was_not_applied_is_no_success(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database is asked, not the one who applied."""
    monkeypatch.setenv("DATABASE_URL", empty_database)
    monkeypatch.setattr(migrate, "_apply", lambda *_: ())

    with pytest.raises(MigrationError, match=r"0001_.*not there"):
        migrate.work({}, None)


def test_in_lambda_a_command_that_is_none_is_refused(empty_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typing error applies nothing."""
    monkeypatch.setenv("DATABASE_URL", empty_database)

    with pytest.raises(MigrationError, match="'aply' is no command"):
        migrate.work({"command": "aply"}, None)
    assert tables(empty_database) == set()
