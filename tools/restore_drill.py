"""Restore the database as of a moment, count what is in the copy, and say how long it took and what was lost.

    python tools/restore_drill.py here                    on this machine: a real server, its archive, a real disaster
    python tools/restore_drill.py staging                 on RDS: a copy is made, counted and removed
    python tools/restore_drill.py staging --to 2026-03-01T12:00:00Z --switch
                                                          the real thing: the copy takes the place of the database

Each step is timed. The limits are a quarter of an hour of lost messages and an hour until it is there again.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

T = TypeVar("T")
MOST_LOST = timedelta(minutes=15)
MOST_AWAY = timedelta(hours=1)


class RestoreError(Exception):
    """A step of the drill failed; the message says which, why and what to do."""


@dataclass(frozen=True)
class Inventory:
    """What a database holds, in numbers."""

    rows: Mapping[str, int]
    newest_message: str | None


class Restorable(Protocol):
    """What the drill needs of a kind of database."""

    def newest(self) -> datetime:
        """Return the latest moment that can be had back."""

    def begin(self, moment: datetime) -> None:
        """Begin to make a copy as of a moment."""

    def wait(self) -> None:
        """Return when the copy answers."""

    def count(self, *, copy: bool) -> Inventory:
        """Count what is in the copy, or in the database itself."""

    def switch(self) -> str:
        """Put the copy in the database's place; return what is left to do by hand."""

    def remove(self) -> None:
        """Remove the copy."""


@dataclass
class Report:
    """How a drill went."""

    moment: datetime
    lost: timedelta
    steps: list[tuple[str, timedelta]] = field(default_factory=list)
    live: Inventory | None = None
    copy: Inventory | None = None
    left_to_do: str = ""

    @property
    def away(self) -> timedelta:
        """Return how long all steps took that stand between the decision and the database."""
        return sum((took for name, took in self.steps if name != "remove the copy"), timedelta())

    def objections(self) -> list[str]:
        """Return what is not as it must be."""
        found = []
        if self.lost > MOST_LOST:
            found.append(f"{self.lost} of messages would be lost, which is more than {MOST_LOST}")
        if self.away > MOST_AWAY:
            found.append(f"it took {self.away}, which is more than {MOST_AWAY}")
        if self.copy and not self.copy.rows.get("schema_migrations"):
            found.append("the copy has no applied migrations: this is not the site's database")
        if self.live and self.copy:
            absent = sorted(self.live.rows.keys() - self.copy.rows.keys())
            found += [f"the copy has no table {name}" for name in absent]
        return found


def drill(
    database: Restorable,
    *,
    moment: datetime | None = None,
    switch: bool = False,
    tell: Callable[[str], None] = lambda _words: None,
    clock: Callable[[], float] = time.monotonic,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Report:
    """Do each step, timed; a copy that is not to take the database's place is removed, whatever happens."""
    newest = database.newest()
    if moment and moment > newest:
        raise RestoreError(
            f"{moment:%Y-%m-%dT%H:%M:%SZ} cannot be had back yet; the latest is {newest:%H:%M:%S}. Wait."
        )
    report = Report(moment or newest, now() - newest)

    def step(name: str, do: Callable[[], T]) -> T:
        tell(f"{name} …")
        begin = clock()
        result = do()
        report.steps.append((name, timedelta(seconds=clock() - begin)))
        return result

    switched = False
    try:
        step("ask for a copy", lambda: database.begin(report.moment))
        step("wait until it answers", database.wait)
        report.copy = step("count what is in it", lambda: database.count(copy=True))
        if switch:
            # From here on the copy may already be the database: nothing removes it any more, whatever fails.
            switched = True
            report.left_to_do = step("put it in the database's place", lambda: _switch(database))
        else:
            report.live = database.count(copy=False)
    finally:
        if not switched:
            step("remove the copy", database.remove)
    return report


def _switch(database: Restorable) -> str:
    try:
        return database.switch()
    except RestoreError as error:
        raise RestoreError(
            f"{error} The copy is kept. Look which of the two has which name now, and give the copy the database's."
        ) from error


def told(report: Report) -> str:
    """Return a report as a person reads it."""
    lines = [f"as of {report.moment:%Y-%m-%dT%H:%M:%SZ}", ""]
    lines += [f"  {name:34} {_clock(took)}" for name, took in report.steps]
    lines += ["", f"  {'lost at most (limit 15 minutes)':34} {_clock(report.lost)}"]
    lines += [f"  {'there again after (limit 1 hour)':34} {_clock(report.away)}", ""]
    if report.copy:
        lines += ["  table                               copy" + ("       live" if report.live else "")]
        for name, count in sorted(report.copy.rows.items()):
            beside = f"{report.live.rows.get(name, 0):>11,}" if report.live else ""
            lines.append(f"  {name:30} {count:>9,}{beside}")
        lines += ["", f"  newest message in the copy: {report.copy.newest_message or 'none'}"]
    lines += [f"  wrong: {words}" for words in report.objections()]
    if report.left_to_do:
        lines += ["", report.left_to_do]
    return "\n".join(lines) + "\n"


def _clock(span: timedelta) -> str:
    return f"{int(span.total_seconds()) // 60:>4} min {span.total_seconds() % 60:4.1f} s"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the drill; 0 where it kept both limits and nothing is missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environment", choices=("here", "dev", "staging", "production"))
    parser.add_argument("--to", type=_moment, help="the moment, like 2026-03-01T12:00:00Z; else the latest there is")
    parser.add_argument("--switch", action="store_true", help="put the copy in the database's place")
    parser.add_argument("--region", default="eu-central-1")
    chosen = parser.parse_args(arguments)
    try:
        report = _run(chosen)
    except RestoreError as error:
        sys.stderr.write(f"make restore-drill: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("make restore-drill: interrupted\n")
        return 130
    sys.stdout.write(told(report))
    return 1 if report.objections() else 0


def _run(chosen: argparse.Namespace) -> Report:
    def tell(words: str) -> None:
        sys.stderr.write(f"{words}\n")

    if chosen.environment == "here":
        from tools.restore_here import drill_here  # noqa: PLC0415 - a server is for this one only

        return drill_here(tell)
    from tools.restore_rds import open_rds  # noqa: PLC0415 - boto3 is for this one only

    return drill(open_rds(chosen.environment, chosen.region), moment=chosen.to, switch=chosen.switch, tell=tell)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no moment; give it like 2026-03-01T12:00:00Z") from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} says no time zone; end it with Z for UTC")
    return moment.astimezone(UTC)


if __name__ == "__main__":
    # By its name as a module: as a script it would be there twice, with two kinds of RestoreError.
    from tools.restore_drill import main as by_name

    sys.exit(by_name())
