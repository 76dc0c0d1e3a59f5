"""Work that is done side by side comes back in its order, and ends when one of it fails."""

from __future__ import annotations

import threading
import time

import pytest

from site_builder.release.side import CONNECTIONS, Each, in_turn, side_by_side


@pytest.mark.parametrize("each", [in_turn, side_by_side])
def test_what_is_made_comes_in_the_order_of_the_things(each: Each) -> None:
    """Whichever was ready first."""

    def work(number: int) -> int:
        time.sleep(0.001 * (number % 3))
        return number * 2

    assert list(each(work, range(300))) == [number * 2 for number in range(300)]
    assert list(each(work, ())) == []


def test_as_many_are_done_at_once_as_there_are_connections() -> None:
    """They wait for each other here, which they could not in turn."""
    together = threading.Barrier(CONNECTIONS)

    assert len(set(side_by_side(lambda _: together.wait(10), range(CONNECTIONS)))) == CONNECTIONS


def test_the_first_that_fails_ends_it_and_what_has_not_begun_never_does() -> None:
    """Ten thousand uploads are not tried after the first was refused."""
    begun: list[int] = []

    def work(number: int) -> int:
        begun.append(number)
        if number == 3:
            raise ValueError("refused")
        time.sleep(0.001)
        return number

    with pytest.raises(ValueError, match="refused"):
        list(side_by_side(work, range(100_000)))
    assert len(begun) < 10 * CONNECTIONS
