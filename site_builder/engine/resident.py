"""A build that stays: the next edit finds everything ready.

What takes time in a fresh process is to load Pelican and its plugins, to compile the templates and to look at all
files. Who is told what has changed, by the file system, and stays, has done all that already.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pelican.settings import read_settings

from site_builder.engine.build import WITH_DRAFTS, BuildReport, BuildRequest, build_site
from site_builder.engine.output import NOBODY_WAITS, Eager
from site_builder.engine.pelican import OUR_PARTS, SitePelican
from site_builder.engine.speed import faster
from site_builder.engine.speed.replacing import replaced
from site_builder.engine.store import Store, exists, state_file
from site_builder.engine.words import Done, FullBuildNeeded, Words


@dataclass(frozen=True)
class Update:
    """What an update made."""

    pages: int
    made: int
    # What was written and removed: paths in the output.
    changed: tuple[str, ...]
    # Whether the rest of the site was not asked for.
    short: bool
    seconds: float


class Resident:
    """The builder of one site, for as long as it is wanted."""

    def __init__(self, request: BuildRequest) -> None:
        """Know the site; nothing is built yet."""
        self.request = request
        self.output = request.output.absolute()
        self._stack = ExitStack()
        self._words: Words | None = None

    def __enter__(self) -> Self:
        """Build the site, so that there is something to update."""
        self.build()
        return self

    def __exit__(self, *error: object) -> None:
        """Let go of everything."""
        self._forget()

    def build(self, eager: Eager = NOBODY_WAITS) -> BuildReport:
        """Build whatever has changed, by the full way."""
        self._forget()
        return build_site(self.request._replace(eager=eager))

    def update(self, paths: Sequence[Path], eager: Eager = NOBODY_WAITS) -> Update:
        """Build after these files have changed, and only these."""
        started = time.monotonic()
        if self.request.check:
            self.request.check(paths)
        done = self._update_words([str(path.absolute()) for path in paths])
        if done is not None:
            return Update(done.pages, done.made, done.changed, short=True, seconds=time.monotonic() - started)
        report = self.build(eager)
        return Update(report.pages, report.made, report.changed, short=False, seconds=time.monotonic() - started)

    def due(self) -> float | None:
        """Return the moment from which the site would be another one, though nobody changes anything."""
        if not exists(self.output):
            return None
        store = Store(state_file(self.output))
        try:
            due: float | None = store.meta().get("due")
        finally:
            store.close()
        return due

    def make_ready(self) -> None:
        """Prepare for the next edit of words, while nobody waits."""
        if self._words is None and exists(self.output):
            self._prepare().make_ready()

    def _update_words(self, paths: Sequence[str]) -> Done | None:
        if not exists(self.output) or not paths:
            return None
        words = self._words or self._prepare()
        output = words.output
        with output.alone():
            if words.store.build_number() != words.meta.get("build"):
                # Somebody else has built meanwhile.
                return None
            output.begin()
            try:
                return words.build(paths)
            except (FullBuildNeeded, OSError):
                return None
            finally:
                output.end()

    def _prepare(self) -> Words:
        drafts = WITH_DRAFTS if self.request.drafts else {}
        settings = read_settings(str(self.request.settings), override={"OUTPUT_PATH": str(self.output), **drafts})
        builder = SitePelican(settings)
        self._stack.enter_context(replaced(OUR_PARTS))
        self._stack.enter_context(faster(builder.settings))
        store = Store(state_file(self.output))
        self._stack.callback(store.close)
        self._words = Words(builder, store, builder.work.ground.output)
        return self._words

    def _forget(self) -> None:
        self._words = None
        self._stack.close()
