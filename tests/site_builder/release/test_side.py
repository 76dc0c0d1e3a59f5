"""Work that is done side by side comes back in its order, and ends when one of it fails."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from site_builder.release.side import CONNECTIONS, WORTH_PROCESSES, Each, in_processes, in_turn, side_by_side

SECONDS = 60
several_processors = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) == 1, reason="one processor does it all by itself"
)


def begin(project_root: Path, work: str, things: int) -> subprocess.Popen[str]:
    """Begin some work in processes; the program is in `crew`."""
    command = [sys.executable, "-m", "tests.site_builder.release.crew", work, str(things)]
    return subprocess.Popen(command, cwd=project_root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def done(project_root: Path, work: str, things: int) -> list[str]:
    """Do some work in processes, and return what was printed of it."""
    said, complaints = begin(project_root, work, things).communicate(timeout=SECONDS)
    assert complaints == ""
    return said.splitlines()


@pytest.mark.parametrize("each", [in_turn, side_by_side, in_processes])
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


def test_many_things_are_done_by_a_process_for_each_processor_and_few_by_this_one(project_root: Path) -> None:
    """Python's threads have one processor between them."""
    available = len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1

    assert len(set(done(project_root, "process", 2 * WORTH_PROCESSES))) == min(4, available)
    assert len(set(done(project_root, "process", WORTH_PROCESSES - 1))) == 1


@several_processors
def test_what_processes_make_comes_in_the_order_of_the_things(project_root: Path) -> None:
    """Though each has a share of its own; also where the shares are not alike."""
    things = 2 * WORTH_PROCESSES + 1

    assert done(project_root, "double", things) == [str(2 * number) for number in range(things)]


@several_processors
def test_a_failure_in_a_process_is_the_failure_of_the_work(project_root: Path) -> None:
    """With all of its words; and what came before it has been told."""
    *made, failure = done(project_root, "refuse", 2 * WORTH_PROCESSES)

    assert failure == "StoreError: it is full"
    assert made == [str(number) for number in range(WORTH_PROCESSES)]


@several_processors
def test_a_process_that_just_ends_is_a_failure_in_words(project_root: Path) -> None:
    """The system may end one of them when it has no memory left."""
    assert done(project_root, "die", 2 * WORTH_PROCESSES)[-1].startswith("ReleaseError: a process that sends files has")


@several_processors
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_whoever_started_them(project_root: Path, how: signal.Signals) -> None:
    """However that one ends: nobody goes on sending files."""
    program = begin(project_root, "dawdle", 40 * WORTH_PROCESSES)
    assert program.stdout
    workers = {int(program.stdout.readline()) for _ in range(100)}
    program.send_signal(how)
    program.communicate(timeout=SECONDS)

    deadline = time.monotonic() + SECONDS
    while any(Path(f"/proc/{worker}").exists() for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(workers) > 1
    assert [worker for worker in workers if Path(f"/proc/{worker}").exists()] == []
