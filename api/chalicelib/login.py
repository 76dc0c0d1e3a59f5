"""How the API gets into the database: with the address's own password, or with a token that IAM knows it by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qs, unquote, urlsplit

from chalicelib.errors import SettingsError
from chalicelib.sigv4 import presigned_query, read_credentials

# RDS looks at a token when a connection begins; it takes one for so long.
TOKEN_SECONDS = 900
DEFAULT_PORT = 5432


@dataclass(frozen=True)
class Login:
    """Where the database is, and what makes the password for one more connection, if the address has none."""

    url: str = field(repr=False)
    make_token: Callable[[], str] | None = None

    def password(self) -> str | None:
        """Return the password for one more connection, or None where the address has it."""
        return self.make_token() if self.make_token else None


def read_login(url: str, environment: Mapping[str, str]) -> Login:
    """Return the way in that DATABASE_AUTH names."""
    kind = environment.get("DATABASE_AUTH", "").strip()
    if not kind:
        return Login(url)
    if kind != "iam":
        raise SettingsError(f"DATABASE_AUTH is {kind!r}; leave it out, or give iam to sign in with a token")
    parts = urlsplit(url)
    if parts.password or not parts.username or not parts.hostname:
        raise SettingsError("DATABASE_URL needs a user, a host and no password where DATABASE_AUTH is iam")
    if parse_qs(parts.query).get("sslmode") != ["verify-full"]:
        raise SettingsError(
            "DATABASE_URL has to end with ?sslmode=verify-full&sslrootcert=FILE where DATABASE_AUTH is iam: "
            "a token is for the server that the certificate names, and for nobody else"
        )
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION", "")
    if not region:
        raise SettingsError("AWS_REGION is not set; a token is made for one region")
    host, port, user = parts.hostname, parts.port or DEFAULT_PORT, unquote(parts.username)
    # The environment is read again each time: whoever runs for long may get new credentials.
    return Login(url, lambda: _token(f"{host}:{port}", user, region, environment))


def _token(server: str, user: str, region: str, environment: Mapping[str, str]) -> str:
    """Return what RDS takes as the password of a role of `rds_iam`: a signed wish to connect as it."""
    query = presigned_query(
        server,
        {"Action": "connect", "DBUser": user},
        read_credentials(environment),
        region=region,
        service="rds-db",
        now=datetime.now(UTC),
        seconds=TOKEN_SECONDS,
    )
    return f"{server}/?{query}"
