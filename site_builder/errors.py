"""The family of errors that a person is meant to read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class SiteError(Exception):
    """A failure that says where it is, what is wrong and what to do."""

    def __init__(self, where: str, what: str, todo: str) -> None:
        super().__init__(where, what, todo)
        self.where = where
        self.what = what
        self.todo = todo

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  {self.todo}"

    def __reduce__(self) -> tuple[Callable[..., SiteError], tuple[type[SiteError], dict[str, Any]]]:
        # A process tells another of it; each kind is made of other words.
        return _told_again, (type(self), vars(self))


def _told_again(kind: type[SiteError], said: dict[str, Any]) -> SiteError:
    error = kind.__new__(kind)
    vars(error).update(said)
    return error


class BuildError(SiteError):
    """The site cannot be built as it stands."""


class PreviewError(SiteError):
    """Something the local stack needs is missing, busy or broken."""


class ReleaseError(SiteError):
    """A release cannot be sealed, stored or pointed to."""


class ImportingError(SiteError):
    """What is to be imported cannot be read."""
