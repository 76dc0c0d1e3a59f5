"""What was found out about a change, as a value that is written to a file and read back with suspicion."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

KINDS = ("added", "changed", "removed")
VIEWS = ("desktop", "phone")
DIGEST = re.compile(r"[0-9a-z]{1,64}")
PICTURE = re.compile(r"[0-9]{1,3}-(?:desktop|phone)\.jpg")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LONGEST_PATH = 1100
MARKS = 4
T = TypeVar("T")


class ReportError(Exception):
    """A report that cannot be read: which file, what is wrong, and what to do."""


@dataclass(frozen=True)
class Page:
    """A page that differs, and what it weighs with all that it loads; 0 where it is not there."""

    path: str
    kind: str
    before: int
    after: int


@dataclass(frozen=True)
class Picture:
    """A page before and after, side by side; or after alone, where it is new."""

    path: str
    view: str
    file: str
    # Which share of what is seen is another.
    moved: float


@dataclass(frozen=True)
class Marks:
    """What Lighthouse says of a page before and after, in its four categories, and when the largest part was there."""

    path: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    before_ms: int
    after_ms: int


@dataclass(frozen=True)
class Report:
    """How a change differs from what it is based on."""

    before: str
    after: str
    pages: tuple[Page, ...]
    # Files that are no pages: how many of each kind.
    others: int
    # How many pages were looked at, of which those that look the same have no picture.
    looked: int
    pictures: tuple[Picture, ...]
    marks: tuple[Marks, ...]
    # Why there are no marks.
    unmarked: str = ""

    def of_kind(self, kind: str) -> int:
        """Count the pages of a kind."""
        return sum(page.kind == kind for page in self.pages)


def write_report(report: Report, file: Path) -> None:
    """Write a report."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(report), indent=1, ensure_ascii=False), encoding="utf-8")


def read_report(file: Path) -> Report:
    """Read a report that may have been written by anybody, or say what is wrong with it."""
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
        return _report(given)
    except FileNotFoundError:
        raise ReportError(f"{file}: there is no report.\n  Run `make pull-request-compare BASE=…` first.") from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ReportError(f"{file}: it is no report: {error}.\n  Make it anew: `make pull-request-compare`.") from error


def _report(given: Mapping[str, Any]) -> Report:
    return Report(
        before=_matching(DIGEST, given["before"]),
        after=_matching(DIGEST, given["after"]),
        pages=_all(given["pages"], _page),
        others=_number(given["others"]),
        looked=_number(given["looked"]),
        pictures=_all(given["pictures"], _picture),
        marks=_all(given["marks"], _marks),
        unmarked=_text(given["unmarked"]),
    )


def _page(given: Mapping[str, Any]) -> Page:
    return Page(_path(given["path"]), _one_of(KINDS, given["kind"]), _number(given["before"]), _number(given["after"]))


def _picture(given: Mapping[str, Any]) -> Picture:
    file, view = _matching(PICTURE, given["file"]), _one_of(VIEWS, given["view"])
    return Picture(_path(given["path"]), view, file, float(given["moved"]))


def _marks(given: Mapping[str, Any]) -> Marks:
    before, after = (_all(given[name], _number) for name in ("before", "after"))
    if len(after) != MARKS or len(before) not in {0, MARKS}:
        raise ValueError(f"{len(before)} and {len(after)} marks")
    return Marks(_path(given["path"]), before, after, _number(given["before_ms"]), _number(given["after_ms"]))


def _all(given: object, read: Callable[[Any], T]) -> tuple[T, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise TypeError(f"{given!r:.60} is no list")
    return tuple(read(one) for one in given)


def _path(given: object) -> str:
    text = _text(given)
    if not text.startswith("/"):
        raise ValueError(f"{text!r:.60} is no path")
    return text


def _text(given: object) -> str:
    if not isinstance(given, str) or len(given) > LONGEST_PATH or CONTROL.search(given):
        raise ValueError(f"{given!r:.60} is no line of text")
    return given


def _matching(pattern: re.Pattern[str], given: object) -> str:
    if not isinstance(given, str) or not pattern.fullmatch(given):
        raise ValueError(f"{given!r:.60} is not {pattern.pattern}")
    return given


def _one_of(names: tuple[str, ...], given: object) -> str:
    if given not in names:
        raise ValueError(f"{given!r:.60} is none of {', '.join(names)}")
    return str(given)


def _number(given: object) -> int:
    if type(given) is not int or given < 0:
        raise ValueError(f"{given!r:.60} is no number")
    return given
