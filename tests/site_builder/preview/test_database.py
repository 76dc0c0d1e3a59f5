"""A real PostgreSQL starts for anybody, keeps its data, and leaves nothing running."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from site_builder.errors import PreviewError
from site_builder.preview import database
from site_builder.preview.database import PostgresServer, running_postgres

pytestmark = pytest.mark.integration


@pytest.fixture
def reachable() -> Iterator[Path]:
    """Return a folder that every user can walk into."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-tests-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def query(server: PostgresServer, statement: str) -> list[tuple[object, ...]]:
    """Run one statement in the site's database."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def is_listening(port: int) -> bool:
    """Say whether anything answers on the port."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_data_stay_from_one_run_to_the_next(reachable: Path) -> None:
    """What was written yesterday is there today."""
    with running_postgres(reachable / "postgres") as server:
        query(server, "CREATE TABLE kept AS SELECT 1 AS one")
    with running_postgres(reachable / "postgres") as server:
        rows = query(server, "SELECT one FROM kept")

    assert rows == [(1,)]


def test_nothing_listens_after_the_end(reachable: Path) -> None:
    """No orphan, no locked port."""
    with running_postgres(reachable / "postgres") as server:
        assert is_listening(server.port)

    assert not is_listening(server.port)
    assert not (reachable / "postgres" / "data" / "postmaster.pid").exists()


def test_a_stranger_is_not_let_in(reachable: Path) -> None:
    """Another user of the machine must not become superuser of a database that runs as somebody else."""
    with running_postgres(reachable / "postgres") as server:
        stranger = PostgresServer(server.host, server.port, "guess")

        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            query(stranger, "SELECT 1")


def test_half_made_data_are_made_again(reachable: Path) -> None:
    """A start that was killed in its first second does not spoil the next."""
    (reachable / "postgres" / "data").mkdir(parents=True)
    (reachable / "postgres" / "data" / "PG_VERSION").write_text("15\n")

    with running_postgres(reachable / "postgres") as server:
        assert query(server, "SELECT current_database()") == [("zichkoding",)]


def test_data_of_another_version_are_not_touched(reachable: Path) -> None:
    """They are somebody's data: the message says the two ways on."""
    with running_postgres(reachable / "postgres"):
        pass
    (reachable / "postgres" / "data" / "PG_VERSION").write_text("9\n")

    with pytest.raises(PreviewError, match=r"made by PostgreSQL 9"), running_postgres(reachable / "postgres"):
        pass

    assert (reachable / "postgres" / "data" / "base").is_dir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as somebody else")
def test_a_closed_folder_gets_a_stand_in_that_the_servers_user_can_reach(tmp_path: Path) -> None:
    """A clone under a closed home works like any other."""
    tmp_path.chmod(0o700)
    folder = tmp_path / "postgres"
    try:
        with running_postgres(folder) as server:
            assert query(server, "SELECT 1") == [(1,)]
        assert folder.is_symlink()
        with running_postgres(folder) as server:
            assert query(server, "SELECT 2") == [(2,)]
    finally:
        shutil.rmtree(folder.resolve())


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as somebody else")
def test_a_wheels_programs_in_a_closed_folder_are_copied_with_their_libraries(tmp_path: Path, reachable: Path) -> None:
    """They find their libraries by where they lie themselves, so both move together."""
    tmp_path.chmod(0o700)
    binaries = tmp_path / "wheel" / "pginstall" / "bin"
    binaries.mkdir(parents=True)
    (binaries / "postgres").touch()
    (tmp_path / "wheel.libs").mkdir()
    (tmp_path / "wheel.libs" / "libpq.so").touch()
    found = database._reachable_binaries(binaries, reachable, database._unprivileged_identity())  # noqa: SLF001

    assert (found / "postgres").exists()
    assert (found / "../../../wheel.libs/libpq.so").resolve().exists()


def test_a_server_that_cannot_start_says_its_last_words(reachable: Path) -> None:
    """The server's own log is the evidence."""
    with running_postgres(reachable / "postgres"):
        pass
    with (reachable / "postgres" / "data" / "postgresql.conf").open("a") as settings:
        settings.write("no_such_setting = on\n")

    with pytest.raises(PreviewError, match="no_such_setting"), running_postgres(reachable / "postgres"):
        pass


def test_a_server_that_was_left_running_is_taken_over(reachable: Path) -> None:
    """Only a killed leash can leave one; the next start stops it and goes on with its data."""
    folder = reachable / "postgres"
    with running_postgres(folder) as server:
        query(server, "CREATE TABLE kept AS SELECT 1 AS one")
    owner = folder.stat()
    start = [database.find_binaries() / "pg_ctl", "start", "-D", folder / "data", "-w", "-o"]
    start += ["-c port=5 -c unix_socket_directories= -c listen_addresses=127.0.0.1 -p " + str(free_port())]
    identity = {"user": owner.st_uid, "group": owner.st_gid} if os.geteuid() == 0 else {}
    subprocess.run(start, check=True, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **identity)  # type: ignore[call-overload]

    with running_postgres(folder) as server:
        assert query(server, "SELECT one FROM kept") == [(1,)]


def free_port() -> int:
    """Return a port that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_machine_without_any_server_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first minute of a newcomer ends in a command, not in a riddle."""
    monkeypatch.setattr(database, "_candidate_folders", lambda: iter(()))

    with pytest.raises(PreviewError, match="apt install postgresql"):
        database.find_binaries()
