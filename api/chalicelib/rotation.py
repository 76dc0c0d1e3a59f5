"""Replace the secret that tokens are signed with, while processes run that read the text before.

    now (signs), next, before   --->   next (signs), a fresh one, now

A secret is known for a whole turn before it signs and for a whole turn after, so a process that read the text at any
time within a turn knows every signature that the others make.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Protocol

from chalicelib.observe import tell
from chalicelib.settings import SHORTEST_SECRET

NAME = "SIGNING_SECRET"
KNOWN_AHEAD = 2


class RotationError(Exception):
    """The secret cannot be replaced; the one in use stays in use."""


class Vault(Protocol):
    """A secret with its versions: one in use, perhaps one to come."""

    def current(self) -> str:
        """Return the text in use."""

    def pending(self, version: str) -> str | None:
        """Return the text that is to come under this name, if it has been written."""

    def write(self, version: str, text: str) -> None:
        """Write what is to come, beside what is in use."""

    def promote(self, version: str) -> None:
        """Make what was to come what is in use; twice is once."""


def rotate(step: str, version: str, vault: Vault, fresh: Callable[[], str] = lambda: secrets.token_urlsafe(32)) -> None:
    """Do one of the four steps in which Secrets Manager has a secret replaced; each may be asked for twice."""
    match step:
        case "createSecret":
            if vault.pending(version) is None:
                vault.write(version, next_text(vault.current(), fresh))
        case "setSecret":
            # Nobody else has to be told: the API's processes read it when they begin.
            pass
        case "testSecret":
            _refuse_unusable(vault.pending(version))
        case "finishSecret":
            vault.promote(version)
            tell("secret_rotated")
        case _:
            raise RotationError(f"{step!r} is no step of a rotation")


def next_text(text: str, fresh: Callable[[], str]) -> str:
    """Return the text with the signing secrets moved on by one; what else it holds stays."""
    held = json.loads(text)
    match [one.strip() for one in held.get(NAME, "").split(",") if one.strip()]:
        case []:
            moved = [fresh(), fresh()]
        case [now]:
            # Nobody knows the fresh one yet, so it does not sign before the next turn.
            moved = [now, fresh()]
        case [now, coming, *_]:
            moved = [coming, fresh(), now]
    return json.dumps({**held, NAME: ",".join(moved)})


def _refuse_unusable(text: str | None) -> None:
    known = json.loads(text or "{}").get(NAME, "").split(",")
    if len(known) < KNOWN_AHEAD or any(len(one) < SHORTEST_SECRET for one in known):
        raise RotationError("what was written is not two or more secrets of 32 characters; it is not taken into use")
