"""How the API gets into the database and the cache: with the address's own password, or a token that IAM knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from chalicelib.errors import SettingsError

# RDS looks at a token when a connection begins; it takes one for so long.
TOKEN_SECONDS = 900
DEFAULT_PORT = 5432


class Login(NamedTuple):
    """Where the database is, and what makes the password for one more connection, if the address has none."""

    url: str
    make_token: Callable[[], str] | None = None

    def __repr__(self) -> str:
        """Name it without the password that the address may have."""
        return "Login()"

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
    # A token is made for one region; it is better known now than at the first request that there is none.
    _region(environment)
    host, port, user = parts.hostname, parts.port or DEFAULT_PORT, unquote(parts.username)
    # The environment is read again each time: whoever runs for long may get new credentials.
    return Login(url, lambda: _signed_wish(f"{host}:{port}", {"DBUser": user}, "rds-db", environment))


def cache_token(cache: str, user: str, environment: Mapping[str, str]) -> str:
    """Return what ElastiCache takes as the password of a user that it knows by IAM."""
    return _signed_wish(cache, {"User": user, "ResourceType": "ServerlessCache"}, "elasticache", environment)


def _signed_wish(server: str, asked: Mapping[str, str], service: str, environment: Mapping[str, str]) -> str:
    """Return a signed wish to connect, which is as good as a password while it lasts."""
    from chalicelib.sigv4 import presigned_query, read_credentials  # noqa: PLC0415 - only where it is used

    query = presigned_query(
        server,
        {"Action": "connect", **asked},
        read_credentials(environment),
        region=_region(environment),
        service=service,
        now=datetime.now(UTC),
        seconds=TOKEN_SECONDS,
    )
    return f"{server}/?{query}"


def _region(environment: Mapping[str, str]) -> str:
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION", "")
    if not region:
        raise SettingsError("AWS_REGION is not set; a token is made for one region")
    return region
