"""Do the same to many things, side by side or one after the other."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import Protocol, TypeVar

CONNECTIONS = 64

Thing = TypeVar("Thing")
Made = TypeVar("Made")


class Each(Protocol):
    """Does some work on each of many things, and gives what came of it in their order."""

    def __call__(self, work: Callable[[Thing], Made], things: Iterable[Thing]) -> Iterator[Made]:
        """Do the work; the first thing that fails ends it."""


def in_turn(work: Callable[[Thing], Made], things: Iterable[Thing]) -> Iterator[Made]:
    """Do the work on one thing after the other."""
    yield from map(work, things)


def side_by_side(work: Callable[[Thing], Made], things: Iterable[Thing]) -> Iterator[Made]:
    """Do the work in threads; what has not begun when one fails, or somebody interrupts, never begins."""
    waiting = iter(things)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        running: deque[Future[Made]] = deque()
        try:
            running.extend(pool.submit(work, thing) for thing in islice(waiting, 4 * CONNECTIONS))
            while running:
                made = running[0].result()
                running.popleft()
                running.extend(pool.submit(work, thing) for thing in islice(waiting, 1))
                yield made
        finally:
            for future in running:
                future.cancel()
