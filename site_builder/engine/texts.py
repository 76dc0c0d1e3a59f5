"""The texts of a build: read where they have changed, and otherwise made again from what was written down."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from site_builder.engine import contents
from site_builder.engine.contents import Pipeline
from site_builder.engine.doors import Seen, unwatched, watching
from site_builder.engine.ground import Ground
from site_builder.engine.inputs import NOWHERE, Known, Listing, Stamp, head_digest
from site_builder.engine.reading import ReadAhead
from site_builder.engine.store import Source
from site_builder.engine.trust import is_followed

BODIES_AT_ONCE = 256
CONTAINERS = (list, dict, set)


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
    head: bytes | None = None
    after: bytes = b""


class Texts:
    """All articles, pages and static files of a build."""

    def __init__(self, ground: Ground) -> None:
        """Begin with none."""
        self.ground = ground
        self.texts: dict[str, Text] = {}
        self.listings: list[Listing] = []
        # The texts that move a file beside themselves.
        self.attaching: set[str] = set()
        self.new_bodies: dict[int, str] = {}
        self._path_of: dict[str, str] = {}
        self._seen = Seen()

    def open(self) -> None:
        """Know which bodies the last build left."""
        self.body_numbers = {
            key: source.body for key, source in self.ground.last_sources.items() if source.body is not None
        }
        self.next_body = self.ground.store.last_body() + 1
        self.stray_bodies = bool(self.ground.last_sources) and self.next_body - 1 > int(
            self.ground.meta.get("last_body", 0)
        )

    def list_files(self, listing: Listing) -> dict[str, Stamp]:
        """Answer a generator's question for files, and remember both."""
        files = self.ground.folder.files(listing)
        if listing not in self.listings:
            self.listings.append(listing)
        self.ground.stamps.update(files)
        return files

    @contextmanager
    def reading(self, generator: Any, paths: Iterable[str]) -> Iterator[None]:
        """Let a generator read its texts: ahead where that pays, and watched."""
        base = generator.path
        unread = [os.path.abspath(os.path.join(base, path)) for path in paths if not self._may_restore(generator, path)]
        ahead = ReadAhead(generator.readers, self.ground.settings, unread, self.ground.jobs)
        read_file, cached = generator.readers.read_file, generator.readers.get_cached_data
        done = 0

        def take(path: str, default: Any = None) -> Any:
            found = ahead.take(path)
            if found is None:
                return default
            digest, content, metadata, seen = found
            self.ground.now[f"file:{path}"] = Known(
                self.ground.stamps.get(self._path_of[path], NOWHERE), self.ground.started, digest or b""
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
                self.ground.file_at(path, whole)
            try:
                with watching(self._seen):
                    return read_file(*arguments, **options)
            finally:
                self._seen.files.discard(whole)
                done += 1
                self.ground.progress("read", done, len(unread))

        generator.readers.get_cached_data = take
        generator.readers.read_file = (
            read_watched if generator.kind != "static" else self._static_reader(generator, read_watched)
        )
        try:
            yield
        finally:
            ahead.stop()
            self.ground.modules |= ahead.modules
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
        if self.ground.trust.texts:
            return None
        key = f"{generator.kind}:{os.path.normpath(path)}"
        source = self.ground.last_sources.get(key)
        if source is None or source.written is None or source.digest is None:
            return None
        if source.due is not None and source.due <= self.ground.started / 1e9:
            return None
        whole = os.path.join(generator.path, path)
        if generator.kind != "static" and self.ground.file_at(path, whole).digest != source.digest:
            return None
        for place, digest in source.depends:
            if digest is None or self.ground.look_at(place, self.ground.known_dependency(place)).digest != digest:
                return None
        return source

    @unwatched
    def restored(self, generator: Any, path: str) -> Any:
        """Return a text as the last build left it, or None where it must be read."""
        source = self._may_restore(generator, path)
        if source is None or source.written is None:
            return None
        content = contents.make_again(
            source.kind, source.key, source.written, self.ground.settings, generator.context, self.body_of
        )
        if source.body is None:
            content.__dict__["_body"] = None
        if source.key in self.ground.meta.get("attaching", ()):
            self.attaching.add(source.key)
        text = Text(content, source.kind, path, source, source.digest, source.written, source.links, source.depends)
        text.body, text.head = source.body, source.head
        self._remember(source.key, text)
        return content

    def keep(self, generator: Any, path: str, content: Any) -> None:
        """Write down a text that was just read."""
        kind = generator.kind
        key = f"{kind}:{os.path.normpath(path)}"
        kind_of: Any = contents.KINDS[kind]
        if content.__class__ is not kind_of or key in self.texts:
            return
        fields = content.__dict__
        fields["_key"] = key
        digest = b"" if kind == "static" else self.ground.file_at(path, os.path.join(generator.path, path)).digest
        text = Text(content, kind, path, self.ground.last_sources.get(key), digest)
        body = fields.get("_body")
        reads, Pipeline.reads = Pipeline.reads, None
        text.written = contents.write_down(content)
        if isinstance(body, str):
            text.head = head_digest(os.path.join(generator.path, path))
            text.links = (
                tuple(sorted(content.get_static_links())) if contents.may_link(body, self.ground.settings) else ()
            )
            self._keep_body(key, text, body)
            del fields["_body"]
            fields["_bodies"] = self.body_of
        text.depends = self.ground.dependencies(self._seen)
        self.ground.blind |= self._seen.blind
        reader = generator.readers.readers.get("static" if kind == "static" else os.path.splitext(path)[1][1:])
        if (body and contents.may_link(body, self.ground.settings) and _attaches(body)) or _attaches(text.written):
            self.attaching.add(key)
        if self._seen.blind or self.ground.trust.texts or not is_followed(reader):
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
        if source is not None and source.body is not None and self.ground.store.body(source.body) == body:
            text.body = source.body
        else:
            text.body = self.next_body
            self.next_body += 1
            self.new_bodies[text.body] = body
            if self.ground.report.clean and len(self.new_bodies) >= BODIES_AT_ONCE:
                self.put_bodies()
        self.body_numbers[key] = text.body

    def put_bodies(self) -> None:
        """Write the bodies that are new, for other processes to read."""
        with self.ground.store.writing():
            self.ground.store.put_bodies(self.new_bodies.items())
        self.new_bodies.clear()

    def body_of(self, key: str) -> str:
        """Return the rendered text of an article or a page."""
        number = self.body_numbers[key]
        body = self.new_bodies.get(number)
        return self.ground.store.body(number) if body is None else body

    def static_links(self, content: Any) -> set[str]:
        """Return the files that a text links to."""
        text = self.texts.get(content.__dict__.get("_key", ""))
        if text is None or text.content is not content:
            return set(content.get_static_links())
        return set(text.links)


def _attaches(text: Any) -> bool:
    """Say whether a text moves a file beside itself: that changes the file's address for whoever comes later."""
    if isinstance(text, bytes):
        return b"attach" in text and (b"attach}" in text or b"attach|" in text)
    return isinstance(text, str) and ("attach}" in text or "attach|" in text)
