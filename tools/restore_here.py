"""The drill on this machine: a real PostgreSQL that keeps its log away, a real disaster, and the moment before it.

It is what RDS does: a base backup, the log since then, and a server that reads both up to a moment.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from site_builder.preview.database import SUPERUSER, PostgresServer, find_binaries, running_postgres
from tools.restore_drill import Inventory, Report, RestoreError, drill

API = Path(__file__).resolve().parents[1] / "api"
WAIT_SECONDS = 60


class ArchivedServer:
    """A server, the folder that it keeps its log away in, and a copy of it once there is one."""

    def __init__(self, folder: Path, live: PostgresServer, running: ExitStack) -> None:
        self._folder = folder
        self._live = live
        self._running = running
        self._copy: PostgresServer | None = None

    @property
    def url(self) -> str:
        """Return the database's address: after a switch, that of the copy."""
        return self._live.url()

    def newest(self) -> datetime:
        """Return the moment up to which everything is in the archive."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            row = connection.execute("SELECT clock_timestamp(), pg_walfile_name(pg_switch_wal())").fetchone()
        moment, file = row or (datetime.now(UTC), "")
        _until((self._folder / "archive" / file).exists, f"{file} does not come into the archive")
        return moment if isinstance(moment, datetime) else datetime.now(UTC)

    def back_up(self) -> None:
        """Make a base backup, as RDS does each night."""
        _as_server(self._folder, [
            str(find_binaries() / "pg_basebackup"), "--pgdata", str(self._folder / "restored" / "data"),
            "--host", self._live.host, "--port", str(self._live.port), "--username", SUPERUSER, "--checkpoint", "fast",
            "--wal-method", "none", "--no-sync",
        ], {"PGPASSWORD": self._live.password})  # fmt: skip

    def begin(self, moment: datetime) -> None:
        """Tell the copy where the log is, and where to stop."""
        place = self._folder / "restored"
        for name in ("made", "password"):
            shutil.copy2(self._folder / "postgres" / name, place / name)
        data = place / "data"
        with (data / "postgresql.auto.conf").open("a") as file:
            file.write("archive_mode = off\n")
            file.write(f'restore_command = \'cp "{self._folder / "archive"}/%f" "%p"\'\n')
            file.write(f"recovery_target_time = '{moment.isoformat()}'\n")
            file.write("recovery_target_action = 'promote'\n")
        (data / "recovery.signal").touch()
        owner = data.stat()
        for path in (data / "recovery.signal", place / "made", place / "password"):
            os.chown(path, owner.st_uid, owner.st_gid)

    def wait(self) -> None:
        """Start the copy, and return when it has read the log up to the moment."""
        self._copy = self._running.enter_context(running_postgres(self._folder / "restored"))
        url = self._copy.url()

        def is_done() -> bool:
            with psycopg.connect(url, autocommit=True) as connection:
                return connection.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)

        _until(is_done, "the copy does not come to the moment")

    def count(self, *, copy: bool) -> Inventory:
        """Count with the same command as in AWS."""
        server = self._copy if copy and self._copy else self._live
        said = json.loads(migrate(server.url(), "inventory"))
        return Inventory(said["rows"], said["newest_message"])

    def switch(self) -> str:
        """Let everybody go to the copy from now on."""
        if self._copy is None:
            raise RestoreError("there is no copy yet")
        self._live = self._copy
        return f"The database is at {self._live.host}:{self._live.port} now."

    def remove(self) -> None:
        """Nothing stays: the folder goes with the drill."""


@contextmanager
def archived_server() -> Iterator[ArchivedServer]:
    """Run a migrated server that keeps its log away, and remove all of it at the end."""
    if not (find_binaries() / "pg_basebackup").exists():
        raise RestoreError("there is no pg_basebackup beside this machine's PostgreSQL. Debian: apt install postgresql")
    with tempfile.TemporaryDirectory(prefix="zichkoding-drill-") as name, ExitStack() as running:
        folder = Path(name)
        # The server may run as somebody else, who has to walk through to its data.
        folder.chmod(0o711)
        with running_postgres(folder / "postgres") as server:
            data = (folder / "postgres" / "data").stat()
            for kept in ("archive", "restored"):
                (folder / kept).mkdir(mode=0o700)
                os.chown(folder / kept, data.st_uid, data.st_gid)
            keep_away(server, folder / "archive")
        live = running.enter_context(running_postgres(folder / "postgres"))
        migrate(live.url(), "apply")
        yield ArchivedServer(folder, live, running)


def keep_away(server: PostgresServer, archive: Path) -> None:
    """Let the server copy each full piece of its log, from its next start on."""
    command = f'test ! -f "{archive}/%f" && cp "%p" "{archive}/%f"'
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET archive_mode = 'on'")
        connection.execute(sql.SQL("ALTER SYSTEM SET archive_command = {}").format(sql.Literal(command)))


def migrate(url: str, command: str) -> str:
    """Run a command of the API's migrations, and return what it says."""
    done = subprocess.run(
        [sys.executable, "migrate.py", command],
        cwd=API,
        env={**os.environ, "DATABASE_URL": url, "DATABASE_AUTH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RestoreError(f"migrate.py {command}: {done.stderr.strip()}")
    return done.stdout


def write_messages(url: str, count: int) -> None:
    """Keep some messages, as visitors' ones are."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO contact_messages (idempotency_key, name, email, message)"
            " SELECT gen_random_uuid(), 'A visitor', 'visitor@example.org', 'Message ' || n"
            " FROM generate_series(1, %s) AS n",
            (count,),
        )


def drill_here(tell: Callable[[str], None]) -> Report:
    """Keep messages, lose all of them, and have them back as of the moment before."""
    with archived_server() as server:
        write_messages(server.url, 500)
        tell("make a base backup …")
        server.back_up()
        write_messages(server.url, 500)
        moment = server.newest()
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("DELETE FROM contact_messages")
        report = drill(server, moment=moment, switch=True, tell=tell)
        kept = report.copy.rows["contact_messages"] if report.copy else 0
        if kept != 1000:  # noqa: PLR2004 - what was kept above
            raise RestoreError(f"of 1000 messages {kept} came back")
        return report


def _as_server(folder: Path, command: list[str], environment: dict[str, str]) -> None:
    """Run a command as the user whose server it is."""
    owner = (folder / "postgres" / "data").stat()
    other = os.geteuid() == 0
    done = subprocess.run(
        command,
        env={**os.environ, **environment},
        user=owner.st_uid if other else None,
        group=owner.st_gid if other else None,
        extra_groups=[] if other else None,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RestoreError(f"{Path(command[0]).name} failed: {done.stderr.strip()}")


def _until(is_so: Callable[[], bool], otherwise: str) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise RestoreError(f"{otherwise} within a minute. Look at the server's log.")
        time.sleep(0.05)
