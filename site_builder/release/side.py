"""Do the same to many things, side by side or one after the other."""

from __future__ import annotations

import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeVar

from site_builder.errors import ReleaseError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

CONNECTIONS = 64
# More do not help: by then a deploy waits for the network.
MOST_PROCESSES = 4
# One begins in the time of some fifty requests.
WORTH_PROCESSES = 1000
TOLD_AT_ONCE = 16

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
    yield from _in_threads(work, things, CONNECTIONS)


def in_processes(work: Callable[[Thing], Made], things: Iterable[Thing]) -> Iterator[Made]:
    """Do the work in a process for each processor, with threads in each; in this one, where that is sooner.

    Python's threads take turns at one processor. The processes are copies of this one, so the work finds everything as
    it is here; what it changes there is lost, so it may only read here and write elsewhere.
    """
    wanted = list(things)
    processors = _processors()[:MOST_PROCESSES]
    if len(processors) == 1 or len(wanted) < WORTH_PROCESSES:
        yield from side_by_side(work, wanted)
        return
    with _Crew(work, wanted, processors) as crew:
        yield from islice(crew.made(), len(wanted))


def _processors() -> list[int]:
    """Return the processors to use: where copies of a process are not safe, one."""
    return sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else [0]


def _in_threads(work: Callable[[Thing], Made], things: Iterable[Thing], threads: int) -> Iterator[Made]:
    waiting = iter(things)
    with ThreadPoolExecutor(threads) as pool:
        running: deque[Future[Made]] = deque()
        try:
            running.extend(pool.submit(work, thing) for thing in islice(waiting, 4 * threads))
            while running:
                made = running[0].result()
                running.popleft()
                running.extend(pool.submit(work, thing) for thing in islice(waiting, 1))
                yield made
        finally:
            for future in running:
                future.cancel()


@dataclass(frozen=True)
class _Share:
    """What one process of several does, and where."""

    things: Sequence[Any]
    threads: int
    processor: int


class _Crew:
    """Processes that do the same work, each on a share of the things; they end with whoever started them."""

    def __init__(self, work: Callable[[Thing], Made], things: Sequence[Thing], processors: Sequence[int]) -> None:
        # Most deploys send a few files, and need not wait for what they do not use.
        import multiprocessing  # noqa: PLC0415

        context = multiprocessing.get_context("fork")
        self._heard: list[Connection] = []
        self._processes = []
        for number, processor in enumerate(processors):
            heard, told = context.Pipe(duplex=False)
            self._heard.append(heard)
            share = _Share(things[number :: len(processors)], CONNECTIONS // len(processors), processor)
            arguments = (work, share, told, tuple(self._heard))
            self._processes.append(context.Process(target=_do_share, args=arguments, daemon=True))
            self._processes[-1].start()
            told.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for heard, process in zip(self._heard, self._processes, strict=True):
            process.terminate()
            process.join()
            heard.close()

    def made(self) -> Iterator[Any]:
        """Yield what came of the things, in turns of one of each share."""
        for share in cycle([_hear(heard) for heard in self._heard]):
            yield next(share)


def _hear(heard: Connection) -> Iterator[Any]:
    while True:
        try:
            made, error = heard.recv()
        except EOFError:
            what = "a process that sends files has ended, and did not say why"
            raise ReleaseError("the upload", what, "Run the command again; what is stored already stays.") from None
        yield from made
        if error:
            raise error


def _do_share(work: Callable[[Any], Any], share: _Share, told: Connection, heard: Sequence[Connection]) -> None:
    # Ctrl-C is for whoever started this one, who ends it then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # The threads take turns in any case, and a turn that goes to another processor costs more than the work.
    if sys.platform == "linux":
        os.sched_setaffinity(0, {share.processor})
    # While anybody could listen, nobody would notice that the one who did is gone.
    for other in heard:
        other.close()
    made: list[Any] = []
    try:
        for one in _in_threads(work, share.things, share.threads):
            made.append(one)
            if len(made) == TOLD_AT_ONCE:
                told.send((made, None))
                made = []
        told.send((made, None))
    except BrokenPipeError:
        os._exit(1)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is said where the work was ordered
        told.send((made, error))
