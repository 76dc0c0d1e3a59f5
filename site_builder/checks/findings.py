"""The value that every check ends in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from site_builder.errors import SiteError

ERROR, WARNING = "error", "warning"


@dataclass(frozen=True, order=True)
class Finding:
    """One fault in one place: lines and columns are counted from 1."""

    path: Path
    line: int
    column: int
    rule: str
    what: str
    todo: str
    level: str = ERROR

    def __str__(self) -> str:
        mark = "" if self.level == ERROR else f"{self.level}: "
        return f"{self.path}:{self.line}:{self.column}  {self.rule}  {mark}{self.what}\n  {self.todo}"

    @property
    def is_error(self) -> bool:
        """Say whether nothing may be published with it."""
        return self.level == ERROR


class ContentError(SiteError):
    """The sources have faults, and here are all of them."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        many = f"{len(findings)} fault{'s' if len(findings) > 1 else ''}"
        super().__init__("content", f"{many} found", "Mend what is listed and build again.")

    def __str__(self) -> str:
        return "\n".join([*(str(finding) for finding in self.findings), f"{self.what}. {self.todo}"])
