"""Watching asks until the time is over, and ends at the first alarm that rings."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from site_builder.release.aws import LOCAL_ACCESS, Account, LocalAlarm
from site_builder.release.memory import MemoryAlarms, MemoryClock
from site_builder.release.stores import StoreError
from site_builder.release.watch import Alarm, Alarms, watch


@dataclass(frozen=True)
class Kind:
    """Two alarms of one kind, and how one of them is set off."""

    alarms: Alarms
    names: tuple[str, str]
    ring: Callable[[str], None]


@pytest.fixture(params=["memory", "cloudwatch"])
def kind(request: pytest.FixtureRequest) -> Kind:
    """Return each kind of alarms: the twin, and the real client against moto."""
    names = (f"one-{uuid.uuid4()}", f"two-{uuid.uuid4()}")
    if request.param == "memory":
        twin = MemoryAlarms(*names)
        return Kind(twin, names, lambda why: twin.set(names[1], why))
    endpoint = request.getfixturevalue("aws_endpoint")
    local = [LocalAlarm(name, endpoint) for name in names]
    return Kind(Account("us-east-1", LOCAL_ACCESS).alarms(endpoint), names, local[1].set)


def test_what_rings_is_named_with_its_reason(kind: Kind) -> None:
    """And what has stopped is not."""
    kind.ring("/ was answered 502")
    rings = kind.alarms.ringing(kind.names)
    kind.ring("")

    assert rings == (Alarm(kind.names[1], "/ was answered 502"),)
    assert kind.alarms.ringing(kind.names) == ()


def test_an_alarm_that_does_not_exist_is_no_silence(kind: Kind) -> None:
    """A name that is wrong would watch nothing, for ever."""
    with pytest.raises(StoreError, match="there is none of the name nobody"):
        kind.alarms.ringing([*kind.names, "nobody"])


def test_a_quiet_watch_lasts_its_time() -> None:
    """It asks at the beginning, at the end and between."""
    clock, told = MemoryClock(), list[float]()
    began = clock.now()

    assert watch(MemoryAlarms("one"), ["one"], clock, 25, told.append) == ()
    assert (clock.now() - began, told) == (25, [25, 15, 5])


def test_the_first_ring_ends_the_watch() -> None:
    """Nobody waits for the rest of the time while visitors see a fault."""
    clock, alarms = MemoryClock(), MemoryAlarms("one")
    began = clock.now()

    def later(left: float) -> None:
        if left <= 80:
            alarms.set("one", "errors")

    assert watch(alarms, ["one"], clock, 100, later) == (Alarm("one", "errors"),)
    assert clock.now() - began == 30


def test_what_rings_in_the_last_moment_is_heard() -> None:
    """The last question comes after the last wait."""
    clock, alarms = MemoryClock(), MemoryAlarms("one")

    assert watch(alarms, ["one"], clock, 5, lambda _: alarms.set("one", "errors")) == (Alarm("one", "errors"),)
