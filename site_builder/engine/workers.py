"""Run many small tasks in several processes, which share what the parent knows by being its forks."""

from __future__ import annotations

import contextlib
import fcntl
import gc
import marshal
import os
import pickle
import selectors
import signal
import struct
import traceback
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from site_builder.errors import BuildError

HEADER = struct.Struct("<I")
# As much as Linux gives to anybody; elsewhere a pipe is as large as it is.
PIPE_SIZE = 1 << 20


def available_processors() -> int:
    """Return how many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


class Workers:
    """Forks of this process that take the tasks one chunk at a time, whoever is free."""

    def __init__(
        self,
        work: Callable[[Any], Any],
        tasks: Sequence[Any],
        *,
        processes: int,
        chunk: int,
        dump: Callable[[Any], bytes] = marshal.dumps,
        load: Callable[[bytes], Any] = marshal.loads,
        farewell: Callable[[], Any] | None = None,
    ) -> None:
        """Begin to work on the tasks; `work` is called in another process, with one chunk of them."""
        self._work, self._dump, self._load = work, dump, load
        self._farewell = farewell
        self._chunks = [tasks[start : start + chunk] for start in range(0, len(tasks), chunk)]
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, int] = {}
        self.farewells: list[Any] = []
        self._queue_read, queue_write = os.pipe()
        # A pipe holds at least 64 KiB: far more numbers of chunks than there ever are; a full one would block.
        os.set_blocking(queue_write, False)
        step = max(1, -(-len(self._chunks) // 8_000))
        self._step = step
        for number in range(0, len(self._chunks), step):
            os.write(queue_write, HEADER.pack(number))
        os.close(queue_write)
        # What the parent has made so far is shared as it is; nobody collects it, so nobody copies it.
        gc.freeze()
        for _ in range(min(processes, len(self._chunks))):
            self._start()
        gc.unfreeze()
        os.close(self._queue_read)

    def _start(self) -> None:
        read, write = os.pipe()
        with contextlib.suppress(OSError, AttributeError):
            fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, PIPE_SIZE)
        with warnings.catch_warnings():
            # Newer Pythons warn of threads beside a fork. A worker uses nothing that another thread may hold.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            os.close(read)
            self._run(write)
        os.close(write)
        self._children[read] = child
        self._selector.register(read, selectors.EVENT_READ)

    def _run(self, write: int) -> None:
        """Work until no task is left; this is the child, and it never returns."""
        status = 1
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            gc.enable()
            gc.set_threshold(50_000, 20, 100)
            with os.fdopen(write, "wb", buffering=1 << 16) as pipe:
                while number := os.read(self._queue_read, HEADER.size):
                    first = HEADER.unpack(number)[0]
                    for index in range(first, min(first + self._step, len(self._chunks))):
                        self._send(pipe, b"r" + HEADER.pack(index) + self._dump(self._work(self._chunks[index])))
                if self._farewell is not None:
                    self._send(pipe, b"f" + pickle.dumps(self._farewell()))
            status = 0
        except BaseException:  # noqa: BLE001 - whatever it was, the parent is told
            with contextlib.suppress(OSError):
                os.write(2, traceback.format_exc().encode())
        finally:
            os._exit(status)

    @staticmethod
    def _send(pipe: Any, message: bytes) -> None:
        pipe.write(HEADER.pack(len(message)))
        pipe.write(message)
        pipe.flush()

    def results(self) -> Iterator[tuple[Sequence[Any], Any]]:
        """Yield each chunk of tasks with its result, in the order in which they are done."""
        try:
            while self._children:
                for key, _ in self._selector.select():
                    message = self._receive(key.fd)
                    if message is None:
                        self._end(key.fd)
                    elif message[:1] == b"f":
                        self.farewells.append(pickle.loads(message[1:]))  # noqa: S301 - our own child's
                    else:
                        index = HEADER.unpack(message[1:5])[0]
                        yield self._chunks[index], self._load(message[5:])
        finally:
            self.stop()

    def _receive(self, pipe: int) -> bytes | None:
        header = _read(pipe, HEADER.size)
        return _read(pipe, HEADER.unpack(header)[0]) if header else None

    def _end(self, pipe: int) -> None:
        self._selector.unregister(pipe)
        os.close(pipe)
        child = self._children.pop(pipe)
        _, status = os.waitpid(child, 0)
        if status:
            raise BuildError(
                f"process {child}",
                f"a worker of the build ended early (status {os.waitstatus_to_exitcode(status)})",
                "Build again; with --jobs 1 if it was for want of memory.",
            )

    def stop(self) -> None:
        """End every child that is still there."""
        for pipe, child in list(self._children.items()):
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(child, 0)
            os.close(pipe)
        self._children.clear()


def _read(pipe: int, size: int) -> bytes:
    """Read all of it, or what there is before the end."""
    parts = []
    while size:
        part = os.read(pipe, min(size, 1 << 20))
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
