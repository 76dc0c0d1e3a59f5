"""Migrate the database that DATABASE_URL names.

python migrate.py plan      what would be applied; reads only
python migrate.py apply     apply it
python migrate.py verify    fail unless everything is applied
python migrate.py inventory say how many rows each table has, as JSON; reads only

Where API_PASSWORD is set, `apply` lets the API sign in with it, as the role zichkoding_api. In Lambda the function
`migrate.work` does the same: a deploy calls it before the new code gets a request. There it also makes a new server's
roles, and takes the inventory of a restored copy.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from chalicelib.errors import SettingsError
from chalicelib.inventory import take_inventory
from chalicelib.login import Login
from chalicelib.migrations import Migration, MigrationError, apply_pending, pending, read_migrations
from chalicelib.postgres import PostgresSchema, ScriptError, open_schema
from chalicelib.roles import API_ROLE, make_roles
from chalicelib.secret_settings import read_secret
from chalicelib.settings import read_database_login

FOLDER = Path(__file__).resolve().parent / "migrations"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="migrate.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("plan", "apply", "verify", "inventory"))
    command = parser.parse_args(arguments).command
    try:
        return _run(command, read_database_login(os.environ), os.environ.get("API_PASSWORD", ""))
    except (MigrationError, ScriptError, SettingsError) as error:
        sys.stderr.write(f"migrate.py: {error}\n")
        return 1


def work(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Do what the event's `command` says, "apply" where it says nothing, and return what came of it.

    What goes wrong is raised: whoever called gets its words as a function's error, and a deploy ends there.
    """
    commands: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
        "apply": _work_apply,
        "plan": _work_plan,
        "roles": _work_roles,
        "inventory": _work_inventory,
    }
    command = event.get("command", "apply")
    if command not in commands:
        raise MigrationError(f"{command!r} is no command; give {', '.join(commands)}.")
    return commands[command](event)


def _work_apply(_event: Mapping[str, Any]) -> dict[str, Any]:
    migrations = read_migrations(FOLDER)
    with open_schema(read_database_login(os.environ)) as schema:
        applied = _apply(migrations, schema, _api_password(os.environ))
        left = [step.name for step in pending(migrations, schema)]
    # One's own word for it is not taken: what is left is read from the database again.
    if left:
        raise MigrationError(f"{left[0]}: it was applied and is not there. Look at schema_migrations.")
    return {"applied": [step.name for step in applied], "pending": [], "level": _level(migrations, [])}


def _work_plan(_event: Mapping[str, Any]) -> dict[str, Any]:
    migrations = read_migrations(FOLDER)
    with open_schema(read_database_login(os.environ)) as schema:
        left = [step.name for step in pending(migrations, schema)]
    return {"applied": [], "pending": left, "level": _level(migrations, left)}


def _work_roles(_event: Mapping[str, Any]) -> dict[str, Any]:
    """Make the roles, as the administrator whose secret ADMINISTRATOR_SECRET names."""
    held = _held(os.environ, "ADMINISTRATOR_SECRET")
    address = urlsplit(read_database_login(os.environ).url)
    user = f"{quote(held['username'], safe='')}:{quote(held['password'], safe='')}"
    url = address._replace(netloc=f"{user}@{address.netloc.rpartition('@')[2]}").geturl()
    with open_schema(url) as schema:
        return {"by_iam": make_roles(schema, has_proxy=bool(os.environ.get("PROXY_SECRET")))}


def _work_inventory(event: Mapping[str, Any]) -> dict[str, Any]:
    """Count, in this database or in a copy of it on the `host` that the event names."""
    login = read_database_login(os.environ)
    with open_schema(_on_host(login, str(event["host"])) if event.get("host") else login) as schema:
        return take_inventory(schema)


def _on_host(login: Login, host: str) -> Login:
    """Return the way into the same database on another server."""
    address = urlsplit(login.url)
    user = address.netloc.rpartition("@")[0]
    url = address._replace(netloc=f"{user}@{host}:{address.port or 5432}").geturl()
    return read_database_login({**os.environ, "DATABASE_URL": url})


def _api_password(environment: Mapping[str, str]) -> str:
    """Return what the API's role is to sign in with: nothing where it does by IAM."""
    if environment.get("PROXY_SECRET"):
        return _held(environment, "PROXY_SECRET")["password"]
    return environment.get("API_PASSWORD", "")


def _held(environment: Mapping[str, str], variable: str) -> dict[str, str]:
    """Return the user and password that the secret holds which a variable names."""
    if not environment.get(variable):
        raise SettingsError(f"{variable} is not set; it names the secret that holds a username and a password")
    try:
        held = json.loads(read_secret(environment[variable], environment))
        return {name: str(held[name]) for name in ("username", "password")}
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(f"the secret that {variable} names holds no username and password as JSON") from error


def _level(migrations: Sequence[Migration], left: Sequence[str]) -> str:
    return max({step.name for step in migrations} - set(left), default="")


def _run(command: str, login: Login, api_password: str) -> int:
    migrations = read_migrations(FOLDER)
    with open_schema(login) as schema:
        if command == "inventory":
            sys.stdout.write(json.dumps(take_inventory(schema)) + "\n")
            return 0
        steps = _apply(migrations, schema, api_password) if command == "apply" else pending(migrations, schema)
    word = "applied" if command == "apply" else "to apply"
    for step in steps:
        sys.stdout.write(f"{word}  {step.name}\n")
    if not steps:
        sys.stdout.write("Everything is applied.\n")
    return 1 if command == "verify" and steps else 0


def _apply(migrations: Sequence[Migration], schema: PostgresSchema, api_password: str) -> Sequence[Migration]:
    steps = apply_pending(migrations, schema)
    if api_password:
        schema.let_sign_in(API_ROLE, api_password)
    return steps


if __name__ == "__main__":
    sys.exit(main())
