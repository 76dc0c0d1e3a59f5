"""A new server's roles are made once by its administrator, and nobody needs its password afterwards."""

from __future__ import annotations

import json
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import boto3
import migrate
import psycopg
import pytest
from chalicelib.errors import SettingsError
from chalicelib.migrations import MigrationError
from chalicelib.postgres import open_schema
from chalicelib.roles import API_ROLE, OWNER_ROLE
from psycopg import sql

from site_builder.preview.database import PostgresServer, running_postgres
from tests.api.conftest import database_url

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class NewServer:
    """A server as RDS hands it over: an administrator who is no superuser, and the role of those whom IAM knows."""

    server: PostgresServer
    url: str
    admin: dict[str, str]

    def members(self, role: str) -> set[str]:
        """Return who is in a role, directly or not."""
        with psycopg.connect(self.server.url("postgres")) as connection:
            rows = connection.execute(
                "SELECT rolname FROM pg_roles WHERE rolname <> %(role)s AND NOT rolsuper"
                " AND pg_has_role(oid, %(role)s, 'MEMBER')",
                {"role": role},
            ).fetchall()
        return {name for (name,) in rows}


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    """Run a server of these tests alone, because roles belong to the server."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-roles-") as folder:
        Path(folder).chmod(0o711)
        with running_postgres(Path(folder) / "postgres", durable=False) as server:
            yield server


@pytest.fixture
def new_server(own_server: PostgresServer) -> Iterator[NewServer]:
    """Make the server what RDS hands over, and take it all away again."""
    admin = {"username": "zichkoding_admin", "password": "one/with:signs@in it"}
    make = sql.SQL("CREATE ROLE zichkoding_admin LOGIN CREATEROLE CREATEDB PASSWORD {}")
    with psycopg.connect(own_server.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE ROLE rds_iam")
        connection.execute(make.format(sql.Literal(admin["password"])))
        connection.execute("CREATE DATABASE site OWNER zichkoding_admin")
        yield NewServer(own_server, database_url(own_server.url("postgres"), "site"), admin)
        connection.execute("DROP DATABASE site WITH (FORCE)")
        for role in ("zichkoding_admin", OWNER_ROLE, API_ROLE, "rds_iam"):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))


@pytest.fixture
def function(new_server: NewServer, aws: str, monkeypatch: pytest.MonkeyPatch) -> NewServer:
    """Give this process the environment of the function that migrates."""
    secret = put(aws, new_server.admin)
    for name, value in {
        "DATABASE_URL": new_server.url.replace(new_server.url.partition("@")[0], f"postgresql://{OWNER_ROLE}"),
        "ADMINISTRATOR_SECRET": secret,
        "AWS_ENDPOINT_URL": aws,
        "AWS_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)
    return new_server


def put(aws: str, held: dict[str, str]) -> str:
    """Keep a user and a password as RDS does, and return the secret's name."""
    client = boto3.client("secretsmanager", endpoint_url=aws, region_name="eu-central-1")
    return str(client.create_secret(Name=f"rds-{uuid.uuid4().hex}", SecretString=json.dumps(held))["ARN"])


def as_owner(new_server: NewServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign in as the owner; here by a password, as there is no IAM."""
    with open_schema(new_server.server.url("postgres")) as schema:
        schema.let_sign_in(OWNER_ROLE, "owner")
    url = new_server.url.replace(new_server.url.partition("@")[0], f"postgresql://{OWNER_ROLE}:owner")
    monkeypatch.setenv("DATABASE_URL", url)


def test_the_owner_and_the_api_sign_in_by_iam_and_the_administrator_does_not(function: NewServer) -> None:
    """A member of rds_iam could not use a password any more; the administrator is to keep its own."""
    assert migrate.work({"command": "roles"}, None) == {"by_iam": [OWNER_ROLE, API_ROLE]}

    assert function.members("rds_iam") == {OWNER_ROLE, API_ROLE}


def test_making_the_roles_twice_is_making_them_once(function: NewServer) -> None:
    """Whoever is not sure runs it again."""
    first = migrate.work({"command": "roles"}, None)

    assert migrate.work({"command": "roles"}, None) == first
    assert function.members("rds_iam") == {OWNER_ROLE, API_ROLE}


def test_the_owner_migrates_and_counts_without_being_administrator(
    function: NewServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All migrations run as the owner, from nothing; then there is a table and nothing in it."""
    migrate.work({"command": "roles"}, None)
    as_owner(function, monkeypatch)
    done = migrate.work({}, None)

    assert (done["pending"], done["level"]) == ([], done["applied"][-1])
    found = migrate.work({"command": "inventory"}, None)
    assert found["newest_message"] is None
    assert found["rows"]["contact_messages"] == 0
    assert found["rows"]["schema_migrations"] == len(done["applied"])


def test_a_copy_on_another_server_is_counted_there(function: NewServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """A restored database has another name, and the same way in."""
    migrate.work({"command": "roles"}, None)
    as_owner(function, monkeypatch)
    migrate.work({}, None)

    assert migrate.work({"command": "inventory", "host": "localhost"}, None)["rows"]["contact_messages"] == 0


def test_behind_a_proxy_the_api_has_the_password_that_the_proxy_knows(
    function: NewServer, aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And is not in rds_iam, because the proxy could not sign in as it then."""
    held = {"username": API_ROLE, "password": "what only the proxy knows"}
    monkeypatch.setenv("PROXY_SECRET", put(aws, held))
    assert migrate.work({"command": "roles"}, None) == {"by_iam": [OWNER_ROLE]}
    as_owner(function, monkeypatch)
    migrate.work({}, None)

    assert function.members("rds_iam") == {OWNER_ROLE}
    url = function.server.url("site", API_ROLE, held["password"].replace(" ", "%20"))
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM contact_messages").fetchone() == (0,)


def test_a_secret_without_a_password_is_named(function: NewServer, aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variable, and without what is in it."""
    assert function
    monkeypatch.setenv("ADMINISTRATOR_SECRET", put(aws, {"username": "hunter2"}))
    with pytest.raises(SettingsError, match="ADMINISTRATOR_SECRET") as caught:
        migrate.work({"command": "roles"}, None)
    monkeypatch.delenv("ADMINISTRATOR_SECRET")

    assert "hunter2" not in str(caught.value)
    with pytest.raises(SettingsError, match="ADMINISTRATOR_SECRET is not set"):
        migrate.work({"command": "roles"}, None)


def test_an_unknown_command_is_refused() -> None:
    """With the ones that there are."""
    with pytest.raises(MigrationError, match="'drop' is no command; give apply, plan, roles, inventory"):
        migrate.work({"command": "drop"}, None)
