"""Build again and again, in a process that stays: told on standard input what has changed, it answers on its output.

    python -m site_builder.preview.builder pelicanconf.py .local/preview [--unchecked]

One line of JSON is one message. In: `{"paths": [...], "eager": [...]}`; without paths, whatever has changed. Out:
`progress`, then `early` for each page that somebody waits for, and at last `built` or `failed`. It ends with its input.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from site_builder.engine.build import BuildRequest
from site_builder.engine.output import Eager
from site_builder.engine.resident import Resident, Update
from site_builder.guarded import guarded
from site_builder.preview.faults import faults_of

BETWEEN = 0.1
Say = Callable[[dict[str, Any]], None]


class Builder:
    """The site's builder, and the files that it could not build yet."""

    def __init__(self, settings: Path, output: Path, say: Say, *, unchecked: bool) -> None:
        """Know the site; nothing is built yet."""
        self._say = say
        self._last_progress = 0.0
        request = BuildRequest(settings, output, drafts=True, progress=self._progress)
        self._resident = Resident(request if unchecked else guarded(request))
        # What a build that failed was about is still to be built, whatever is saved next.
        self._waiting: set[Path] = set()

    def answer(self, order: dict[str, Any]) -> None:
        """Build, and say what came of it."""
        self._waiting.update(Path(path) for path in order.get("paths", ()))
        eager = Eager(frozenset(order.get("eager", ())), self._early)
        try:
            done = self._build(eager)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong is shown, and mended by the next saving
            self._say({"kind": "failed", "faults": [fault.as_json() for fault in faults_of(error)]})
            return
        self._waiting.clear()
        self._say(
            {
                "kind": "built",
                "pages": done.pages,
                "made": done.made,
                "changed": done.changed,
                "seconds": done.seconds,
                "due": self._resident.due(),
            }
        )
        self._resident.make_ready()

    def _build(self, eager: Eager) -> Update:
        if self._waiting:
            return self._resident.update(sorted(self._waiting), eager)
        report = self._resident.build(eager)
        return Update(report.pages, report.made, report.changed, short=False, seconds=report.seconds)

    def _early(self, path: str, text: bytes) -> None:
        self._say({"kind": "early", "path": path, "text": base64.b64encode(text).decode("ascii")})

    def _progress(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._last_progress > BETWEEN:
            self._last_progress = now
            self._say({"kind": "progress", "what": what, "done": done, "total": total})


def read_arguments() -> argparse.Namespace:
    """Return which site it is, as the preview says it on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("settings", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--unchecked", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Build after each order, until there are no more."""
    asked = read_arguments()
    # Whatever a plugin prints must not come between the messages.
    with os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8") as messages:
        os.dup2(2, 1)

        def say(message: dict[str, Any]) -> None:
            messages.write(f"{json.dumps(message)}\n")

        builder = Builder(asked.settings, asked.output, say, unchecked=asked.unchecked)
        for line in sys.stdin:
            builder.answer(json.loads(line))


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        # Whoever ordered has gone.
        os._exit(0)
