"""What stands in the way of a page, in the form in which a browser shows it: place, words, remedy, and the lines."""

from __future__ import annotations

import re
import traceback
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from site_builder.checks.findings import ContentError
from site_builder.errors import SiteError

AROUND = 3
PLACE = re.compile(r"(?P<path>[^:\n]+):(?P<line>\d+)(?::(?P<column>\d+))?")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong, and where."""

    where: str
    what: str
    todo: str
    # The line it is on, and those around it, each with its number; nothing where no file is to blame.
    line: int = 0
    lines: tuple[tuple[int, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.where}: {self.what}\n  {self.todo}"

    def as_json(self) -> dict[str, Any]:
        """Return what a browser is told."""
        return asdict(self)


def faults_of(error: BaseException) -> tuple[Fault, ...]:
    """Return what an error says, fault by fault."""
    if isinstance(error, ContentError):
        return tuple(
            _placed(f"{finding.path}:{finding.line}:{finding.column}", finding.what, finding.todo)
            for finding in error.findings
        )
    if isinstance(error, SiteError):
        return (_placed(error.where, error.what, error.todo),)
    # No words of ours fit, so the whole story is told: it is a fault of a plugin or of the builder.
    story = "".join(traceback.format_exception(error)).strip()
    return (Fault("the builder", f"it failed: {error!r}", story),)


def _placed(where: str, what: str, todo: str) -> Fault:
    """Find the lines that a fault is about: in the place itself, else in the first that its words name."""
    for found in (PLACE.fullmatch(where), *PLACE.finditer(what)):
        path = Path(found["path"].strip()) if found else None
        if found and path and path.is_file():
            line = int(found["line"])
            return Fault(where, what, todo, line, tuple(_around(path, line)))
    return Fault(where, what, todo)


def _around(path: Path, line: int) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    for number, words in enumerate(text.splitlines(), start=1):
        if abs(number - line) <= AROUND:
            yield number, words
