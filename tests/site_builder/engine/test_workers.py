"""Many small tasks are done by several processes, each of them once."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_builder.engine.workers import Workers
from site_builder.errors import BuildError


@settings(max_examples=20)
@given(count=st.integers(0, 90), processes=st.integers(1, 4), chunk=st.integers(1, 20))
def test_every_task_is_done_once(count: int, processes: int, chunk: int) -> None:
    """By whoever is free; which result belongs to which task is known."""
    workers = Workers(lambda tasks: [task * 2 for task in tasks], list(range(count)), processes=processes, chunk=chunk)
    done = {task: result for tasks, results in workers.results() for task, result in zip(tasks, results, strict=True)}

    assert done == {task: task * 2 for task in range(count)}


def test_large_results_arrive_whole() -> None:
    """Larger than a pipe holds."""
    workers = Workers(lambda tasks: [b"x" * 3_000_000 for _ in tasks], [1, 2, 3], processes=2, chunk=1)

    assert [len(results[0]) for _, results in workers.results()] == [3_000_000] * 3


def test_each_worker_says_something_at_the_end() -> None:
    """What it has seen, for one."""
    workers = Workers(list, [1, 2], processes=2, chunk=1, farewell=os.getpid)
    list(workers.results())

    assert len(set(workers.farewells)) == 2
    assert os.getpid() not in workers.farewells


def test_a_worker_that_dies_is_an_error(capfd: pytest.CaptureFixture[str]) -> None:
    """It is said with what to do, and the others are ended."""

    def die(_: Sequence[int]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    workers = Workers(die, [1, 2], processes=2, chunk=1)
    with pytest.raises(BuildError, match="ended early"):
        list(workers.results())

    assert "Traceback" not in capfd.readouterr().err
