"""What handlers work with: made once for each process, from the settings."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from chalicelib.database import Database
from chalicelib.limits import DatabaseLimits, Limits
from chalicelib.postgres import PostgresDatabase
from chalicelib.queue import DirectoryQueue, NoQueue, Queue
from chalicelib.settings import Settings
from chalicelib.signing import Signer

MIGRATIONS = Path(__file__).resolve().parents[1] / "migrations"


class Services(NamedTuple):
    """The settings, and the doors to what is outside."""

    settings: Settings
    signer: Signer
    database: Database
    queue: Queue
    limits: Limits
    # The last migration that this code comes with.
    newest_migration: str

    @property
    def channels(self) -> tuple[str, ...]:
        """Return by which ways the owner is told of a message; each is a delivery of its own."""
        others = (("sns", self.settings.sns_topic), ("webhook", self.settings.webhook))
        return ("mail", *(name for name, configured in others if configured))

    def close(self) -> None:
        """End the connections."""
        self.database.close()
        self.limits.close()


def open_services(settings: Settings) -> Services:
    """Return the services; each connects when it is first used."""
    return Services(
        settings,
        Signer(settings.secrets),
        PostgresDatabase(settings.database_login),
        _queue(settings),
        _limits(settings),
        max((path.name for path in MIGRATIONS.glob("*.sql")), default=""),
    )


def _queue(settings: Settings) -> Queue:
    if settings.queue_url:
        from chalicelib.aws import SqsQueue  # noqa: PLC0415 - only where it is used

        return SqsQueue(settings.queue_url)
    return DirectoryQueue(Path(settings.queue_folder)) if settings.queue_folder else NoQueue()


def _limits(settings: Settings) -> Limits:
    if settings.redis:
        from chalicelib.redis_limits import RedisLimits  # noqa: PLC0415 - only where it is used

        return RedisLimits(settings.redis)
    return DatabaseLimits()
