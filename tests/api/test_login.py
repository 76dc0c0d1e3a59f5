"""The API gets into the database with the token that AWS's own library would make, over TLS that it has looked at."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest import mock
from urllib.parse import parse_qs

import boto3
import psycopg
import pytest
from botocore.credentials import Credentials as TheirCredentials
from botocore.hooks import HierarchicalEmitter
from botocore.model import ServiceId
from botocore.signers import RequestSigner
from chalicelib import login as module
from chalicelib.errors import DatabaseUnavailableError, SettingsError
from chalicelib.login import Login, read_login
from chalicelib.postgres import PostgresDatabase
from chalicelib.settings import read_settings
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from psycopg import sql

from site_builder.preview.database import PostgresServer, running_postgres
from tests.api.conftest import ENVIRONMENT

HOST = "zichkoding-staging.c1.eu-central-1.rds.amazonaws.com"
URL = (
    f"postgresql://zichkoding_api@{HOST}:5432/zichkoding?sslmode=verify-full&sslrootcert=/var/task/certificates/rds.pem"
)
IAM = {"DATABASE_AUTH": "iam", "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


@pytest.mark.parametrize("key_id", ["AKIA0123456789", "a+b/c=%~"])
@pytest.mark.parametrize("session", ["", "a/session+token=="])
@pytest.mark.parametrize("port", [5432, 6543])
def test_a_token_is_the_one_that_awss_own_library_makes(key_id: str, session: str, port: int) -> None:
    """Whoever signs, with a session or without."""
    environment = {**IAM, "AWS_ACCESS_KEY_ID": key_id, "AWS_SESSION_TOKEN": session}
    client = boto3.client(
        "rds",
        region_name="eu-central-1",
        aws_access_key_id=key_id,
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=session or None,
    )
    theirs = client.generate_db_auth_token(DBHostname=HOST, Port=port, DBUsername="zichkoding_api")
    stamp = parse_qs(theirs)["X-Amz-Date"][0]
    with mock.patch.object(module, "datetime") as clock:
        clock.now.return_value = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        ours = read_login(URL.replace(":5432", f":{port}"), environment).password()

    assert ours is not None
    assert parts(ours) == parts(theirs)


@pytest.mark.parametrize("session", ["", "a/session+token=="])
def test_a_token_for_the_cache_is_the_one_that_awss_own_library_makes(session: str) -> None:
    """For the user that the address names, in the cache that it names."""
    environment = {**IAM, "AWS_SESSION_TOKEN": session}
    # Held here: the signer itself only knows it weakly.
    hooks = HierarchicalEmitter()
    signer = RequestSigner(
        ServiceId("elasticache"),
        "eu-central-1",
        "elasticache",
        "v4",
        TheirCredentials("a", "b", session or None),
        hooks,
    )
    wish = "http://zichkoding-staging/?Action=connect&User=zichkoding-staging-api&ResourceType=ServerlessCache"
    asked = {"method": "GET", "url": wish, "body": {}, "headers": {}, "context": {}}
    theirs = signer.generate_presigned_url(asked, operation_name="connect", expires_in=900).removeprefix("http://")
    stamp = parse_qs(theirs)["X-Amz-Date"][0]
    url = "rediss://zichkoding-staging-api@cache.example:6379/0?iam=zichkoding-staging"
    redis = read_settings({**ENVIRONMENT, **environment, "REDIS_URL": url, "DATABASE_AUTH": ""}).redis
    with mock.patch.object(module, "datetime") as clock:
        clock.now.return_value = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        assert redis
        assert redis.make_token
        ours = redis.make_token()

    assert parts(ours) == parts(theirs)


@pytest.mark.parametrize("url", ["redis://user@cache.example/?iam=name", "rediss://cache.example/?iam=name"])
def test_a_token_for_the_cache_needs_tls_and_a_user(url: str) -> None:
    """In clear it would be anybody's."""
    with pytest.raises(SettingsError, match="rediss:// and a user"):
        read_settings({**ENVIRONMENT, **IAM, "REDIS_URL": url, "DATABASE_AUTH": ""})


def parts(token: str) -> tuple[str, list[str]]:
    """Return a token's server and what it asks for: in which order is nobody's business but the signature's."""
    server, _, query = token.partition("/?")
    return server, sorted(query.split("&"))


def test_without_a_word_of_iam_the_address_has_the_password() -> None:
    """As on every machine but Lambda's."""
    assert read_login("postgresql://a:b@127.0.0.1/c", {}) == Login("postgresql://a:b@127.0.0.1/c")
    assert Login("postgresql://a:b@127.0.0.1/c").password() is None


@pytest.mark.parametrize(
    ("url", "settings", "words"),
    [
        (URL, {**IAM, "DATABASE_AUTH": "kerberos"}, "DATABASE_AUTH is 'kerberos'"),
        (URL.replace("@", ":hunter2@"), IAM, "a user, a host and no password"),
        (URL.replace("zichkoding_api@", ""), IAM, "a user, a host and no password"),
        (URL.replace("verify-full", "require"), IAM, "sslmode=verify-full"),
        (URL.partition("?")[0], IAM, "sslmode=verify-full"),
        (URL, {"DATABASE_AUTH": "iam"}, "AWS_REGION is not set"),
    ],
)
def test_what_would_give_a_token_away_is_refused(url: str, settings: dict[str, str], words: str) -> None:
    """Before anything is sent, and without the password in the words."""
    with pytest.raises(SettingsError, match=words) as caught:
        read_login(url, settings)

    assert "hunter2" not in str(caught.value)


@dataclass(frozen=True)
class Guarded:
    """A server that speaks TLS, the authority of its certificate, and one that has nothing to do with it."""

    server: PostgresServer
    authority: Path
    stranger: Path

    def url(self, authority: Path, host: str = "localhost") -> str:
        """Return the API's address of it."""
        place = f"{host}:{self.server.port}/postgres"
        return f"postgresql://token_role@{place}?sslmode=verify-full&sslrootcert={authority}"


@pytest.fixture(scope="module")
def guarded() -> Iterator[Guarded]:
    """Run a PostgreSQL with a certificate for localhost."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-tls-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        with running_postgres(folder / "postgres", durable=False) as server:
            certify(folder, server)
            yield Guarded(server, folder / "authority.pem", folder / "stranger.pem")


def certify(folder: Path, server: PostgresServer) -> None:
    """Give a running server a certificate, and let it take nothing but TLS from the role."""
    data = folder.joinpath("postgres").resolve() / "data"
    authority, key = made("Amazon RDS of this test", None)
    stranger, _ = made("Another authority", None)
    certificate, own_key = made("localhost", (authority, key))
    folder.joinpath("authority.pem").write_bytes(authority.public_bytes(serialization.Encoding.PEM))
    folder.joinpath("stranger.pem").write_bytes(stranger.public_bytes(serialization.Encoding.PEM))
    for file, content in {
        "server.crt": certificate.public_bytes(serialization.Encoding.PEM),
        "server.key": own_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    }.items():
        path = data / file
        path.write_bytes(content)
        path.chmod(0o600)
        shutil.chown(path, data.stat().st_uid, data.stat().st_gid)
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET ssl = on")
        connection.execute("SELECT pg_reload_conf()")
        connection.execute("CREATE ROLE token_role LOGIN")


def made(
    name: str, signer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """Return a certificate of an hour and its key; signed by another, or an authority of its own."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer[0].subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=signer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name.replace(" ", "-"))]), critical=False)
    )
    return builder.sign(signer[1] if signer else key, hashes.SHA256()), key


def take_password(guarded: Guarded, password: str) -> None:
    """Let the role sign in with this password and no other: what RDS does with tokens."""
    with psycopg.connect(guarded.server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE token_role PASSWORD {}").format(sql.Literal(password)))


@pytest.mark.integration
def test_each_connection_has_a_token_of_its_own(guarded: Guarded) -> None:
    """A token is good for a quarter of an hour and a function may live for hours."""
    made_so_far: list[str] = []

    def token() -> str:
        made_so_far.append(f"token number {len(made_so_far)}")
        take_password(guarded, made_so_far[-1])
        return made_so_far[-1]

    door = PostgresDatabase(Login(guarded.url(guarded.authority), token))
    assert door.ask("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") == [(True,)]
    with psycopg.connect(guarded.server.url("postgres"), autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'token_role'")

    assert door.ask("SELECT 2") == [(2,)]
    assert len(made_so_far) == 2
    door.close()


@pytest.mark.integration
def test_a_whole_token_is_taken_as_a_password(guarded: Guarded) -> None:
    """However long a session's is."""
    environment = {**IAM, "AWS_SESSION_TOKEN": "s" * 1200}
    login = read_login(guarded.url(guarded.authority), environment)
    token = str(login.password())
    take_password(guarded, token)
    door = PostgresDatabase(Login(login.url, lambda: token))

    assert door.ask("SELECT current_user") == [("token_role",)]
    door.close()


@pytest.mark.integration
@pytest.mark.parametrize("fault", ["authority", "host", "absent"])
def test_a_server_that_cannot_prove_itself_gets_no_token(guarded: Guarded, fault: str) -> None:
    """Another authority's, another name's, or a bundle that is not in the package."""
    take_password(guarded, "right")
    url = {
        "authority": guarded.url(guarded.stranger),
        "host": guarded.url(guarded.authority, host="127.0.0.1"),
        "absent": guarded.url(guarded.authority.with_name("nothing.pem")),
    }[fault]
    door = PostgresDatabase(Login(url, lambda: "right"))

    with pytest.raises(DatabaseUnavailableError):
        door.ask("SELECT 1")
