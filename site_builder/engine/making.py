"""Which pages are to be made, each with its reason; and the making, in several processes where they are many."""

from __future__ import annotations

import array
import logging
import marshal
import os
from collections.abc import Iterator, Sequence
from typing import Any

from site_builder.engine.changes import Changes
from site_builder.engine.doors import Seen, loaded_modules, watching
from site_builder.engine.ground import Ground, shown
from site_builder.engine.inputs import Stamp, digest_of
from site_builder.engine.pages import CLOCK, Desk, Job, Made, make, write_down
from site_builder.engine.store import FIELD_BITS, PageRow
from site_builder.engine.texts import Texts
from site_builder.engine.workers import Workers

FEW_PAGES = 48
PAGE_CHUNK = 24
MOST_KINDS = 12


class Making:
    """The pages of a build."""

    def __init__(self, ground: Ground, texts: Texts, changes: Changes) -> None:
        """Nothing is made yet."""
        self.ground = ground
        self.texts = texts
        self.changes = changes
        # Static files, each by its path in the output.
        self.copies: set[str] = set()

    @property
    def desk(self) -> Desk:
        """Return the desk with the jobs."""
        if self.changes.desk is None:
            raise RuntimeError
        return self.changes.desk

    def choose(self, jobs: dict[str, Job]) -> dict[str, str]:
        """Return the pages that are to be made, each with the reason."""
        if self.ground.report.clean:
            return dict.fromkeys(jobs, f"everything is made: {self.ground.report.clean}")
        whole = self._why_all_pages()
        if whole:
            return dict.fromkeys(jobs, whole)
        reasons = {}
        changed = self.changes.changed.keys()
        for path, job in jobs.items():
            reason = self._why(job, self.ground.last_pages.get(path), changed)
            if reason:
                reasons[path] = reason
        return reasons

    def _why_all_pages(self) -> str:
        for (role, path), one in self.ground.last_inputs.items():
            if role == "render" and not self.ground.is_same(one):
                return f"{shown(path)}, which a template's function reads, has changed"
        if self.ground.meta.get("templates") != self.ground.template_names():
            return "a template was added or removed"
        return ""

    def _why(self, job: Job, row: PageRow | None, changed: Any) -> str:  # noqa: PLR0911 - a reason each
        if row is None:
            return "it is new"
        if row.opaque:
            return f"it is always made: {row.opaque.removeprefix(CLOCK)}"
        if row.template != job.ident:
            return "it is made with another template"
        if not self.ground.output_is_same(job.path):
            return "its file in the output was changed or removed"
        was = marshal.loads(row.locals)  # noqa: S302
        now = self.desk.locals_of([path for path, _ in was], job.own)
        if now is None:
            return "it reads a value that cannot be compared"
        for (path, old), (_, new) in zip(was, now, strict=True):
            if old != new:
                return f"{path} of the page has changed"
        numbers = array.array("Q", row.facts)
        if not changed.isdisjoint(numbers):
            return next(self.changes.changed[number] for number in numbers if number in self.changes.changed)
        return ""

    def make_pages(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, tuple[Any, ...]]]:  # noqa: C901 - both ways
        """Make the pages, in several processes where they are many, and yield what each has read."""
        if self.ground.jobs == 1 or len(jobs) < FEW_PAGES:
            for job in jobs:
                yield job, self._make_here(job)
            return
        if self.texts.new_bodies:
            self.texts.put_bodies()
        # One of each kind is made here first: what it reads is then known by numbers in every process.
        kinds = list({job.ident: job for job in jobs}.values())[:MOST_KINDS]
        kinds = [*(job for job in jobs if job.path in self.ground.eager.paths and job not in kinds), *kinds]
        first = {id(job) for job in kinds}
        for job in kinds:
            yield job, self._make_here(job)
        jobs = [job for job in jobs if id(job) not in first]
        parent = os.getpid()
        reopened = False

        def work(chunk: Sequence[Job]) -> list[Any]:
            nonlocal reopened
            if not reopened and os.getpid() != parent:
                self.ground.store.reopen()
                reopened = True
            return [self._make_quietly(job) for job in chunk]

        def farewell() -> tuple[Seen, set[str]]:
            return self.ground.at_making, loaded_modules()

        workers = Workers(work, jobs, processes=self.ground.jobs, chunk=PAGE_CHUNK, farewell=farewell)
        for chunk, results in workers.results():
            for job, result in zip(chunk, results, strict=True):
                # Where there is something to be said about a page, it is made here, where somebody listens.
                yield job, result or self._make_here(job)
        for seen, modules in workers.farewells:
            self.ground.at_making.add(seen)
            self.ground.modules |= modules

    def _make_quietly(self, job: Job) -> tuple[Any, ...] | None:
        noise = _Noise(level=logging.WARNING)
        pelican_log = logging.getLogger("pelican")
        pelican_log.addHandler(noise)
        pelican_log.propagate = False
        try:
            made = self._make_here(job)
        except Exception:  # noqa: BLE001 - made again where it can be reported
            return None
        finally:
            pelican_log.removeHandler(noise)
        return None if noise.heard else made

    def _make_here(self, job: Job) -> tuple[Any, ...]:
        with watching(self.ground.at_making):
            made = make(job, self.desk)
        digest = digest_of(made.text)
        known = self.ground.last_outputs.get(made.path)
        same = known is not None and known.digest == digest and self.ground.output_is_same(made.path)
        text = None if same else made.text
        written = write_down(job, self.desk, self.ground.settings["FEED_MAX_ITEMS"])
        return (*self._pack(made), marshal.dumps(made.locals, 2), made.opaque, digest, text, written)

    def _pack(self, made: Made) -> tuple[bytes, list[Any]]:
        """Return the facts as numbers, and those that have none yet in words."""
        packed, strange = array.array("Q"), []
        ids, names = self.changes.ids, self.changes.names
        for key, name in made.fields:
            number = names.get(name)
            if number is None:
                strange.append((key, name))
            else:
                packed.append(ids[key] << FIELD_BITS | number[0])
        for name in made.names:
            number = names.get(name)
            if number is None:
                strange.append(("", name))
            else:
                packed.append(number[0])
        return packed.tobytes(), strange

    def make_all(self, todo: list[Job], reasons: dict[str, str]) -> tuple[list[PageRow], dict[str, Any]]:
        """Make pages, put them into the staging folder, and return their rows, and the digest and stamp of each."""
        rows, digests = [], {}
        for done, (job, made) in enumerate(self.make_pages(todo), start=1):
            packed, strange, own, opaque, digest, text, written = made
            if strange:
                more = array.array("Q", packed)
                for key, name in strange:
                    number = self.changes.names.get(name)
                    if number is None:
                        number = self.changes.names[name] = (self.changes.next_name, None)
                        self.changes.next_name += 1
                    more.append((self.changes.ids[key] << FIELD_BITS if key else 0) | number[0])
                packed = more.tobytes()
            reason = f"{self.ground.build}\t{reasons[job.path]}"
            rows.append(PageRow(job.path, job.ident, packed, own, opaque, reason, written))
            # One process writes: two that make folders at once spend their time waiting for each other.
            digests[job.path] = (digest, None if text is None else self._write(job.path, text))
            if text is not None and job.path in self.ground.eager.paths:
                self.ground.eager.take(job.path, text)
            self.ground.progress("made", done, len(todo))
        return rows, digests

    def _write(self, path: str, text: bytes) -> Stamp:
        """Write a page into the staging folder."""
        whole = f"{self.ground.output.staging}/{path}"
        try:
            file = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            file = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666)
        try:
            _write_all(file, text)
            status = os.fstat(file)
        finally:
            os.close(file)
        return Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)

    def wants_copy(self, source: str, save_as: str) -> bool:
        """Say whether a static file must be copied: not where the output has the same bytes already."""
        self.copies.add(save_as)
        if self.ground.direct:
            return True
        known = self.ground.last_outputs.get(save_as)
        if known is None or not self.ground.output_is_same(save_as):
            return True
        path = os.path.relpath(source, self.ground.settings["PATH"])
        return self.ground.file_at(path, source).digest != known.digest


class _Noise(logging.Handler):
    heard = False

    def emit(self, record: logging.LogRecord) -> None:
        del record
        self.heard = True


def _write_all(file: int, text: bytes) -> None:
    view = memoryview(text)
    while view:
        view = view[os.write(file, view) :]
