"""Watch an environment for a while: its alarms are asked again and again, and the first that rings ends it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from site_builder.release.stores import Clock

SECONDS_BETWEEN = 10.0


@dataclass(frozen=True)
class Alarm:
    """An alarm that rings, and why."""

    name: str
    why: str


class Alarms(Protocol):
    """What watches an environment all the time."""

    def ringing(self, names: Sequence[str]) -> tuple[Alarm, ...]:
        """Return those that ring; raise StoreError where one of them does not exist."""


def watch(
    alarms: Alarms,
    names: Sequence[str],
    clock: Clock,
    seconds: float,
    tell: Callable[[float], None] = lambda _: None,
) -> tuple[Alarm, ...]:
    """Return what rings first, or nothing when the time is over; whatever rings is seen at least once, at the end."""
    end = clock.now() + seconds
    while True:
        ringing = alarms.ringing(names)
        left = end - clock.now()
        if ringing or left <= 0:
            return ringing
        tell(left)
        clock.sleep(min(SECONDS_BETWEEN, left))
