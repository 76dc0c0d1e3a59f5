"""A program that does some work in processes, for the tests: its own process, so that no other thread is copied."""

from __future__ import annotations

import os
import signal
import sys
import time

from site_builder.errors import ReleaseError
from site_builder.release.side import WORTH_PROCESSES, in_processes
from site_builder.release.stores import StoreError

MANY = 2 * WORTH_PROCESSES


def double(number: int) -> int:
    """Do a little."""
    return 2 * number


def process(_: int) -> int:
    """Say who did it."""
    return os.getpid()


def refuse(number: int) -> int:
    """Fail at one of the things, as a store does."""
    if number == MANY // 2:
        raise StoreError("PUT some/key", "it is full")
    return number


def die(number: int) -> int:
    """End the process that does it, as a system does that has no memory left."""
    if number == MANY // 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def dawdle(_: int) -> int:
    """Take long enough for somebody to come between."""
    time.sleep(0.2)
    return os.getpid()


def main() -> None:
    """Do the named work on so many things, and print what came of it."""
    # Whatever runs in the background of a shell would not hear of it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    work = {"double": double, "process": process, "refuse": refuse, "die": die, "dawdle": dawdle}[sys.argv[1]]
    try:
        for made in in_processes(work, range(int(sys.argv[2]))):
            sys.stdout.write(f"{made}\n")
            if work is dawdle:
                sys.stdout.flush()
    except ReleaseError as error:
        sys.stdout.write(f"{type(error).__name__}: {error.what}\n")


if __name__ == "__main__":
    main()
