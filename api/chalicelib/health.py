"""How the API is: alive, ready, and which one it is."""

from __future__ import annotations

from http import HTTPStatus
from typing import LiteralString

from chalicelib.calls import Call
from chalicelib.errors import ApiError
from chalicelib.replies import Reply, json_reply

# In a folder that the package has too; what is applied is compared with it.
LEVEL: LiteralString = "SELECT coalesce(max(name), '') FROM schema_migrations"
WAITING: LiteralString = """
    SELECT count(*) FILTER (WHERE state = 'waiting' AND made_at < now() - interval '10 minutes'),
           count(*) FILTER (WHERE state = 'dead')
    FROM outbox WHERE state <> 'done'
"""


def say_alive(_call: Call) -> Reply:
    """Say that the function runs; it asks nothing else."""
    return json_reply(HTTPStatus.OK, {"status": "ok"})


def say_ready(call: Call) -> Reply:
    """Say whether what the API depends on answers, each part by itself."""
    parts = {"database": _database(call), "queue": _queue(call)}
    ready = parts["database"] == "ok"
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return json_reply(status, {"ready": ready, **parts}, {} if ready else {"Retry-After": "60"})


def say_version(call: Call) -> Reply:
    """Say which release, commit and schema this is."""
    settings = call.services.settings
    try:
        migration = str(call.services.database.ask(LEVEL)[0][0])
    except ApiError:
        migration = ""
    return json_reply(HTTPStatus.OK, {"release": settings.release, "commit": settings.commit, "migration": migration})


def _database(call: Call) -> str:
    try:
        applied = str(call.services.database.ask(LEVEL)[0][0])
    except ApiError:
        return "away"
    return "ok" if applied >= call.services.newest_migration else "not migrated"


def _queue(call: Call) -> str:
    return "ok" if call.services.queue.is_there() else "away"
