"""The environment, read once into a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from chalicelib.errors import SettingsError
from chalicelib.login import Login, cache_token, read_login

SHORTEST_SECRET = 32


class Issuer(NamedTuple):
    """Who else may say who somebody is, by OpenID Connect."""

    url: str
    client_id: str
    client_secret: str

    def __repr__(self) -> str:
        """Name it without the secret."""
        return f"Issuer({self.url!r}, {self.client_id!r})"


class Webhook(NamedTuple):
    """Where a program of the owner's is told of messages, and the secret that signs what it is told."""

    url: str
    secret: bytes

    def __repr__(self) -> str:
        """Name it without the secret."""
        return f"Webhook({self.url!r})"


class RedisAddress(NamedTuple):
    """Where a Redis or Valkey is that keeps the limits, and how to get in."""

    host: str
    port: int
    user: str
    password: str
    database: int
    encrypted: bool
    # Where the user signs in by IAM: makes the password for one more connection.
    make_token: Callable[[], str] | None = None

    def __repr__(self) -> str:
        """Name it without the password."""
        return f"RedisAddress({self.host!r}, {self.port})"


class Settings(NamedTuple):
    """What the API needs to know about where it runs."""

    database_login: Login
    # Where the site is for its visitors: links in mails lead there, and only its own pages may change anything.
    site_url: str
    # The first signs, all are known; read as text, so that it can be any.
    secrets: tuple[bytes, ...]
    queue_url: str
    queue_folder: str
    mail_folder: str
    mail_from: str
    owner_mail: str
    canary_mail: str
    sns_topic: str
    webhook: Webhook | None
    issuer: Issuer | None
    redis: RedisAddress | None
    # The CDN's log files: s3://bucket/prefix/, or a folder on this machine.
    logs_url: str
    logs_folder: str
    release: str
    commit: str
    # Under which name CloudWatch collects the figures; empty where nobody does.
    metrics: str

    def __repr__(self) -> str:
        """Name them without the secrets."""
        return f"Settings({self.site_url!r})"


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Take the settings from the environment; a bad value is named."""
    database_login = read_database_login(environment)
    given = {name: environment.get(name, "").strip() for name in environment}
    site_url = _address(given, "SITE_URL", ("https://", "http://")).rstrip("/")
    host = urlsplit(site_url).hostname or "localhost"
    return Settings(
        database_login=database_login,
        site_url=site_url,
        secrets=_secrets(given),
        queue_url=given.get("QUEUE_URL", ""),
        queue_folder=given.get("QUEUE_FOLDER", ""),
        mail_folder=given.get("MAIL_FOLDER", ""),
        mail_from=given.get("MAIL_FROM") or f"noreply@{host}",
        owner_mail=given.get("OWNER_MAIL") or f"owner@{host}",
        # SES's own address for tests: it takes every mail and counts as delivered.
        canary_mail=given.get("CANARY_MAIL") or "success@simulator.amazonses.com",
        sns_topic=given.get("SNS_TOPIC", ""),
        webhook=_webhook(given),
        issuer=_issuer(given),
        redis=_redis(given),
        logs_url=_address(given, "LOGS_URL", ("s3://",), "bucket/prefix/") if given.get("LOGS_URL") else "",
        logs_folder=given.get("LOGS_FOLDER", ""),
        # Lambda tells each version its number.
        release=given.get("RELEASE") or given.get("AWS_LAMBDA_FUNCTION_VERSION", ""),
        commit=given.get("COMMIT", ""),
        metrics=given.get("METRICS", ""),
    )


def with_secrets(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment with what the secret that SECRETS names adds to it."""
    secret = environment.get("SECRETS", "")
    if not secret:
        return environment
    from chalicelib.secret_settings import read_secret_settings  # noqa: PLC0415 - asking AWS is for Lambda alone

    return {**environment, **read_secret_settings(secret, environment)}


def read_database_login(environment: Mapping[str, str]) -> Login:
    """Return where the database is and how to get in: all that migrating needs."""
    url = _address(environment, "DATABASE_URL", ("postgresql://", "postgres://"), "user:password@host:port/database")
    return read_login(url, environment)


def _address(environment: Mapping[str, str], name: str, schemes: tuple[str, ...], rest: str = "host") -> str:
    value = environment.get(name, "")
    if not value.startswith(schemes):
        told = "is not set" if not value else f"does not begin with {schemes[0]}"
        raise SettingsError(f"{name} {told}; give it as {schemes[0]}{rest}")
    return value


def _secrets(given: Mapping[str, str]) -> tuple[bytes, ...]:
    secrets = tuple(one.strip().encode() for one in given.get("SIGNING_SECRET", "").split(",") if one.strip())
    if not secrets or any(len(secret) < SHORTEST_SECRET for secret in secrets):
        told = "is too short" if secrets else "is not set"
        raise SettingsError(
            f"SIGNING_SECRET {told}; give at least {SHORTEST_SECRET} random characters. "
            "To replace it, give the new one, a comma and the old one."
        )
    return secrets


def _webhook(given: Mapping[str, str]) -> Webhook | None:
    if not given.get("WEBHOOK_URL"):
        return None
    # In clear only on this machine: what is sent there is what people wrote.
    local = ("http://127.0.0.1:", "http://localhost:")
    url = _address(given, "WEBHOOK_URL", ("https://", *local))
    secret = given.get("WEBHOOK_SECRET", "")
    if len(secret) < SHORTEST_SECRET:
        raise SettingsError(f"WEBHOOK_SECRET is needed with WEBHOOK_URL; give at least {SHORTEST_SECRET} characters")
    return Webhook(url, secret.encode())


def _issuer(given: Mapping[str, str]) -> Issuer | None:
    if not given.get("OIDC_ISSUER"):
        return None
    url = _address(given, "OIDC_ISSUER", ("https://", "http://127.0.0.1:", "http://localhost:"))
    if not given.get("OIDC_CLIENT_ID"):
        raise SettingsError("OIDC_CLIENT_ID is needed with OIDC_ISSUER; the issuer gives it")
    return Issuer(url.rstrip("/"), given["OIDC_CLIENT_ID"], given.get("OIDC_CLIENT_SECRET", ""))


def _redis(given: Mapping[str, str]) -> RedisAddress | None:
    if not given.get("REDIS_URL"):
        return None
    wanted = "user:password@host:6379/0"
    url = _address(given, "REDIS_URL", ("redis://", "rediss://"), wanted)
    try:
        parts = urlsplit(url)
        port, database = parts.port or 6379, int(parts.path.strip("/") or 0)
        host = parts.hostname or ""
    except ValueError:
        host = ""
    if not host:
        # Without what stands there: a password may be in it.
        raise SettingsError(
            f"REDIS_URL names no host, or a port or a database that is no number; give it as redis://{wanted}"
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    encrypted = parts.scheme == "rediss"
    token = _redis_token(parse_qs(parts.query).get("iam", [""])[0], user, given, encrypted=encrypted)
    return RedisAddress(host, port, user, password, database, encrypted, token)


def _redis_token(cache: str, user: str, given: Mapping[str, str], *, encrypted: bool) -> Callable[[], str] | None:
    """Return what makes tokens for a cache of ElastiCache's, where the address names one that knows its user by IAM."""
    if not cache:
        return None
    if not encrypted or not user:
        raise SettingsError("REDIS_URL needs rediss:// and a user where it names a cache with ?iam=")
    return lambda: cache_token(cache, user, given)
