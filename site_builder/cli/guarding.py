"""The commands that look out for an environment: its alarms, its backups, and what to do when something rings."""

from __future__ import annotations

import argparse

from site_builder.cli import releasing
from site_builder.cli.environments import opened
from site_builder.cli.telling import HOUR, age, say_json
from site_builder.cli.terminal import OK, say
from site_builder.errors import ReleaseError
from site_builder.release.watch import Alarm, watch

RINGING = 4

WATCH = """\
Ask the alarms of an environment for --seconds, one after the other, and end at the first that rings, with exit code 4.
Which alarms these are is said in the environment's description; Terraform writes them there."""
BACKUPS = """\
Ask AWS Backup for the newest complete backup of the environment's database, and fail where it is older than --hours."""
WITHDRAW = """\
Let nobody get what was made of a commit: a canary of it is taken away, and where it is live for everybody the release
before it is pointed to. Where neither is so there is nothing to be done, which is said and is no fault."""


def watch_alarms(arguments: argparse.Namespace) -> int:
    """Watch an environment for a while."""
    with opened(arguments.environment, arguments.environments) as there:
        names = there.descriptor.alarms
        if not names:
            todo = "Describe them in `alarms` of its description; Terraform does, where it makes them."
            raise ReleaseError(arguments.environment, "it has no alarms, so nothing would be watched", todo)
        alarms = there.account.alarms(there.descriptor.alarms_endpoint)
        if not arguments.json:
            say(f"Watching {len(names)} alarms of {arguments.environment} for {arguments.seconds:g} s …")
        ringing = watch(alarms, names, there.stores.clock, arguments.seconds)
    _tell(ringing, arguments)
    return RINGING if ringing else OK


def _tell(ringing: tuple[Alarm, ...], arguments: argparse.Namespace) -> None:
    if arguments.json:
        say_json({"ringing": [vars(alarm) for alarm in ringing]})
    elif ringing:
        for alarm in ringing:
            say(f"  {alarm.name}: {alarm.why}")
        say("It rings. `publish.py withdraw` takes the release back.")
    else:
        say("Nothing rings.")


def backups(arguments: argparse.Namespace) -> int:
    """Say how old the newest backup is, and refuse one that is too old."""
    with opened(arguments.environment, arguments.environments) as there:
        vault, now = there.descriptor.backup_vault, there.stores.clock.now()
        if not vault:
            words = f"{arguments.environment} has no backups: its description names no vault, so there is no database."
            return releasing.say_values({"age_seconds": None}, arguments, words)
        newest = there.account.newest_backup(vault)
    todo = "Look at the jobs of AWS Backup, and make one by hand until it is mended."
    if newest is None:
        raise ReleaseError(vault, "it holds no complete backup", todo)
    old = now - newest
    if old > arguments.hours * HOUR:
        raise ReleaseError(vault, f"its newest backup is {age(old)} old, more than {arguments.hours} h", todo)
    return releasing.say_values({"age_seconds": int(old)}, arguments, f"The newest backup is {age(old)} old.")


def withdraw(arguments: argparse.Namespace) -> int:
    """Let nobody get what was made of a commit."""
    with opened(arguments.environment, arguments.environments) as there:
        pointer = there.stores.pointer.read()
    canary = pointer.canary.release if pointer.canary else None
    if canary and canary.commit == arguments.commit:
        arguments.finish, arguments.abort, arguments.percent = False, True, None
        return releasing.canary(arguments)
    if pointer.live and pointer.live.commit == arguments.commit:
        arguments.release, arguments.to = None, None
        arguments.site_only = arguments.api_only = False
        return releasing.rollback(arguments)
    return releasing.say_values(
        {"withdrawn": None}, arguments, f"Nobody gets {arguments.commit} here: nothing is done."
    )
