"""Migrate the database that DATABASE_URL names.

python migrate.py plan      what would be applied; reads only
python migrate.py apply     apply it
python migrate.py verify    fail unless everything is applied

Where API_PASSWORD is set, `apply` lets the API sign in with it, as the role zichkoding_api. In Lambda the function
`migrate.work` does the same: a deploy calls it before the new code gets a request.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chalicelib.errors import SettingsError
from chalicelib.migrations import Migration, MigrationError, apply_pending, pending, read_migrations
from chalicelib.postgres import PostgresSchema, ScriptError, open_schema
from chalicelib.settings import read_database_url

FOLDER = Path(__file__).resolve().parent / "migrations"
# It owns nothing; the migrations say what it may do.
API_ROLE = "zichkoding_api"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="migrate.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("command", choices=("plan", "apply", "verify"))
    command = parser.parse_args(arguments).command
    try:
        return _run(command, read_database_url(os.environ), os.environ.get("API_PASSWORD", ""))
    except (MigrationError, ScriptError, SettingsError) as error:
        sys.stderr.write(f"migrate.py: {error}\n")
        return 1


def work(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Apply what is pending, or with {"command": "plan"} say what that is; return it and the level that is reached.

    What goes wrong is raised: whoever called gets its words as a function's error, and a deploy ends there.
    """
    command = event.get("command", "apply")
    if command not in {"plan", "apply"}:
        raise MigrationError(f"{command!r} is no command; give plan or apply.")
    migrations = read_migrations(FOLDER)
    with open_schema(read_database_url(os.environ)) as schema:
        applied = _apply(migrations, schema, os.environ.get("API_PASSWORD", "")) if command == "apply" else ()
        left = [step.name for step in pending(migrations, schema)]
    # One's own word for it is not taken: what is left is read from the database again.
    if command == "apply" and left:
        raise MigrationError(f"{left[0]}: it was applied and is not there. Look at schema_migrations.")
    level = max({step.name for step in migrations} - set(left), default="")
    return {"applied": [step.name for step in applied], "pending": left, "level": level}


def _run(command: str, url: str, api_password: str) -> int:
    migrations = read_migrations(FOLDER)
    with open_schema(url) as schema:
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
