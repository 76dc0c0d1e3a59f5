"""How a release command tells what it is going to do, what it does, and what there is."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from site_builder.cli.terminal import say
from site_builder.release.functions import describe_traffic
from site_builder.release.plan import (
    Action,
    Check,
    Copy,
    Delete,
    Migrate,
    Plan,
    Point,
    Present,
    Publish,
    RemoveVersions,
    Shift,
    StorePackage,
    Upload,
    WriteManifest,
    describe,
    summary,
)
from site_builder.release.pointer import Pointer
from site_builder.release.steps import StoppedError

BAR = 28
# A bar that is drawn more often costs more than it tells.
SECONDS_BETWEEN = 0.1
MOST_LINES = 40
MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass
class Progress:
    """A bar on a terminal, and nothing where nobody looks."""

    of: int
    _done: int = 0
    _sent: int = 0
    _drawn: float = 0.0

    def done(self, action: Action) -> None:
        """Count an action."""
        self._done += 1
        self._sent += action.entry.size if isinstance(action, Upload) else 0
        now = time.monotonic()
        if sys.stderr.isatty() and (self._done == self.of or now - self._drawn > SECONDS_BETWEEN):
            self._drawn = now
            filled = BAR * self._done // self.of
            bar = "█" * filled + "░" * (BAR - filled)
            end = "\n" if self._done == self.of else ""
            sys.stderr.write(f"\r  {bar} {self._done:,} of {self.of:,}, {self._sent / 1e6:,.1f} MB sent {end}")
            sys.stderr.flush()


@dataclass
class TerminalTeller:
    """Tells a person, asks them once before anything is written, and shows how far it is."""

    # What must be right before the first write.
    check: Callable[[], None] = lambda: None
    question: str | None = None
    # Machines read one document at the end, and nothing before it.
    quiet: bool = False
    plan: Plan | None = None
    _progress: Progress = field(default_factory=lambda: Progress(1))

    def planned(self, plan: Plan, _present: Present) -> None:
        """Tell the plan; ask, the first time, and only whoever can answer."""
        first, self.plan = self.plan is None, plan
        if not self.quiet:
            tell_plan(plan)
        if not plan.actions:
            return
        if first:
            self.check()
            self._ask()
        self._progress = Progress(len(plan.actions))

    def done(self, action: Action) -> None:
        """Tell what matters of what was done."""
        self._progress.done(action)
        if self.quiet:
            return
        match action:
            case WriteManifest():
                say("Stored: the release is complete.")
            case Check():
                say("The API's new version answers as it should; nobody else has asked it yet.")
            case Shift():
                say(f"The API's requests go to {describe_traffic(action.traffic)}.")
            case Point() if action.new.digest != action.seen.digest:
                say(f"Live: {action.new.digest}")
            case _:
                return

    def _ask(self) -> None:
        if self.question is None or not sys.stdin.isatty():
            return
        sys.stderr.write(f"{self.question} [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise StoppedError


def tell_plan(plan: Plan, *, whole: bool = False) -> None:
    """Tell a plan; a long one in its beginning and its end, as nobody reads ten thousand lines while it runs."""
    lines = describe(plan)
    if not whole and len(lines) > MOST_LINES:
        hidden = len(lines) - MOST_LINES
        lines = [
            *lines[: MOST_LINES // 2],
            f"  … {hidden:,} more (`publish.py plan` lists all) …",
            *lines[-MOST_LINES // 2 :],
        ]
    for line in lines:
        say(line)


def plan_as_values(plan: Plan) -> dict[str, object]:
    """Return a plan as machines read it."""
    return {
        "release": plan.digest,
        "bytes": plan.bytes_to_send,
        "dollars": round(plan.dollars, 6),
        "summary": summary(plan),
        "actions": [_action(action) for action in plan.actions],
    }


def _action(action: Action) -> dict[str, object]:
    said: dict[str, object] = {"action": type(action).__name__, "reason": action.reason}
    match action:
        case Upload() | Copy():
            said |= {"key": action.key, "bytes": action.entry.size}
        case Delete():
            said |= {"keys": list(action.keys)}
        case WriteManifest():
            said |= {"key": action.manifest.manifest_key}
        case StorePackage() | Publish() | Migrate() | Check() | RemoveVersions():
            said |= {"package": action.package}
        case Shift():
            said |= vars(action.traffic)
        case _:
            pass
    return said


def say_json(values: Mapping[str, object] | Sequence[object]) -> None:
    """Print one document for machines."""
    say(json.dumps(values, ensure_ascii=False))


def age(seconds: float) -> str:
    """Say how long ago something was, in its largest unit."""
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def moment(at: float) -> str:
    """Say when something was."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Set rows in columns."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def pointer_as_values(pointer: Pointer) -> dict[str, object]:
    """Return what is live as machines read it."""
    said: dict[str, object] = json.loads(pointer.to_json())
    return said
