"""Waiting ends at the moment, not before it, and never lasts for hours."""

from __future__ import annotations

import pytest

from tools.wait import main


def waited(moment: str, now: float = 1000.0) -> tuple[int, list[float]]:
    """Wait by a clock that stands still until somebody sleeps, and then runs a little slow."""
    clock, slept = [now], list[float]()

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += max(seconds - 1, 0.5)

    return main([moment], lambda: clock[0], sleep), slept


def test_it_waits_until_the_moment_is_there() -> None:
    """Also where a sleep ends early."""
    code, slept = waited("1010")

    assert (code, slept[0]) == (0, 10)
    assert len(slept) > 1


@pytest.mark.parametrize(("moment", "code"), [("900", 0), ("9000", 1), ("soon", 2), ("", 2)])
def test_what_is_past_far_or_no_moment_is_over_at_once(moment: str, code: int) -> None:
    """The last two with words."""
    assert waited(moment) == (code, [])
