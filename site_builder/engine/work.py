"""One build: what the last one left, what has changed since, and what is therefore to be made.

The stages, each of which ends in values that the next one takes::

    plan      which texts and pages of the last build may be kept at all
    reading   the changed texts are read, the others restored; then Pelican and its plugins work on all of them
    compare   which facts about texts and site are other than they were
    make      the pages that had read one of those facts
    finish    files into their places, the state last
"""

from __future__ import annotations

import array
import contextlib
import logging
import marshal
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pelican.plugins

from site_builder.engine import contents as texts
from site_builder.engine import facts
from site_builder.engine.contents import Pipeline
from site_builder.engine.doors import Seen, loaded_modules, unwatched, watching
from site_builder.engine.inputs import (
    Folder,
    Known,
    Listing,
    Stamp,
    NEVER,
    NOWHERE,
    digest_of,
    is_surely_same,
    look,
    stamp_at,
    tree,
)
from site_builder.engine.likeness import TELL, URL_FIELDS, NoLikeness, likeness, likeness_digest, settings_likeness
from site_builder.engine.output import Output
from site_builder.engine.pages import CLOCK, TEMPLATE, Desk, Job, Made, make, write_down
from site_builder.engine.quick import engine_key, namespace_digest
from site_builder.engine.reading import ReadAhead
from site_builder.engine.store import Input, PageRow, Source, Store, state_file
from site_builder.engine.trust import Trust, is_followed
from site_builder.engine.workers import Workers, available_processors
from site_builder.errors import BuildError

FIELD_BITS = 20
FEW_PAGES = 48
PAGE_CHUNK = 24
MOST_KINDS = 12
BODIES_AT_ONCE = 256
# Not the site's facts, but this build's.
NOT_COMPARED = frozenset(
    {"OUTPUT_PATH", "CACHE_PATH", "CACHE_CONTENT", "LOAD_CONTENT_CACHE", "PLUGINS", "PORT", "BIND"}
)
CONTAINERS = (list, dict, set)
# What decides the address of a text is all of its fields; what decides its text is one.
SUMMARY_FIELDS = frozenset({"metadata", "_summary", "summary", "_get_content"})

logger = logging.getLogger(__name__)


@dataclass
class Report:
    """What a build did, for people and machines."""

    pages: int = 0
    files: int = 0
    made: int = 0
    written: int = 0
    removed: int = 0
    clean: str = ""
    # Whether words alone had changed, and the rest of the site was not asked for.
    short: bool = False
    seconds: float = 0.0


@dataclass
class Text:
    """A text of this build: the object, and what is to be written down of it."""

    content: Any
    kind: str
    path: str
    row: Source | None
    digest: bytes | None = None
    written: bytes | None = None
    links: tuple[str, ...] = ()
    depends: tuple[tuple[str, bytes | None], ...] = ()
    before: dict[str, Any] = field(default_factory=dict)
    copies: dict[str, Any] = field(default_factory=dict)
    body: int | None = None
    after: bytes = b""


class Work:
    """The build of one output folder."""

    def __init__(
        self,
        settings: dict[str, Any],
        *,
        jobs: int | None = None,
        clean: bool = False,
        front: str = "",
        settings_file: Path | None = None,
        progress: Callable[[str, int, int], None] | None = None,
        words: tuple[Sequence[str], int] | None = None,
    ) -> None:
        """Prepare a build with these settings; nothing is touched yet."""
        self.started = time.time_ns()
        self.clock = time.monotonic()
        self.output = Output(Path(os.path.abspath(settings["OUTPUT_PATH"])))
        self.jobs = jobs or available_processors()
        self.clean = clean
        self.front = front
        # The texts that alone have changed since a build, and which build that was.
        self.words = words
        self.settings_file = settings_file
        self.progress = progress or (lambda _what, _done, _all: None)
        self.site_key = settings_likeness(settings, NOT_COMPARED)
        self.watched = Seen()
        self.at_start, self.in_pipeline, self.at_making = Seen(), Seen(), Seen()
        self.modules: set[str] = set()
        self.report = Report()
        self.trust = Trust()
        self.texts: dict[str, Text] = {}
        self.reasons: dict[str, str] = {}
        self._stamps: dict[str, Stamp] = {}
        self._known: dict[tuple[str, str], Known] = {}
        self._now: dict[str, Known] = {}
        self._new_bodies: dict[int, str] = {}
        self._copies: set[str] = set()
        self._path_of: dict[str, str] = {}
        self._context_digests: dict[str, bytes | None] = {}
        self._seen = Seen()
        self.blind = False
        self.attaching: set[str] = set()
        self.changed_fields: dict[str, set[str] | None] = {}
        self.gone: set[str] = set()
        self.direct = ""
        self.pipeline_reads: set[str] = set()
        self.trusted_constants = False
        self.settings_at_start: bytes | None = None
        # Called before anything is put into its place: the last moment to say no.
        self.refuse: Callable[[], None] = lambda: None
        # Called where a build begins once more.
        self.forget: Callable[[], None] = lambda: None

    # --- Plan

    def open(self, settings: dict[str, Any]) -> None:
        """Open the state of the last build, and decide what of it may be kept."""
        self.settings = settings
        self.output.begin()
        self.theme = os.path.abspath(settings["THEME"])
        self.folder = Folder(
            settings["PATH"],
            settings["IGNORE_FILES"],
            [str(self.output.folder), str(self.output.staging)],
        )
        self.listings: list[Listing] = []
        self.theme_stamps = tree(self.theme)
        last = Store(state_file(self.output.folder))
        self.meta = last.meta()
        self.last_inputs = {(one.role, one.path): one for one in last.inputs()}
        self.report.clean = self._why_clean(settings)
        self.ledger = self.output.ledger()
        if self.report.clean:
            last.close()
            self.last_inputs = {}
            self.last_sources: dict[str, Source] = {}
            self.last_pages: dict[str, PageRow] = {}
            self.last_outputs: dict[str, Known] = {}
            self.last_names: dict[str, tuple[int, bytes | None]] = {}
            self.store = Store(state_file(self.output.folder).with_name(f"{self._state_name()}.new"))
            self.store.begin_anew()
        else:
            self.store = last
            self.last_sources = last.sources()
            self.last_pages = last.pages()
            self.last_outputs = last.outputs()
            self.last_names = last.names()
        self.build = int(self.meta.get("build", 0)) + 1
        self.body_numbers = {key: source.body for key, source in self.last_sources.items() if source.body is not None}
        self.next_body = self.store.last_body() + 1
        self.stray_bodies = bool(self.last_sources) and self.next_body - 1 > int(self.meta.get("last_body", 0))
        self.next_source = max((source.id for source in self.last_sources.values()), default=0) + 1
        self.desk: Desk | None = None

    def _state_name(self) -> str:
        return state_file(self.output.folder).name

    def _why_clean(self, settings: dict[str, Any]) -> str:
        """Return why nothing of the last build may be kept; empty where something may."""
        meta = self.meta
        if self.clean:
            return "it was asked for"
        if not meta:
            return "there is no state of an earlier build"
        if self.site_key is None:
            return "a setting is an object that cannot be compared"
        if meta.get("engine") != engine_key():
            return "Python, its place, or the machine's language or zone has changed"
        if meta.get("site") != self.site_key:
            return "a setting has changed"
        if meta.get("plugins") != plugin_names(settings):
            return "the plugins have changed"
        for (role, path), one in self.last_inputs.items():
            if role == "everything" and not self._is_same(one):
                return f"{_shown(path)} has changed"
        return ""

    def _is_same(self, one: Input) -> bool:
        """Say whether an input is what it was; keep its new stamp where only that has changed."""
        mark = (one.role, one.path)
        now = self._look(one.path, one.known)
        self._known[mark] = now
        return now.digest == one.known.digest and now.digest != NEVER

    def _look(self, path: str, known: Known | None = None) -> Known:
        """Return what lies at an input's path (`file:…`, `folder:…`, `env:…`) now."""
        found = self._now.get(path)
        if found is None:
            found = self._now[path] = look(path, known, self.started)
        return found

    # --- Reading

    def list_files(self, listing: Listing) -> dict[str, Stamp]:
        """Answer a generator's question for files, and remember both."""
        files = self.folder.files(listing)
        if listing not in self.listings:
            self.listings.append(listing)
        self._stamps.update(files)
        return files

    @contextmanager
    def reading(self, generator: Any, paths: Sequence[str]) -> Iterator[None]:
        """Let a generator read its texts: ahead where that pays, and watched."""
        base = generator.path
        unread = [os.path.abspath(os.path.join(base, path)) for path in paths if not self._may_restore(generator, path)]
        ahead = ReadAhead(generator.readers, self.settings, unread, self.jobs)
        read_file, cached = generator.readers.read_file, generator.readers.get_cached_data
        done = 0

        def take(path: str, default: Any = None) -> Any:
            found = ahead.take(path)
            if found is None:
                return default
            digest, content, metadata, seen = found
            self._now[f"file:{path}"] = Known(
                self._stamps.get(self._path_of[path], NOWHERE), self.started, digest or b""
            )
            self._seen.add(seen)
            return content, metadata

        def read_watched(*arguments: Any, **options: Any) -> Any:
            nonlocal done
            path = options["path"]
            whole = os.path.abspath(os.path.join(base, path))
            self._path_of[whole] = path
            self._seen = Seen()
            if not ahead.will_take(whole) and generator.kind != "static":
                # Before it is read: if it changes in between, the next build sees that it is not what was read.
                self._file(path, whole)
            try:
                with watching(self._seen):
                    return read_file(*arguments, **options)
            finally:
                self._seen.files.discard(whole)
                done += 1
                self.progress("read", done, len(unread))

        generator.readers.get_cached_data = take
        generator.readers.read_file = (
            read_watched if generator.kind != "static" else self._static_reader(generator, read_watched)
        )
        try:
            yield
        finally:
            ahead.stop()
            self.modules |= ahead.modules
            generator.readers.read_file, generator.readers.get_cached_data = read_file, cached

    def _static_reader(self, generator: Any, read: Callable[..., Any]) -> Callable[..., Any]:
        def read_or_restore(*arguments: Any, **options: Any) -> Any:
            path = options["path"]
            found = self.restored(generator, path)
            if found is None:
                found = read(*arguments, **options)
                self.keep(generator, path, found)
            return found

        return read_or_restore

    def _may_restore(self, generator: Any, path: str) -> Source | None:
        """Return what the last build knew of a file, if reading it again would give the same."""
        if self.trust.texts:
            return None
        key = f"{generator.kind}:{os.path.normpath(path)}"
        source = self.last_sources.get(key)
        if source is None or source.written is None or source.digest is None:
            return None
        if source.due is not None and source.due <= self.started / 1e9:
            return None
        whole = os.path.join(generator.path, path)
        if generator.kind != "static" and self._file(path, whole).digest != source.digest:
            return None
        for place, digest in source.depends:
            if digest is None or self._look(place, self._known_dependency(place)).digest != digest:
                return None
        return source

    def _known_dependency(self, place: str) -> Known | None:
        known = self.last_inputs.get(("source", place))
        return known.known if known else None

    def _file(self, path: str, whole: str) -> Known:
        """Return a content file as it is now; it is read only where its stamp does not say that it is the same."""
        place = f"file:{os.path.abspath(whole)}"
        found = self._now.get(place)
        if found is None:
            last = self.last_inputs.get(("content", path))
            stamp = self._stamps.get(path) or stamp_at(whole)
            if last is not None and stamp is not None and is_surely_same(last.known, stamp):
                found = last.known
            else:
                found = look(place, last.known if last else None, self.started, stamp)
            self._now[place] = found
        return found

    @unwatched
    def restored(self, generator: Any, path: str) -> Any:
        """Return a text as the last build left it, or None where it must be read."""
        source = self._may_restore(generator, path)
        if source is None or source.written is None:
            return None
        content = texts.make_again(
            source.kind, source.key, source.written, self.settings, generator.context, self.body_of
        )
        if source.body is None:
            content.__dict__["_body"] = None
        if source.key in self.meta.get("attaching", ()):
            self.attaching.add(source.key)
        text = Text(content, source.kind, path, source, source.digest, source.written, source.links, source.depends)
        text.body = source.body
        self._remember(source.key, text)
        return content

    def keep(self, generator: Any, path: str, content: Any) -> None:
        """Write down a text that was just read."""
        kind = generator.kind
        key = f"{kind}:{os.path.normpath(path)}"
        if type(content) is not texts.KINDS[kind] or key in self.texts:
            return
        fields = content.__dict__
        fields["_key"] = key
        digest = b"" if kind == "static" else self._file(path, os.path.join(generator.path, path)).digest
        text = Text(content, kind, path, self.last_sources.get(key), digest)
        body = fields.get("_body")
        reads, Pipeline.reads = Pipeline.reads, None
        text.written = texts.write_down(content)
        if isinstance(body, str):
            text.links = tuple(sorted(content.get_static_links())) if texts.may_link(body, self.settings) else ()
            self._keep_body(key, text, body)
            del fields["_body"]
            fields["_bodies"] = self.body_of
        text.depends = self._dependencies(self._seen)
        self.blind |= self._seen.blind
        reader = generator.readers.readers.get("static" if kind == "static" else os.path.splitext(path)[1][1:])
        if (body and texts.may_link(body, self.settings) and _attaches(body)) or _attaches(text.written):
            self.attaching.add(key)
        if self._seen.blind or self.trust.texts or not is_followed(reader):
            text.written = None
        Pipeline.reads = reads
        self._remember(key, text)

    def _remember(self, key: str, text: Text) -> None:
        fields = text.content.__dict__
        text.before = dict(fields)
        text.copies = {name: value.copy() for name, value in fields.items() if type(value) in CONTAINERS}
        self.texts[key] = text

    def _keep_body(self, key: str, text: Text, body: str) -> None:
        source = text.row
        if source is not None and source.body is not None and self.store.body(source.body) == body:
            text.body = source.body
        else:
            text.body = self.next_body
            self.next_body += 1
            self._new_bodies[text.body] = body
            if self.report.clean and len(self._new_bodies) >= BODIES_AT_ONCE:
                self._put_bodies()
        self.body_numbers[key] = text.body

    def _put_bodies(self) -> None:
        with self.store.writing():
            self.store.put_bodies(self._new_bodies.items())
        self._new_bodies.clear()

    def body_of(self, key: str) -> str:
        """Return the rendered text of an article or a page."""
        number = self.body_numbers[key]
        body = self._new_bodies.get(number)
        return self.store.body(number) if body is None else body

    def _dependencies(self, seen: Seen) -> tuple[tuple[str, bytes | None], ...]:
        places = [f"file:{path}" for path in seen.files]
        places += [f"folder:{path}" for path in seen.folders]
        places += [f"env:{name}" for name in seen.environment]
        ours = f"{self.output.folder.parent}/.{self.output.folder.name}."
        return tuple((place, self._trusted_look(place).digest) for place in sorted(places) if ours not in place)

    def _trusted_look(self, place: str) -> Known:
        """Look at what was read while the build ran: what changed meanwhile was perhaps read before it changed."""
        known = self._look(place)
        return known._replace(digest=NEVER) if max(known.stamp[1:3]) >= self.started else known

    def static_links(self, content: Any) -> set[str]:
        """Return the files that a text links to."""
        text = self.texts.get(content.__dict__.get("_key", ""))
        if text is None or text.content is not content:
            return set(content.get_static_links())
        return set(text.links)

    # --- Compare

    @unwatched
    def compare(self, context: dict[str, Any], desk: Desk) -> None:
        """Find the facts that are other than in the last build; from here on texts tell who reads them."""
        self.desk = desk
        wrappers_too = UrlChanges.seen
        self.names = dict(self.last_names)
        self.next_name = max((number for number, _ in self.names.values()), default=0) + 1
        self.ids: dict[str, int] = {}
        changed_fields: dict[str, set[str] | None] = {}
        for key, text in self.texts.items():
            row = text.row
            if row is None:
                self.ids[key] = self.next_source
                self.next_source += 1
            else:
                self.ids[key] = row.id
            after = _after(text, wrappers_too=wrappers_too)
            text.after = marshal.dumps(after, 2)
            if row is None:
                continue
            if row.written is not text.written or row.body != text.body:
                changed = self._changed_by_reading(text, row, after)
                if changed:
                    changed_fields[key] = changed
            elif row.after != text.after:
                changed_fields[key] = _differing(marshal.loads(row.after), after)  # noqa: S302
        gone = self.last_sources.keys() - self.texts.keys()
        for key in gone:
            changed_fields[key] = None
        self.gone = set(gone)
        self.changed_fields = changed_fields
        self.changed: dict[int, str] = {}
        if self.direct:
            return
        for key, text in self.texts.items():
            row = text.row
            if row is not None and key not in changed_fields and row.url is not None and row.kind != "static":
                text.content.__dict__["_addresses"] = {"url": row.url, "save_as": row.save_as}
        self.trusted_constants = settings_likeness(self.settings, NOT_COMPARED) == self.settings_at_start
        desk.begin_reading(constants=self.trusted_constants)
        self._mark_changed_fields()
        self._mark_changed_names(context)
        texts.begin_noting(text.content for text in self.texts.values())

    def _changed_by_reading(self, text: Text, row: Source, after: dict[str, Any]) -> set[str] | None:
        """Return the fields of a text that are other than in the last build, or None where that is not known."""
        if not row.written:
            return None
        old = texts.make_again(row.kind, row.key, row.written, self.settings, {}, self.body_of).__dict__
        old_after = marshal.loads(row.after)  # noqa: S302
        new = text.content.__dict__
        changed = set()
        for name in (old.keys() | new.keys() | old_after.keys() | after.keys()) - texts.OF_THE_BUILD:
            was = old_after[name] if name in old_after else _like(old.get(name, facts.MISSING))
            now = after[name] if name in after else _like(new.get(name, facts.MISSING))
            if was != now or was == UNLIKE:
                changed.add(name)
        if row.body != text.body:
            changed.add("_content")
        return changed

    def _mark_changed_fields(self) -> None:
        attributes = [name for name in self.names if " " not in name]
        for key, changed in self.changed_fields.items():
            number = self.last_sources[key].id << FIELD_BITS
            shown = key.partition(":")[2]
            text = self.texts.get(key)
            row = self.last_sources[key]
            for name in attributes:
                if changed is None:
                    reason = f"{shown} is gone" if text is None else f"{shown} has changed"
                elif self._is_changed(name, changed, text, row):
                    reason = f"{name} of {shown} has changed"
                else:
                    continue
                self.changed[number | self.names[name][0]] = reason

    @staticmethod
    def _is_changed(name: str, changed: set[str], text: Text | None, row: Source) -> bool:
        """Say whether a field that a page has read is another one, when these fields of the text's own are."""
        if text is None or name in changed:
            return True
        content = text.content
        if name == "content":
            return not changed.isdisjoint({"_content", "_get_content"})
        if name == "summary":
            own = "_content" in changed and "summary" not in content.metadata
            return own or not changed.isdisjoint(SUMMARY_FIELDS)
        if name in ("url", "save_as"):
            return bool(getattr(content, name) != getattr(row, name))
        if name == "status":
            return "_status" in changed
        if changed == {"_content"}:
            return False
        # A field of the text's own that is not among the changed ones is the same; what else there is is computed.
        return name not in content.__dict__

    def _mark_changed_names(self, context: dict[str, Any]) -> None:
        for name, (number, digest) in self.names.items():
            if name.startswith(TEMPLATE):
                now = self._look(f"file:{name.removeprefix(TEMPLATE)}", self._known_template(name)).digest
                if now != digest:
                    self.changed[number] = f"the template {_shown(name.removeprefix(TEMPLATE))} has changed"
            elif name.startswith(facts.CONTEXT):
                if digest is None or self._context_digest(name, context) != digest:
                    self.changed[number] = f"{name.removeprefix(facts.CONTEXT)} of the site has changed"
            elif name.startswith(facts.LINK) and link_digest(name, context) != digest:
                self.changed[number] = f"what the link to {name.removeprefix(facts.LINK)} leads to has changed"

    def _known_template(self, name: str) -> Known | None:
        one = self.last_inputs.get(("template", f"file:{name.removeprefix(TEMPLATE)}"))
        return one.known if one else None

    def _context_digest(self, name: str, context: dict[str, Any]) -> bytes | None:
        if name not in self._context_digests:
            self._context_digests[name] = self._digest_of_context(name, context)
        return self._context_digests[name]

    def _digest_of_context(self, name: str, context: dict[str, Any]) -> bytes | None:
        try:
            assert self.desk is not None
            return likeness_digest(self.desk.like(name.removeprefix(facts.CONTEXT), context))
        except (NoLikeness, ValueError, TypeError):
            return None

    # --- Make

    def choose(self, jobs: dict[str, Job]) -> dict[str, str]:
        """Return the pages that are to be made, each with the reason."""
        if self.report.clean:
            return dict.fromkeys(jobs, f"everything is made: {self.report.clean}")
        whole = self._why_all_pages()
        if whole:
            return dict.fromkeys(jobs, whole)
        reasons = {}
        changed = self.changed.keys()
        for path, job in jobs.items():
            reason = self._why(job, self.last_pages.get(path), changed)
            if reason:
                reasons[path] = reason
        return reasons

    def _why_all_pages(self) -> str:
        for (role, path), one in self.last_inputs.items():
            if role == "render" and not self._is_same(one):
                return f"{_shown(path)}, which a template's function reads, has changed"
        if self.meta.get("templates") != self._template_names():
            return "a template was added or removed"
        return ""

    def _why(self, job: Job, row: PageRow | None, changed: Any) -> str:
        if row is None:
            return "it is new"
        if row.opaque:
            return f"it is always made: {row.opaque.removeprefix(CLOCK)}"
        if row.template != job.ident:
            return "it is made with another template"
        if not self._output_is_same(job.path):
            return "its file in the output was changed or removed"
        assert self.desk is not None
        was = marshal.loads(row.locals)  # noqa: S302
        now = self.desk.locals_of([path for path, _ in was], job.own)
        if now is None:
            return "it reads a value that cannot be compared"
        for (path, old), (_, new) in zip(was, now, strict=True):
            if old != new:
                return f"{path} of the page has changed"
        numbers = array.array("Q", row.facts)
        if not changed.isdisjoint(numbers):
            return next(self.changed[number] for number in numbers if number in self.changed)
        return ""

    def _output_is_same(self, path: str) -> bool:
        known = self.last_outputs.get(path)
        if known is None:
            return False
        now = self._look(f"file:{self.output.folder}/{path}", known)
        return now.digest == known.digest

    def _template_names(self) -> bytes:
        folders = [*self.settings["THEME_TEMPLATES_OVERRIDES"], os.path.join(self.theme, "templates")]
        return digest_of(repr([sorted(tree(os.path.abspath(folder))) for folder in folders]).encode())

    def make_pages(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, tuple[Any, ...]]]:
        """Make the pages, in several processes where they are many, and yield what each has read."""
        assert self.desk is not None
        if self.jobs < 2 or len(jobs) < FEW_PAGES:
            for job in jobs:
                yield job, self._make_here(job)
            return
        if self._new_bodies:
            self._put_bodies()
        # One of each kind is made here first: what it reads is then known by numbers in every process.
        kinds = list({job.ident: job for job in jobs}.values())[:MOST_KINDS]
        first = {id(job) for job in kinds}
        for job in kinds:
            yield job, self._make_here(job)
        jobs = [job for job in jobs if id(job) not in first]
        parent = os.getpid()
        reopened = False

        def work(chunk: Sequence[Job]) -> list[Any]:
            nonlocal reopened
            if not reopened and os.getpid() != parent:
                self.store.reopen()
                reopened = True
            return [self._make_quietly(job) for job in chunk]

        def farewell() -> tuple[Seen, set[str]]:
            return self.at_making, loaded_modules()

        workers = Workers(work, jobs, processes=self.jobs, chunk=PAGE_CHUNK, farewell=farewell)
        for chunk, results in workers.results():
            for job, result in zip(chunk, results, strict=True):
                # Where there is something to be said about a page, it is made here, where somebody listens.
                yield job, result or self._make_here(job)
        for seen, modules in workers.farewells:
            self.at_making.add(seen)
            self.modules |= modules

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
        assert self.desk is not None
        with watching(self.at_making):
            made = make(job, self.desk)
        digest = digest_of(made.text)
        known = self.last_outputs.get(made.path)
        same = known is not None and known.digest == digest and self._output_is_same(made.path)
        text = None if same else made.text
        written = write_down(job, self.desk, self.settings["FEED_MAX_ITEMS"])
        return (*self._pack(made), marshal.dumps(made.locals, 2), made.opaque, digest, text, written)

    def _pack(self, made: Made) -> tuple[bytes, list[Any]]:
        """Return the facts as numbers, and those that have none yet in words."""
        packed, strange = array.array("Q"), []
        ids, names = self.ids, self.names
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

    def _write(self, path: str, text: bytes) -> Stamp:
        """Write a page into the staging folder."""
        whole = f"{self.output.staging}/{path}"
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

    # --- Static files

    @contextmanager
    def theme_files(self) -> Iterator[None]:
        """Let Pelican copy the theme's own files."""
        yield

    def wants_copy(self, source: str, save_as: str) -> bool:
        """Say whether a static file must be copied: not where the output has the same bytes already."""
        self._copies.add(save_as)
        if self.direct:
            return True
        known = self.last_outputs.get(save_as)
        if known is None or not self._output_is_same(save_as):
            return True
        path = os.path.relpath(source, self.settings["PATH"])
        return self._file(path, source).digest != known.digest

    # --- Finish

    def finish(self, desk: Desk, context: dict[str, Any]) -> None:
        """Make the pages, put everything into its place, and write the state."""
        reasons = {} if self.direct else self.choose(desk.jobs)
        todo = [desk.jobs[path] for path in reasons]
        rows, digests = self._make_all(todo, reasons)
        staged = self.output.staged()
        outputs: dict[str, Known] = {}
        for path in list(staged):
            if path in digests and digests[path][1] is not None:
                outputs[path] = Known(digests[path][1], self.started, digests[path][0])
        self._drop_unchanged(staged, outputs, digests)
        wanted = set(outputs) | set(desk.jobs) | self._copies | set(self._unchanged_files)
        self._check_pages(wanted)
        self._commit(desk, context, rows, outputs, staged, wanted)

    def _make_all(self, todo: list[Job], reasons: dict[str, str]) -> tuple[list[PageRow], dict[str, Any]]:
        rows, digests = [], {}
        for done, (job, made) in enumerate(self.make_pages(todo), start=1):
            packed, strange, own, opaque, digest, text, written = made
            if strange:
                more = array.array("Q", packed)
                for key, name in strange:
                    number = self.names.get(name)
                    if number is None:
                        number = self.names[name] = (self.next_name, None)
                        self.next_name += 1
                    more.append((self.ids[key] << FIELD_BITS if key else 0) | number[0])
                packed = more.tobytes()
            reason = f"{self.build}\t{reasons[job.path]}"
            rows.append(PageRow(job.path, job.ident, packed, own, opaque, reason, written))
            # One process writes: two that make folders at once spend their time waiting for each other.
            digests[job.path] = (digest, None if text is None else self._write(job.path, text))
            self.progress("made", done, len(todo))
        return rows, digests

    def _drop_unchanged(self, staged: dict[str, str], outputs: dict[str, Known], digests: dict[str, Any]) -> None:
        """Leave in the staging folder only what the output does not have."""
        self._unchanged_files: list[str] = []
        exists = self.output.folder.exists()
        for path, whole in list(staged.items()):
            known = outputs.get(path) or look(f"file:{whole}", None, self.started)
            if (
                exists
                and self._look(f"file:{self.output.folder}/{path}", self.last_outputs.get(path)).digest == known.digest
            ):
                os.unlink(whole)
                del staged[path]
                outputs[path] = self._now[f"file:{self.output.folder}/{path}"]
                if path not in digests:
                    self._unchanged_files.append(path)
            else:
                outputs[path] = known

    def _check_pages(self, wanted: set[str]) -> None:
        self.report.pages = sum(path.endswith(".html") for path in wanted)
        self.report.files = len(wanted)
        if not self.report.pages:
            where = str(self.output.folder)
            raise BuildError(where, "the build made no page at all", "Look whether PATH in the settings is right.")

    def _commit(
        self,
        desk: Desk,
        context: dict[str, Any],
        rows: list[PageRow],
        outputs: dict[str, Known],
        staged: dict[str, str],
        wanted: set[str],
    ) -> None:
        self.modules |= loaded_modules()
        self.refuse()
        removed = self.output.apply(staged, wanted, self.ledger)
        self.report.made, self.report.written, self.report.removed = len(rows), len(staged), len(removed)
        if not (self.report.clean and len(staged) == len(wanted)):
            # A rename touches a file's times; what was moved in alone must be looked at again.
            for path in staged:
                stamp = stamp_at(f"{self.output.folder}/{path}")
                outputs[path] = outputs[path]._replace(stamp=stamp or NOWHERE)
        inputs = self._inputs(desk)
        names = self._names(context)
        with self.store.writing():
            self._write_state(desk, rows, outputs, wanted, inputs, names)
        if self.report.clean:
            self.store.close()
            replace_state(self.store.file, state_file(self.output.folder))
            self.store = Store(state_file(self.output.folder))

    def _write_state(
        self,
        desk: Desk,
        rows: list[PageRow],
        outputs: dict[str, Known],
        wanted: set[str],
        inputs: dict[tuple[str, str], Input],
        names: list[tuple[int, str, bytes | None]],
    ) -> None:
        store = self.store
        if self.stray_bodies:
            store.drop_stray_bodies()
        store.put_bodies(self._new_bodies.items())
        self._new_bodies.clear()
        changed = [self._source(key, text) for key, text in self.texts.items()]
        dropped = {
            row.body
            for key, row in self.last_sources.items()
            if row.body is not None and (self.body_numbers.get(key) != row.body or key in self.gone)
        }
        store.put_sources(source for source in changed if self.last_sources.get(source.key) != source)
        store.drop_sources(self.gone)
        store.drop_bodies(number for number in dropped if number is not None)
        store.put_names(names)
        store.put_pages(rows)
        store.drop_pages(self.last_pages.keys() - desk.jobs.keys())
        outputs.update(
            (path, self._now[f"file:{self.output.folder}/{path}"])
            for path in wanted - outputs.keys()
            if f"file:{self.output.folder}/{path}" in self._now
        )
        store.put_outputs((path, known) for path, known in outputs.items() if self.last_outputs.get(path) != known)
        store.drop_outputs(self.last_outputs.keys() - wanted)
        store.put_inputs(one for mark, one in inputs.items() if self.last_inputs.get(mark) != one)
        store.drop_inputs(self.last_inputs.keys() - inputs.keys())
        store.set_meta(self._meta(desk, rows))

    def _source(self, key: str, text: Text) -> Source:
        content = text.content
        due = _due(content, self.settings, self.started / 1e9)
        addresses = content.__dict__.get("_addresses", {})
        url, save_as = addresses.get("url"), addresses.get("save_as")
        if text.row is not None and url is None and key not in self.changed_fields:
            url, save_as = text.row.url, text.row.save_as
        return Source(
            self.ids[key], key, text.kind, text.path, text.digest, text.written, text.body,
            text.links, text.depends, due, text.after, url, save_as, self._live(text),
        )  # fmt: skip

    @staticmethod
    def _live(text: Text) -> bytes | None:
        """Return the values that plugins gave a text, and the names of those that they took."""
        if text.row is not None and text.row.after == text.after and text.row.written is text.written:
            return text.row.live
        fields = text.content.__dict__
        names = marshal.loads(text.after)  # noqa: S302
        given = {name: fields[name] for name in names if name in fields}
        return texts.dump_live((given, [name for name in names if name not in fields]))

    def _inputs(self, desk: Desk) -> dict[tuple[str, str], Input]:
        """Return everything that this build depended on, but for the texts' own rows."""
        found: dict[tuple[str, str], Input] = {}

        def add(role: str, place: str, known: Known) -> None:
            found[role, place] = Input(role, place, known)

        ours = f"{self.output.folder.parent}/.{self.output.folder.name}."
        for path, stamp in self._stamps.items():
            del stamp
            add("content", path, self._file(path, os.path.join(self.settings["PATH"], path)))
        for text in self.texts.values():
            if text.path not in self._stamps:
                add("content", text.path, self._file(text.path, os.path.join(self.settings["PATH"], text.path)))
            for place, _ in text.depends:
                add("source", place, self._look(place, self._known_dependency(place)))
        for path in self.theme_stamps:
            place = f"file:{path}"
            add("theme", place, self._look_theme(place))
        for name in self.names:
            if name.startswith(TEMPLATE):
                place = f"file:{name.removeprefix(TEMPLATE)}"
                add("template", place, self._look(place, self._known_template(name)))
        last = self.last_inputs
        templates = {place for role, place in found if role == "template"}
        for role, seen in (("everything", self.at_start), ("pipeline", self.in_pipeline), ("render", self.at_making)):
            if role == "render":
                for mark, one in last.items():
                    if mark[0] == "render":
                        found[mark] = one._replace(known=self._known.get(mark, one.known))
            for place, _ in self._dependencies(seen):
                if ours not in place and place not in templates:
                    add(role, place, self._trusted_look(place))
        everything = set(self.modules)
        everything |= {
            path.removeprefix("file:") for role, path in last if role == "everything" and path[:5] == "file:"
        }
        for path in everything:
            place = f"file:{path}"
            known = last.get(("everything", place))
            add("everything", place, self._look(place, known.known if known else None))
        for folder in pelican.plugins.__path__:
            add("everything", f"folder:{folder}", self._look(f"folder:{folder}"))
        return found

    def _look_theme(self, place: str) -> Known:
        known = self.last_inputs.get(("theme", place))
        return self._look(place, known.known if known else None)

    def _names(self, context: dict[str, Any]) -> list[tuple[int, str, bytes | None]]:
        """Return the names that facts refer to, each with what it was like in this build."""
        rows = []
        for name, (number, old) in self.names.items():
            digest: bytes | None = None
            if name.startswith(TEMPLATE):
                digest = self._trusted_look(f"file:{name.removeprefix(TEMPLATE)}").digest
            elif name.startswith(facts.CONTEXT):
                digest = self._context_digest(name, context)
            elif name.startswith(facts.LINK):
                digest = link_digest(name, context)
            if name not in self.last_names or digest != old:
                rows.append((number, name, digest))
        return rows

    def _meta(self, desk: Desk, rows: list[PageRow]) -> dict[str, Any]:
        opaque = {path: row.opaque for path, row in self.last_pages.items() if path in desk.jobs}
        opaque.update({row.path: row.opaque for row in rows})
        clock = any(reason.startswith(CLOCK) for reason in opaque.values())
        blind = self.at_start.blind or self.in_pipeline.blind or self.at_making.blind or self.blind
        dues = [
            text
            for text in (_due(one.content, self.settings, self.started / 1e9) for one in self.texts.values())
            if text
        ]
        return {
            "build": self.build,
            "engine": engine_key(),
            "site": self.site_key,
            "plugins": plugin_names(self.settings),
            "front": self.front,
            "quick": not (clock or blind or self.trust.clock),
            "attaching": sorted(self.attaching),
            "templates": self._template_names(),
            "base": self.settings["PATH"],
            "ignores": list(self.settings["IGNORE_FILES"]),
            "listings": [(one.paths, one.excludes, sorted(one.extensions) if one.extensions is not None else None)
                         for one in self.listings],
            "theme": self.theme,
            # Files that a text links to and no listing names.
            "linked": sorted({text.path for text in self.texts.values()} - self._stamps.keys()),
            "namespace": namespace_digest(self.settings_file) if self.settings_file else None,
            "due": min(dues, default=None),
            "last_body": self.next_body - 1,
            "pipeline_reads": sorted(self.pipeline_reads),
            "opaque": sum(1 for reason in opaque.values() if reason),
            "context": None if self.direct else texts.dump_live(live_context(desk), MOST_OF_A_CONTEXT),
            "constants": self.trusted_constants,
            "followed": not (self.trust.texts or self.direct or self.attaching),
            "pages": self.report.pages,
            "files": self.report.files,
        }  # fmt: skip


class _Noise(logging.Handler):
    heard = False

    def emit(self, record: logging.LogRecord) -> None:
        del record
        self.heard = True


TABLES = frozenset({"generated_content", "static_content", "static_links"})
MOST_OF_A_CONTEXT = 1 << 26


def live_context(desk: Desk) -> dict[str, Any]:
    """Return what the context has besides the settings, but for the tables of links."""
    settings = desk.settings
    return {
        name: value
        for name, value in desk.context.items()
        if name not in TABLES and (name not in settings or settings[name] is not value)
    }


def link_digest(name: str, context: dict[str, Any]) -> bytes:
    """Return what a link leads to."""
    path = name.removeprefix(facts.LINK)
    found = [
        (kind, getattr(dict.get(context[kind], path) or context[kind].get(path), "__dict__", {}).get("_key"))
        for kind in ("generated_content", "static_content")
    ]
    return digest_of(repr(found).encode())


UNLIKE = "(cannot be compared)"
UNLIKE_MARK = UNLIKE.encode()
ABSENT = object()
# The fields that hold tags, categories and authors, which a plugin may change in place.
WRAPPED = frozenset({"tags", "category", "author", "authors", "metadata"})


class UrlChanges:
    """Whether a plugin changed a tag, a category or an author in place since all texts were read."""

    seen = False

    @classmethod
    def note(cls, wrapper: Any, name: str, value: Any) -> None:
        """Set an attribute of one; these alone are set when it is made, or when its slug is first asked for."""
        if name not in ("settings", "_name", "_slug", "_slug_from_name"):
            cls.seen = True
        object.__setattr__(wrapper, name, value)


def _attaches(text: Any) -> bool:
    """Say whether a text moves a file beside itself: that changes the file's address for whoever comes later."""
    if isinstance(text, bytes):
        return b"attach" in text and (b"attach}" in text or b"attach|" in text)
    return isinstance(text, str) and ("attach}" in text or "attach|" in text)


def _like(value: Any) -> Any:
    try:
        return likeness(value)
    except (NoLikeness, RecursionError):
        return UNLIKE


def _after(text: Text, *, wrappers_too: bool) -> dict[str, Any]:
    """Return what the plugins changed of a text since it was read: each changed field, and what it is like now."""
    before, copies, now = text.before, text.copies, text.content.__dict__
    if text.row is not None and text.row.written is text.written and not wrappers_too:
        return _after_restoring(text.row, before, copies, now)
    changed = {}
    for name, value in now.items():
        if name in texts.OF_THE_BUILD:
            continue
        if (
            name not in before
            or before[name] is not value
            or (type(value) in CONTAINERS and _differs(value, copies[name]))
        ):
            changed[name] = _like(value)
        elif type(value) not in TELL and not isinstance(value, str | None):
            changed[name] = _like(value)
        elif wrappers_too and name in WRAPPED:
            changed[name] = _like(value)
    for name in before.keys() - now.keys():
        if name not in texts.OF_THE_BUILD:
            changed[name] = facts.MISSING
    return changed


def _after_restoring(
    row: Source, before: dict[str, Any], copies: dict[str, Any], now: dict[str, Any]
) -> dict[str, Any]:
    """Return the same for a text that was restored: what cannot be compared is what could not be before."""
    names = [name for name, value in now.items() if before.get(name, ABSENT) is not value]
    names += [name for name, copy in copies.items() if now.get(name) != copy]
    changed = {name: _like(now[name]) for name in names if name not in texts.OF_THE_BUILD and name in now}
    if len(now) < len(before) + len(names):
        changed.update({name: facts.MISSING for name in before if name not in now and name not in texts.OF_THE_BUILD})
    if UNLIKE_MARK in row.after:
        was = marshal.loads(row.after)  # noqa: S302
        changed.update({name: UNLIKE for name, like in was.items() if like == UNLIKE and name in now})
    return changed


def _differs(value: Any, copy: Any) -> bool:
    return bool(value != copy)


def _differing(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    return {
        name for name in old.keys() | new.keys() if old.get(name, "") != new.get(name, "") or old.get(name) == UNLIKE
    }


def _due(content: Any, settings: dict[str, Any], now: float) -> float | None:
    """Return the moment from which a text is no longer ahead of its date."""
    if settings["WITH_FUTURE_DATES"]:
        return None
    date = content.__dict__.get("date")
    try:
        moment = date.timestamp() if date is not None else 0.0
    except (OverflowError, ValueError, OSError):
        return None
    return float(moment) if moment > now else None


def plugin_names(settings: dict[str, Any]) -> list[str]:
    """Return the names of the loaded plugins."""
    return [str(name) for name in settings.get("PLUGINS") or []]


def replace_state(new: Path, old: Path) -> None:
    """Put a whole new state into the place of the old one."""
    for ending in ("-wal", "-shm"):
        Path(f"{new}{ending}").unlink(missing_ok=True)
        Path(f"{old}{ending}").unlink(missing_ok=True)
    new.replace(old)


def _write_all(file: int, text: bytes) -> None:
    view = memoryview(text)
    while view:
        view = view[os.write(file, view) :]


def _shown(path: str) -> str:
    """Return a path as a person in the project's folder would write it."""
    path = path.removeprefix("file:").removeprefix("folder:")
    with contextlib.suppress(ValueError):
        relative = os.path.relpath(path)
        if not relative.startswith(".."):
            return relative
    return path


__all__ = ["BuildError", "Report", "URL_FIELDS", "Work"]
