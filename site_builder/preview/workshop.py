"""Keep the previewed site as its sources are: notice, build, tell the browsers, and check afterwards.

The building is done by a process of its own (see `builder`), which is started anew when code has changed. One thread
here does one thing after the other; what is saved meanwhile waits in the queue.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from site_builder.errors import PreviewError
from site_builder.preview.board import Board, address
from site_builder.preview.faults import Fault
from site_builder.preview.origin import Early
from site_builder.preview.watching import Sources, watching

# A file that is broken for a moment only, because an editor is still writing it, is no news.
GRACE = 0.08
# When nobody has saved anything for so long, what was built is checked.
IDLE = 0.4
PATIENCE = 1.0
END_SECONDS = 5
STOPPED = "the preview is being stopped"

Report = Callable[[str], None]
Progress = Callable[[str, int, int], None]
Message = dict[str, Any]


@dataclass(frozen=True)
class Built:
    """What the first build made."""

    pages: int
    seconds: float


class Workshop:
    """The builder's master: orders builds, and tells of them."""

    def __init__(
        self, sources: Sources, output: Path, board: Board, early: Early, report: Report, *, unchecked: bool = False
    ) -> None:
        """Know the site; nothing is built yet."""
        self.sources = sources
        self.output = output
        self._of = [str(sources.settings), str(output), *(["--unchecked"] if unchecked else [])]
        self._board, self._early, self._report = board, early, report
        self._findings: list[dict[str, Any]] = []
        self._builder: subprocess.Popen[bytes] | None = None
        self._checker: subprocess.Popen[bytes] | None = None
        self._due: float | None = None
        self._unchecked = True
        self._stop = threading.Event()

    def findings(self) -> list[dict[str, Any]]:
        """Return what the last check found."""
        return self._findings

    @contextmanager
    def keeping(self, progress: Progress | None) -> Iterator[Built]:
        """Build the site, or raise what stands in the way; then keep it as its sources are, until the block ends."""
        # What is saved during the first build is noticed too.
        with watching(self.sources) as changes:
            thread = threading.Thread(target=self._keep, args=(changes,), name="workshop", daemon=True)
            try:
                built = self._build_first(progress)
                thread.start()
                yield built
            finally:
                self._stop.set()
                changes.put(frozenset())
                self._end_builder()
                self._end_checker()
                if thread.is_alive():
                    thread.join(END_SECONDS)

    def _build_first(self, progress: Progress | None) -> Built:
        outcome = self._order(frozenset(), progress, frozenset())
        if outcome["kind"] == "failed":
            raise FirstBuildError(_faults(outcome))
        self._due = outcome["due"]
        return Built(outcome["pages"], outcome["seconds"])

    # --- One thread does all of this

    def _keep(self, changes: queue.SimpleQueue[frozenset[Path]]) -> None:
        waiting: frozenset[Path] = frozenset()
        while not self._stop.is_set():
            saved = waiting or self._next(changes)
            waiting = frozenset()
            if saved is None:
                self._check()
            elif not self._stop.is_set():
                waiting = self._react(saved, changes)

    def _next(self, changes: queue.SimpleQueue[frozenset[Path]]) -> frozenset[Path] | None:
        """Return what was saved next, an empty set when a text comes or goes by its date, None to check meanwhile."""
        if self._unchecked:
            timeout: float | None = IDLE
        else:
            timeout = None if self._due is None else max(0.0, self._due - time.time())
        try:
            return changes.get(timeout=None if timeout is None else min(timeout, threading.TIMEOUT_MAX))
        except queue.Empty:
            return None if self._unchecked else frozenset()

    def _react(self, saved: frozenset[Path], changes: queue.SimpleQueue[frozenset[Path]]) -> frozenset[Path]:
        """Build what was saved; return what was saved meanwhile, where that may mend what went wrong."""
        self._end_checker()
        styles = [self.sources.style_names(path) for path in saved]
        only_styles = bool(saved) and all(styles) and not self._board.faults
        for name in sorted({name for names in styles for name in names}):
            self._board.restyled(name)
        if any(self.sources.is_code(path) for path in saved):
            self._end_builder()
            saved = frozenset()
        # Browsers show a stylesheet already; nobody waits for the pages that only link it by another name.
        outcome = self._order(saved, None, frozenset() if only_styles else self._board.viewed())
        if self._stop.is_set():
            return frozenset()
        if outcome["kind"] == "failed":
            try:
                return changes.get(timeout=GRACE)
            except queue.Empty:
                faults = _faults(outcome)
                self._board.failed(faults)
                self._report("\n".join(str(fault) for fault in faults))
                return frozenset()
        self._due = outcome["due"]
        self._unchecked = True
        had_faults = bool(self._board.faults)
        if outcome["changed"] or had_faults:
            self._board.built(outcome["changed"], silently=only_styles)
            self._report(_summary(outcome))
        return frozenset()

    def _order(self, saved: frozenset[Path], progress: Progress | None, eager: frozenset[str]) -> Message:
        """Have the builder build, and return what came of it."""
        if self._builder is None or self._builder.poll() is not None:
            self._end_builder()
            self._builder = self._start_builder()
        builder = self._builder
        assert builder.stdin and builder.stdout  # noqa: S101, PT018 - both are pipes
        order = {"paths": [str(path) for path in saved], "eager": sorted(eager)}
        shown: set[str] = set()
        try:
            builder.stdin.write(f"{json.dumps(order)}\n".encode())
            builder.stdin.flush()
            for line in builder.stdout:
                message: Message = json.loads(line)
                if message["kind"] == "progress" and progress:
                    progress(message["what"], message["done"], message["total"])
                if message["kind"] == "early":
                    shown.add(message["path"])
                    self._early.put(message["path"], base64.b64decode(message["text"]))
                    self._board.shown_early(message["path"])
                if message["kind"] in {"built", "failed"}:
                    if message["kind"] == "built":
                        message["changed"] = [path for path in message["changed"] if path not in shown]
                    return message
        except (OSError, ValueError):
            pass
        finally:
            self._early.clear()
        return self._died()

    def _start_builder(self) -> subprocess.Popen[bytes]:
        # It ends when its input does, so it cannot outlive us, however we end.
        return subprocess.Popen(
            [sys.executable, "-m", "site_builder.preview.builder", *self._of],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": _import_path()},
            start_new_session=True,
        )

    def _died(self) -> Message:
        self._end_builder()
        words = STOPPED if self._stop.is_set() else "the process that builds has ended"
        fault = Fault("the builder", words, "Save the file again; what it said last is in the terminal.")
        return {"kind": "failed", "faults": [fault.as_json()]}

    def _end_builder(self) -> None:
        builder, self._builder = self._builder, None
        if builder is not None:
            _end(builder)
            if builder.stdout:
                builder.stdout.close()

    # --- Checking, when nobody waits

    def _check(self) -> None:
        """Begin to check what was built, in a process that yields to any other."""
        self._unchecked = False
        self._end_checker()
        self._checker = subprocess.Popen(
            [sys.executable, "-m", "site_builder.preview.checker", *self._of],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": _import_path()},
            start_new_session=True,
        )
        threading.Thread(target=self._hear, args=(self._checker,), name="checker", daemon=True).start()

    def _hear(self, checker: subprocess.Popen[bytes]) -> None:
        words, _ = checker.communicate()
        if checker.returncode == 0 and self._checker is checker:
            self._findings = json.loads(words)
            self._board.checked()

    def _end_checker(self) -> None:
        if self._checker is not None:
            _end(self._checker)
            self._checker = None


class FirstBuildError(PreviewError):
    """There is nothing to show yet."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        """Say all that is wrong."""
        super().__init__("the site", f"{len(faults)} fault(s)", "Mend what is listed, and start again.")
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


def _faults(outcome: Message) -> tuple[Fault, ...]:
    return tuple(
        Fault(
            one["where"], one["what"], one["todo"], one["line"], tuple((number, text) for number, text in one["lines"])
        )
        for one in outcome["faults"]
    )


def _summary(outcome: Message) -> str:
    changed = [path for path in outcome["changed"] if path.endswith(".html")]
    what = {0: "No page is other than before", 1: f"{address(changed[0])} is new" if changed else ""}
    pages = what.get(len(changed), f"{len(changed)} pages are new")
    return f"{time.strftime('%H:%M:%S')}  {pages}, after {outcome['seconds'] * 1000:.0f} ms"


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.stdin:
        with contextlib.suppress(OSError):
            process.stdin.close()
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _import_path() -> str:
    own = str(Path(__file__).resolve().parents[2])
    return os.pathsep.join(filter(None, (own, os.environ.get("PYTHONPATH"))))
