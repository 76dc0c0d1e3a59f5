"""Keep a part of the stack running: what ends though nobody stopped it is started again, and it is said."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from site_builder.errors import PreviewError
from site_builder.preview.leash import Leashed

LOOK_SECONDS = 0.2
# Who ends again and again at once is not started for ever.
MOST, WITHIN_SECONDS = 5, 30

Report = Callable[[str], None]


@contextmanager
def kept(name: str, start: Callable[[], Leashed], report: Report) -> Iterator[None]:
    """Start it, start it again whenever it ends, and stop it when the block does."""
    keeper = _Keeper(name, start, report)
    thread = threading.Thread(target=keeper.watch, name=f"keeping {name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        keeper.stop.set()
        thread.join()
        keeper.process.stop()


class _Keeper:
    def __init__(self, name: str, start: Callable[[], Leashed], report: Report) -> None:
        self.name, self._start, self._report = name, start, report
        self.stop = threading.Event()
        self.process = start()
        self._ends: list[float] = []

    def watch(self) -> None:
        """Look now and then, until it is to stop or there is no use in starting it again."""
        while not self.stop.wait(LOOK_SECONDS):
            if self.process.exit_code() is not None and not self._start_again():
                return

    def _start_again(self) -> bool:
        now = time.monotonic()
        self._ends = [*(end for end in self._ends if now - end < WITHIN_SECONDS), now]
        if len(self._ends) > MOST:
            self._report(f"{self.name} has ended {MOST} times in {WITHIN_SECONDS} s, and is left alone now.")
            return False
        self._report(f"{self.name} has ended, and is started again …")
        # The rest of what it was must be gone before it can come back.
        self.process.stop()
        try:
            self.process = self._start()
        except PreviewError as error:
            self._report(str(error))
        return True
