"""The commonest change of all, made without the rest of the site: somebody edited the words of a text.

If a text that was read again is the same but for its body, and no plugin had looked at the body, then nothing that
plugins did for the whole site would be done otherwise. So they are not asked again: the pages that had read the body
are made, from what the last build wrote down of everything else. Where any of this is not so, the build goes its full
way.
"""

from __future__ import annotations

import array
import contextlib
import marshal
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pelican.plugins import signals

from site_builder.engine import contents as texts
from site_builder.engine import facts
from site_builder.engine.changes import link_digest
from site_builder.engine.doors import Seen, watching
from site_builder.engine.generators import ArticlesGenerator, PagesGenerator
from site_builder.engine.inputs import Known, digest_of, head_digest, look, stamp_at
from site_builder.engine.output import Output
from site_builder.engine.pages import Desk, Job, Made, collecting, make, prepare
from site_builder.engine.store import FIELD_BITS, Input, PageRow, Source, Store


@dataclass
class Edit:
    """A text whose words were edited, read again."""

    source: Source
    content: Any
    known: Known
    body: str
    depends: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True)
class Done:
    """How many pages and files the site has, how many pages were made, and which of them are other than before."""

    pages: int
    files: int
    made: int
    # What was written: paths in the output.
    changed: tuple[str, ...]


class FullBuildNeeded(Exception):  # noqa: N818 - it is an answer, not an error
    """More than words has changed."""


class StoredLinks(texts.LinkTable):
    """The table of what lies where, which looks a text up when a link asks for it."""

    def __init__(self, store: Store, kinds: Sequence[str]) -> None:
        """Look among texts of these kinds."""
        super().__init__()
        self._store, self._kinds = store, kinds

    def __contains__(self, path: object) -> bool:
        return self._find(path) is not None

    def _find(self, path: Any) -> Any:
        for kind in self._kinds:
            key = f"{kind}:{path}"
            if self._store.source(key) is not None:
                return texts.bare(key)
        return None

    def get(self, path: Any, default: Any = None) -> Any:
        """Look a link's target up, and note that it was."""
        found = self._find(path)
        if found is not None:
            dict.__setitem__(self, path, found)
        return super().get(path, default)


class Words:
    """One build of nothing but edited words."""

    def __init__(self, builder: Any, store: Store, output: Output) -> None:
        """Build for Pelican's class, on the state of the last build."""
        self.builder = builder
        self.settings: dict[str, Any] = builder.settings
        self.store = store
        self.output = output
        self.started = time.time_ns()
        self.meta = store.meta()
        self.numbers = {name: number for name, (number, _) in store.names().items()}
        self.seen = Seen()
        self.edited: dict[str, Edit] = {}
        self.desk: Desk | None = None
        self.generators: dict[str, Any] = {}

    def build(self, paths: Sequence[str]) -> Done:
        """Build what reads these texts."""
        self._refuse_unless_followed()
        self.started = time.time_ns()
        sources = [self._source_of(path) for path in paths]
        self._open_generators()
        edits = [self._read(source, path) for source, path in zip(sources, paths, strict=True)]
        self.edited = {edit.source.key: edit for edit in edits}
        desk = self._open_desk()
        for key in self.edited:
            texts.bare(key).__dict__.pop("_summary_seen", None)
        made = [(row, *self._make(row, desk)) for row in self._rows(edits)]
        self._finish(edits, made)
        self.edited = {}
        return Done(self.meta["pages"], self.meta["files"], len(made), tuple(path for path, _ in self.written))

    def make_ready(self) -> None:
        """Do beforehand what every build of words begins with."""
        with contextlib.suppress(FullBuildNeeded):
            self._refuse_unless_followed()
            self._open_generators()
            self._open_desk()

    def _open_generators(self) -> None:
        if not self.generators:
            self.context = self._context()
            self.generators = self._generators()

    def _open_desk(self) -> Desk:
        if self.desk is None:
            texts.begin_bare(self.settings, self._fill)
            self.context.update(texts.load_live(self.meta["context"]))
            self.desk = self._desk()
        return self.desk

    def _refuse_unless_followed(self) -> None:
        meta = self.meta
        if not meta.get("quick") or not meta.get("followed") or meta.get("opaque") or meta.get("context") is None:
            raise FullBuildNeeded

    # --- Reading

    def _context(self) -> dict[str, Any]:
        context: dict[str, Any] = self.settings.copy()
        context["generated_content"] = StoredLinks(self.store, ("article", "page"))
        context["static_content"] = StoredLinks(self.store, ("static",))
        context["static_links"] = set()
        context["localsiteurl"] = self.settings["SITEURL"]
        return context

    def _generators(self) -> dict[str, Any]:
        return {
            "article": self.builder.make_generator(ArticlesGenerator, self.context),
            "page": self.builder.make_generator(PagesGenerator, self.context),
        }

    def _source_of(self, path: str) -> Source:
        relative = os.path.relpath(path, self.settings["PATH"])
        source = self.store.source_at(relative) or self.store.source_at(f"./{relative}")
        if source is None or source.written is None or source.key in self.meta["pipeline_reads"]:
            raise FullBuildNeeded
        if source.head != head_digest(path):
            # Most likely one of its keys; to read it first would be for nothing.
            raise FullBuildNeeded
        return source

    def _read(self, source: Source, path: str) -> Edit:
        known = look(f"file:{path}", None, self.started)
        content = self._read_content(source, path)
        fields = content.__dict__
        fields["_key"] = source.key
        body = fields.get("_body")
        if not isinstance(body, str) or not content.is_valid() or texts.write_down(content) != source.written:
            raise FullBuildNeeded
        links = tuple(sorted(content.get_static_links())) if texts.may_link(body, self.settings) else ()
        if links != source.links or "attach" in body or source.due is not None:
            raise FullBuildNeeded
        self.seen.files.discard(path)
        if self.seen.blind:
            raise FullBuildNeeded
        return Edit(source, content, known, body, self._depends())

    def _read_content(self, source: Source, path: str) -> Any:
        generator = self.generators[source.kind]
        kind = source.kind
        self.seen = Seen()
        with watching(self.seen), self._or_full():
            return generator.readers.read_file(
                base_path=generator.path,
                path=os.path.relpath(path, generator.path),
                content_class=texts.KINDS[kind],
                context=self.context,
                preread_signal=getattr(signals, f"{kind}_generator_preread"),
                preread_sender=generator,
                context_signal=getattr(signals, f"{kind}_generator_context"),
                context_sender=generator,
            )

    @staticmethod
    @contextmanager
    def _or_full() -> Iterator[None]:
        """Leave what goes wrong to the full build, which says it in Pelican's words."""
        try:
            yield
        except Exception as error:
            raise FullBuildNeeded from error

    def _depends(self) -> tuple[tuple[str, bytes | None], ...]:
        seen = self.seen
        places = [f"file:{path}" for path in seen.files]
        places += [f"folder:{path}" for path in seen.folders]
        places += [f"env:{name}" for name in seen.environment]
        return tuple((place, look(place, None, self.started).digest) for place in sorted(places))

    # --- The rest of the site, as the last build left it

    def _fill(self, content: Any) -> None:
        """Give a text that was only named everything that it had."""
        fields = content.__dict__
        key = fields["_key"]
        source = self.store.source(key)
        if source is None or source.written is None or source.live is None:
            raise FullBuildNeeded
        made = texts.make_again(source.kind, key, source.written, self.settings, self.context, self._body_of)
        fields.update(made.__dict__)
        if source.body is None:
            fields["_body"] = None
        given, taken = texts.load_live(source.live)
        fields.update(given)
        for name in taken:
            fields.pop(name, None)
        if source.url is not None and source.kind != "static":
            fields["_addresses"] = {"url": source.url, "save_as": source.save_as}

    def _body_of(self, key: str) -> str:
        edit = self.edited.get(key)
        if edit is not None:
            return edit.body
        source = self.store.source(key)
        assert source is not None and source.body is not None  # noqa: PT018, S101 - only a text with a body gets here
        return self.store.body(source.body)

    # --- Making

    def _rows(self, edits: Sequence[Edit]) -> list[PageRow]:
        wanted = []
        for edit in edits:
            if edit.source.body is not None and self.store.body(edit.source.body) == edit.body:
                continue
            names = ["content", "_content", *([] if "summary" in edit.content.metadata else ["summary"])]
            wanted += [edit.source.id << FIELD_BITS | self.numbers[name] for name in names if name in self.numbers]
        rows = self.store.pages_that_read(wanted)
        if any(row.job is None for row in rows):
            raise FullBuildNeeded
        return rows

    def _desk(self) -> Desk:
        desk = Desk(self.settings, self.context)
        desk.begin_reading(constants=bool(self.meta["constants"]))
        for generator in self.generators.values():
            prepare(generator.env, desk, type(generator).__name__)
        writer = type(self.builder._get_writer())
        self.writer = collecting(writer, desk)(self.builder.output_path, settings=self.settings)
        return desk

    def _make(self, row: PageRow, desk: Desk) -> tuple[Made, bytes]:
        made = make(self._job(row, desk), desk)
        if made.opaque or made.locals is None or self._is_strange(made):
            raise FullBuildNeeded
        return made, digest_of(made.text)

    def _is_strange(self, made: Made) -> bool:
        """Say whether a page has read something of the site that no page had read before."""
        return any(name not in self.numbers and not name.startswith(facts.LINK) for name in made.names) or any(
            name not in self.numbers for _, name in made.fields
        )

    def _job(self, row: PageRow, desk: Desk) -> Job:
        assert row.job is not None  # noqa: S101 - `_rows` has looked
        owner, path, own, local_site, more = texts.load_live(row.job)
        if not owner:
            desk.jobs.clear()
            feed_path, url, arguments, options = more
            self.context["localsiteurl"] = local_site
            self.writer.write_feed(own["elements"], self.context, feed_path, url, *arguments, **options)
            return next(iter(desk.jobs.values()))
        generator = next(one for one in self.generators.values() if type(one).__name__ == owner)
        template = generator.env.get_template(more)
        return Job(path, template, self.context, own, local_site)

    # --- Finishing

    def _finish(self, edits: Sequence[Edit], made: Sequence[tuple[PageRow, Made, bytes]]) -> None:
        outputs = self.store.outputs_of([row.path for row, _, _ in made])
        self.written = []
        for row, page, digest in made:
            known = outputs.get(row.path)
            if known is None or known.digest != digest:
                whole = self.output.staging / row.path
                whole.parent.mkdir(parents=True, exist_ok=True)
                whole.write_bytes(page.text)
                self.written.append((row.path, digest))
        self.builder.work.ground.refuse()
        for path, _ in self.written:
            self.output.replace(path)
        new_outputs = []
        for path, digest in self.written:
            stamp = stamp_at(f"{self.output.folder}/{path}")
            if stamp is not None:
                new_outputs.append((path, Known(stamp, self.started, digest)))
        with self.store.writing():
            self._write_state(edits, made, new_outputs)

    def _write_state(
        self,
        edits: Sequence[Edit],
        made: Sequence[tuple[PageRow, Made, bytes]],
        outputs: Sequence[tuple[str, Known]],
    ) -> None:
        store, build = self.store, self.meta["build"] + 1
        number = max(store.last_body(), self.meta["last_body"])
        inputs = []
        for edit in edits:
            number += 1
            store.put_bodies([(number, edit.body)])
            if edit.source.body is not None:
                store.drop_bodies([edit.source.body])
            source = edit.source._replace(digest=edit.known.digest, body=number, depends=edit.depends)
            store.put_sources([source])
            inputs.append(Input("content", source.path, edit.known))
            inputs += [Input("source", place, look(place, None, self.started)) for place, _ in edit.depends]
        store.put_inputs(inputs)
        reason = f"{build}\t{self._reason(edits)}"
        store.put_names(self._new_links(made))
        store.put_pages(
            row._replace(facts=self._pack(page), locals=marshal.dumps(page.locals, 2), reason=reason)
            for row, page, _ in made
        )
        store.put_outputs(outputs)
        store.set_meta({"build": build, "last_body": number})
        self.meta.update(build=build, last_body=number)

    @staticmethod
    def _reason(edits: Sequence[Edit]) -> str:
        return f"content of {', '.join(edit.source.key.partition(':')[2] for edit in edits)} has changed"

    def _new_links(self, made: Sequence[tuple[PageRow, Made, bytes]]) -> list[tuple[int, str, bytes | None]]:
        new = sorted({name for _, page, _ in made for name in page.names if name not in self.numbers})
        first = max(self.numbers.values(), default=0) + 1
        rows: list[tuple[int, str, bytes | None]] = []
        for number, name in enumerate(new, start=first):
            self.numbers[name] = number
            rows.append((number, name, link_digest(name, self.context)))
        return rows

    def _pack(self, made: Made) -> bytes:
        packed = array.array("Q")
        ids: dict[str, int] = {}
        for key, name in made.fields:
            if key not in ids:
                source = self.store.source(key)
                assert source is not None  # noqa: S101 - the page has just read it
                ids[key] = source.id
            packed.append(ids[key] << FIELD_BITS | self.numbers[name])
        packed.extend(self.numbers[name] for name in made.names)
        return packed.tobytes()


def build_words(builder: Any, output: Output, state: Path, paths: Sequence[str], build: int) -> Done | None:
    """Build where nothing but the words of these texts has changed since that build; None where more is needed."""
    store = Store(state)
    try:
        if store.meta().get("build") != build:
            return None
        return Words(builder, store, output).build(paths)
    except FullBuildNeeded:
        return None
    finally:
        store.close()
