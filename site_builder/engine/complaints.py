"""Hear everything that Pelican would log and go on from."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pelican.log import LimitFilter

from site_builder.errors import BuildError

PLUGIN = re.compile(r"Cannot (?:load|register) plugin `([^`]+)`")


@dataclass(frozen=True)
class Complaint:
    """One warning or error of Pelican's, in its own words and with its cause."""

    text: str
    cause: BaseException | None


class ComplaintError(BuildError):
    """Pelican met something that it would have skipped."""

    def __init__(self, complaints: list[Complaint], settings_file: Path | None = None) -> None:
        """Say all of them at once: an author mends a list faster than a series of first errors."""
        lines = [_in_words(complaint, settings_file) for complaint in complaints]
        super().__init__(
            "the build", f"Pelican reported {len(lines)} fault(s):\n" + "\n".join(lines),
            "Mend each of them; a page with a fault is never published.",
        )  # fmt: skip
        self.complaints = complaints

    def located_in(self, settings_file: Path) -> ComplaintError:
        """Return the same, with the line of the settings that a fault comes from."""
        return ComplaintError(self.complaints, settings_file)


class Complaints(logging.Handler):
    """What Pelican has warned of so far."""

    def __init__(self) -> None:
        super().__init__(level=logging.WARNING)
        self.complaints: list[Complaint] = []

    def refuse(self) -> None:
        """Raise all of it, if there is any."""
        if self.complaints:
            raise ComplaintError(self.complaints)

    def forget(self) -> None:
        """Take nothing amiss that was said so far: it is about to be said again."""
        self.complaints.clear()
        _hear_everything()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what is logged, and why."""
        # Pelican logs inside its `except` blocks but keeps the exception to itself; it is still at hand here.
        self.complaints.append(Complaint(record.getMessage(), sys.exc_info()[1]))


@contextmanager
def complaints_are_errors() -> Iterator[Complaints]:
    """Raise at the end, all together, what Pelican warned of in between; what is yielded may raise it before that."""
    listener = Complaints()
    logger = logging.getLogger("pelican")
    _hear_everything()
    logger.addHandler(listener)
    try:
        yield listener
    finally:
        logger.removeHandler(listener)
    listener.refuse()


def _hear_everything() -> None:
    """Undo Pelican's habit of saying a thing once per process and of summing up the rest."""
    LimitFilter._raised_messages.clear()
    LimitFilter._group_count.clear()
    LimitFilter._threshold = sys.maxsize


def _in_words(complaint: Complaint, settings_file: Path | None) -> str:
    cause = "" if complaint.cause is None or str(complaint.cause) in complaint.text else f": {complaint.cause}"
    plugin = PLUGIN.search(complaint.text)
    where = _line_of(plugin[1], settings_file) if plugin and settings_file else ""
    todo = "\n    Install it, or take it out of PLUGINS." if plugin else ""
    return f"  - {where}{complaint.text}{cause}{todo}"


def _line_of(plugin: str, settings_file: Path) -> str:
    """Return the place in the settings where a plugin is named."""
    for number, line in enumerate(settings_file.read_text().splitlines(), start=1):
        if f'"{plugin}"' in line or f"'{plugin}'" in line:
            return f"{settings_file}:{number}: "
    return f"{settings_file}: "
