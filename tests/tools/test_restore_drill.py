"""A restored database is what it was at a moment; each step is timed, and no copy is left behind."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
from moto.server import ThreadedMotoServer

from tools import restore_drill
from tools.restore_drill import Inventory, Report, RestoreError, drill, told
from tools.restore_here import archived_server, write_messages
from tools.restore_rds import RdsInstance, counted_by

ROOT = Path(__file__).resolve().parents[2]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FULL = Inventory({"contact_messages": 5, "schema_migrations": 7}, "2026-03-01T11:59:00+00:00")


class FakeDatabase:
    """A database whose copy is ready at once, and which remembers what was asked of it."""

    def __init__(self, copy: Inventory = FULL, *, fails_at: str = "") -> None:
        self.asked: list[str] = []
        self._copy = copy
        self._fails_at = fails_at

    def newest(self) -> datetime:
        """Everything up to five minutes before noon can be had back."""
        return NOON - timedelta(minutes=5)

    def begin(self, moment: datetime) -> None:
        """Remember the moment."""
        self._do(f"begin {moment:%H:%M}")

    def wait(self) -> None:
        """Be ready at once."""
        self._do("wait")

    def count(self, *, copy: bool) -> Inventory:
        """Say what is there."""
        self._do("count copy" if copy else "count live")
        return self._copy if copy else FULL

    def switch(self) -> str:
        """Take the database's place."""
        self._do("switch")
        return "Now tell Terraform."

    def remove(self) -> None:
        """Be gone."""
        self._do("remove")

    def _do(self, what: str) -> None:
        self.asked.append(what)
        if what == self._fails_at:
            raise RestoreError(f"{what} failed")


def run(database: FakeDatabase, step_seconds: float = 60, **wish: Any) -> Report:
    """Run a drill at noon, on a clock that goes on by as much at each look."""
    ticks = count(0, step_seconds)
    return drill(database, clock=lambda: float(next(ticks)), now=lambda: NOON, **wish)


def test_a_drill_makes_a_copy_counts_both_and_removes_it() -> None:
    """What is live is looked at and not touched."""
    database = FakeDatabase()
    report = run(database)

    assert database.asked == ["begin 11:55", "wait", "count copy", "count live", "remove"]
    assert report.objections() == []
    assert (report.lost, report.away) == (timedelta(minutes=5), timedelta(minutes=3))


def test_a_switch_keeps_the_copy_and_says_what_is_left_to_do() -> None:
    """It is the database from then on."""
    database = FakeDatabase()
    report = run(database, switch=True, moment=NOON - timedelta(hours=2))

    assert database.asked == ["begin 10:00", "wait", "count copy", "switch"]
    assert "Now tell Terraform." in told(report)
    assert report.away == timedelta(minutes=4)


@pytest.mark.parametrize("step", ["begin 11:55", "wait", "count copy", "count live"])
def test_whatever_fails_no_copy_is_left_behind(step: str) -> None:
    """A forgotten copy costs as much as the database."""
    database = FakeDatabase(fails_at=step)
    with pytest.raises(RestoreError, match=f"{step} failed"):
        run(database)

    assert database.asked[-1] == "remove"


def test_a_switch_that_fails_half_way_keeps_the_copy() -> None:
    """It may be the database already."""
    database = FakeDatabase(fails_at="switch")
    with pytest.raises(RestoreError, match=r"switch failed The copy is kept\."):
        run(database, switch=True)

    assert database.asked[-1] == "switch"


def test_a_moment_that_is_not_kept_yet_is_refused() -> None:
    """Before anything is made."""
    database = FakeDatabase()
    with pytest.raises(RestoreError, match="cannot be had back yet; the latest is 11:55:00"):
        run(database, moment=NOON)

    assert database.asked == []


@pytest.mark.parametrize(
    ("copy", "seconds", "words"),
    [
        (FULL, 1300, "which is more than 1:00:00"),
        (Inventory({"contact_messages": 5}, None), 60, "no applied migrations"),
        (Inventory({"schema_migrations": 7}, None), 60, "the copy has no table contact_messages"),
    ],
)
def test_what_is_not_as_it_must_be_is_an_objection(copy: Inventory, seconds: float, words: str) -> None:
    """Too slow, another database, or a part of one."""
    report = run(FakeDatabase(copy), seconds)

    assert any(words in one for one in report.objections())
    assert words in told(report)


def test_more_lost_than_a_quarter_of_an_hour_is_an_objection() -> None:
    """The limit is the promise."""
    assert "0:16:00 of messages would be lost" in Report(NOON, timedelta(minutes=16)).objections()[0]


@pytest.mark.parametrize("text", ["yesterday", "2026-03-01T12:00:00"])
def test_a_moment_without_a_zone_or_a_meaning_is_refused(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An hour too early is an hour of messages."""
    with pytest.raises(SystemExit):
        restore_drill.main(["staging", "--to", text])

    assert text in capsys.readouterr().err


@pytest.mark.integration
def test_without_credentials_it_says_so() -> None:
    """As a person starts it, and without a traceback."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nobody = {
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    done = subprocess.run(
        [sys.executable, "tools/restore_drill.py", "staging"],
        cwd=ROOT,
        env={**kept, **nobody},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (
        1,
        "make restore-drill: RDS cannot be asked: Unable to locate credentials\n",
    )


@pytest.mark.integration
def test_a_real_server_comes_back_as_of_the_moment() -> None:
    """What was kept before it is there, what came after it is not, and the copy takes messages again."""
    with archived_server() as server:
        write_messages(server.url, 3)
        server.back_up()
        write_messages(server.url, 4)
        moment = server.newest()
        write_messages(server.url, 100)
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("DELETE FROM contact_messages WHERE message = 'Message 1'")
        report = drill(server, moment=moment, switch=True)
        write_messages(server.url, 1)
        after = server.count(copy=False)

    assert report.copy
    assert report.copy.rows["contact_messages"] == 7
    assert report.copy.newest_message
    assert datetime.fromisoformat(report.copy.newest_message) <= moment
    assert after.rows["contact_messages"] == 8
    assert report.objections() == []


@pytest.fixture
def rds() -> Iterator[Any]:
    """Return a client of moto's RDS with staging's instance in it."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    client = boto3.client("rds", region_name="eu-central-1", endpoint_url=f"http://{host}:{port}")
    ec2 = boto3.client("ec2", region_name="eu-central-1", endpoint_url=f"http://{host}:{port}")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]]
    client.create_db_subnet_group(
        DBSubnetGroupName="zichkoding-staging", DBSubnetGroupDescription="The data.", SubnetIds=subnets
    )
    client.create_db_instance(
        DBInstanceIdentifier="zichkoding-staging",
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        AllocatedStorage=20,
        MasterUsername="zichkoding_admin",
        MasterUserPassword="of moto alone",
        DBParameterGroupName="default.postgres17",
        DBSubnetGroupName="zichkoding-staging",
        StorageEncrypted=True,
        DeletionProtection=True,
    )
    yield client
    # All servers of moto in one process are one AWS.
    for one in client.describe_db_instances()["DBInstances"]:
        client.modify_db_instance(DBInstanceIdentifier=one["DBInstanceIdentifier"], DeletionProtection=False)
        client.delete_db_instance(DBInstanceIdentifier=one["DBInstanceIdentifier"], SkipFinalSnapshot=True)
    # It names a copy's first snapshot by the minute, and the next test may be there within that.
    for one in client.describe_db_snapshots()["DBSnapshots"]:
        client.delete_db_snapshot(DBSnapshotIdentifier=one["DBSnapshotIdentifier"])
    client.delete_db_subnet_group(DBSubnetGroupName="zichkoding-staging")
    server.stop()


def names(rds: Any) -> list[str]:
    """Return the names of all instances, without the moments in them."""
    return sorted(
        one["DBInstanceIdentifier"].rstrip("0123456789") for one in rds.describe_db_instances()["DBInstances"]
    )


def instance(rds: Any, name: str = "zichkoding-staging") -> RdsInstance:
    """Return the drill's way to an instance; nobody counts in moto's."""
    return RdsInstance(rds, name, lambda host: Inventory(FULL.rows, host), poll=lambda: None)


@pytest.mark.integration
def test_a_drill_on_rds_leaves_it_as_it_was(rds: Any) -> None:
    """The copy is closed, counted at its own address, and removed."""
    seen: list[dict[str, Any]] = []

    class Watched(RdsInstance):
        def wait(self) -> None:
            super().wait()
            (copy,) = rds.describe_db_instances(DBInstanceIdentifier="zichkoding-staging-restored")["DBInstances"]
            seen.append(copy)

    drilled = Watched(rds, "zichkoding-staging", lambda host: Inventory(FULL.rows, host), poll=lambda: None)
    report = drill(drilled)

    assert names(rds) == ["zichkoding-staging"]
    assert [(one["DBSubnetGroup"]["DBSubnetGroupName"], one["DBInstanceClass"]) for one in seen] == [
        ("zichkoding-staging", "db.t4g.micro")
    ]
    assert not any(one.get("PubliclyAccessible") for one in seen)
    assert report.copy
    assert report.copy.newest_message == seen[0]["Endpoint"]["Address"]
    assert report.live
    assert report.live.newest_message is None


@pytest.mark.integration
def test_a_switch_on_rds_gives_the_copy_the_name_and_keeps_the_one_before(rds: Any) -> None:
    """Nothing is deleted: whoever was wrong can go back."""
    report = drill(instance(rds), switch=True)

    assert names(rds) == ["zichkoding-staging", "zichkoding-staging-before-"]
    assert "After the switch" in report.left_to_do
    (now,) = rds.describe_db_instances(DBInstanceIdentifier="zichkoding-staging")["DBInstances"]
    assert now["DeletionProtection"]


@pytest.mark.integration
def test_an_instance_that_is_not_there_is_said_to_be_absent(rds: Any) -> None:
    """With what to look at."""
    with pytest.raises(RestoreError, match="there is no RDS instance zichkoding-dev"):
        drill(instance(rds, "zichkoding-dev"))


@pytest.mark.integration
def test_a_second_drill_does_not_take_the_copy_of_the_first(rds: Any) -> None:
    """Nor remove it."""
    instance(rds).begin(instance(rds).newest())
    with pytest.raises(RestoreError, match="zichkoding-staging-restored is there already"):
        drill(instance(rds))

    assert names(rds) == ["zichkoding-staging", "zichkoding-staging-restored"]


class FakeLambda:
    """A function that answers as it was told."""

    def __init__(self, said: object, error: str = "") -> None:
        self.asked: list[dict[str, Any]] = []
        self._said = said
        self._error = error

    def invoke(self, **wish: Any) -> dict[str, Any]:
        """Answer as Lambda does."""
        self.asked.append(wish)
        answer = {"Payload": io.BytesIO(json.dumps(self._said).encode())}
        return {**answer, "FunctionError": self._error} if self._error else answer


def test_the_function_counts_where_it_is_told_to() -> None:
    """In the copy, by its address; else in its own database."""
    function = FakeLambda({"rows": {"a": 1}, "newest_message": None})
    ask = counted_by(function, "zichkoding-staging-migrate")

    assert ask("the.copy") == ask(None) == Inventory({"a": 1}, None)
    assert [json.loads(one["Payload"]) for one in function.asked] == [
        {"command": "inventory", "host": "the.copy"},
        {"command": "inventory"},
    ]


def test_a_function_that_cannot_count_says_why() -> None:
    """In its own words."""
    function = FakeLambda({"errorMessage": "the role may not connect"}, "Unhandled")

    with pytest.raises(RestoreError, match="could not count: the role may not connect"):
        counted_by(function, "zichkoding-staging-migrate")(None)
