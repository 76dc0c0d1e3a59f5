"""The end of a build: files into their places, and what the next build is to know, last of all."""

from __future__ import annotations

import marshal
import os
import time
from pathlib import Path
from typing import Any

import pelican.plugins

from site_builder.engine import contents, facts
from site_builder.engine.changes import Changes, link_digest
from site_builder.engine.doors import loaded_modules
from site_builder.engine.ground import Ground, plugin_names
from site_builder.engine.inputs import NOWHERE, Known, look, stamp_at
from site_builder.engine.making import Making
from site_builder.engine.pages import CLOCK, TEMPLATE, Desk
from site_builder.engine.quick import engine_key
from site_builder.engine.store import Input, PageRow, Source, Store, state_file
from site_builder.engine.texts import Text, Texts
from site_builder.errors import BuildError

TABLES = frozenset({"generated_content", "static_content", "static_links"})
MOST_OF_A_CONTEXT = 1 << 26
# The name under which a plugin puts that moment into the context.
NEXT_CHANGE = "NEXT_CHANGE"


class Finishing:
    """The last stage of a build."""

    def __init__(self, ground: Ground, texts: Texts, changes: Changes, making: Making) -> None:
        """Nothing is in its place yet."""
        self.ground = ground
        self.texts = texts
        self.changes = changes
        self.making = making
        self._unchanged_files: list[str] = []

    def finish(self, desk: Desk, context: dict[str, Any]) -> None:
        """Make the pages, put everything into its place, and write the state."""
        reasons = {} if self.ground.direct else self.making.choose(desk.jobs)
        # Who waits for a page gets it first.
        todo = [desk.jobs[path] for path in sorted(reasons, key=lambda path: path not in self.ground.eager.paths)]
        rows, digests = self.making.make_all(todo, reasons)
        staged = self.ground.output.staged()
        outputs: dict[str, Known] = {}
        for path in list(staged):
            if path in digests and digests[path][1] is not None:
                outputs[path] = Known(digests[path][1], self.ground.started, digests[path][0])
        self._drop_unchanged(staged, outputs, digests)
        wanted = set(outputs) | set(desk.jobs) | self.making.copies | set(self._unchanged_files)
        self._check_pages(wanted)
        self._commit(desk, context, rows, outputs, staged, wanted)

    def _drop_unchanged(self, staged: dict[str, str], outputs: dict[str, Known], digests: dict[str, Any]) -> None:
        """Leave in the staging folder only what the output does not have."""
        exists = self.ground.output.folder.exists()
        for path, whole in list(staged.items()):
            known = outputs.get(path) or look(f"file:{whole}", None, self.ground.started)
            if (
                exists
                and self.ground.look_at(
                    f"file:{self.ground.output.folder}/{path}", self.ground.last_outputs.get(path)
                ).digest
                == known.digest
            ):
                os.unlink(whole)
                del staged[path]
                outputs[path] = self.ground.now[f"file:{self.ground.output.folder}/{path}"]
                if path not in digests:
                    self._unchanged_files.append(path)
            else:
                outputs[path] = known

    def _check_pages(self, wanted: set[str]) -> None:
        self.ground.report.pages = sum(path.endswith(".html") for path in wanted)
        self.ground.report.files = len(wanted)
        if not self.ground.report.pages:
            where = str(self.ground.output.folder)
            raise BuildError(where, "the build made no page at all", "Look whether PATH in the settings is right.")

    def _read(self, path: str, staged: dict[str, str]) -> bytes | None:
        file = Path(staged.get(path) or f"{self.ground.output.folder}/{path}")
        return file.read_bytes() if file.is_file() else None

    def _commit(
        self,
        desk: Desk,
        context: dict[str, Any],
        rows: list[PageRow],
        outputs: dict[str, Known],
        staged: dict[str, str],
        wanted: set[str],
    ) -> None:
        self.ground.modules |= loaded_modules()
        self.ground.refuse()
        self.ground.judge(wanted, lambda path: self._read(path, staged))
        removed = self.ground.output.apply(staged, wanted, self.ground.ledger)
        self.ground.report.made, self.ground.report.written, self.ground.report.removed = (
            len(rows),
            len(staged),
            len(removed),
        )
        self.ground.report.changed = (*staged, *removed)
        if not (self.ground.report.clean and len(staged) == len(wanted)):
            # A rename touches a file's times; what was moved in alone must be looked at again.
            for path in staged:
                stamp = stamp_at(f"{self.ground.output.folder}/{path}")
                outputs[path] = outputs[path]._replace(stamp=stamp or NOWHERE)
        # What was written is known to the end: nobody else writes in the staging folder.
        now = time.time_ns()
        for path in staged:
            outputs[path] = outputs[path]._replace(looked_at=now)
        inputs = self._inputs()
        names = self._names(context)
        with self.ground.store.writing():
            self._write_state(desk, rows, outputs, wanted, inputs, names)
        if self.ground.report.clean:
            self.ground.store.close()
            replace_state(self.ground.store.file, state_file(self.ground.output.folder))
            self.ground.store = Store(state_file(self.ground.output.folder))

    def _write_state(
        self,
        desk: Desk,
        rows: list[PageRow],
        outputs: dict[str, Known],
        wanted: set[str],
        inputs: dict[tuple[str, str], Input],
        names: list[tuple[int, str, bytes | None]],
    ) -> None:
        store = self.ground.store
        if self.texts.stray_bodies:
            store.drop_stray_bodies()
        store.put_bodies(self.texts.new_bodies.items())
        self.texts.new_bodies.clear()
        changed = [self._source(key, text) for key, text in self.texts.texts.items()]
        dropped = {
            row.body
            for key, row in self.ground.last_sources.items()
            if row.body is not None and (self.texts.body_numbers.get(key) != row.body or key in self.changes.gone)
        }
        store.put_sources(source for source in changed if self.ground.last_sources.get(source.key) != source)
        store.drop_sources(self.changes.gone)
        store.drop_bodies(number for number in dropped if number is not None)
        store.put_names(names)
        store.put_pages(rows)
        store.drop_pages(self.ground.last_pages.keys() - desk.jobs.keys())
        outputs.update(
            (path, self.ground.now[f"file:{self.ground.output.folder}/{path}"])
            for path in wanted - outputs.keys()
            if f"file:{self.ground.output.folder}/{path}" in self.ground.now
        )
        store.put_outputs(
            (path, known) for path, known in outputs.items() if self.ground.last_outputs.get(path) != known
        )
        store.drop_outputs(self.ground.last_outputs.keys() - wanted)
        store.put_inputs(one for mark, one in inputs.items() if self.ground.last_inputs.get(mark) != one)
        store.drop_inputs(self.ground.last_inputs.keys() - inputs.keys())
        store.set_meta(self._meta(desk, rows))

    def _source(self, key: str, text: Text) -> Source:
        content = text.content
        due = due_of(content, self.ground.settings, self.ground.started / 1e9)
        addresses = content.__dict__.get("_addresses", {})
        url, save_as = addresses.get("url"), addresses.get("save_as")
        if text.row is not None and url is None and key not in self.changes.changed_fields:
            url, save_as = text.row.url, text.row.save_as
        return Source(
            self.changes.ids[key], key, text.kind, text.path, text.digest, text.written, text.body,
            text.links, text.depends, due, text.after, url, save_as, self._live(text),
            text.head,
        )  # fmt: skip

    @staticmethod
    def _live(text: Text) -> bytes | None:
        """Return the values that plugins gave a text, and the names of those that they took."""
        if text.row is not None and text.row.after == text.after and text.row.written is text.written:
            return text.row.live
        fields = text.content.__dict__
        names = marshal.loads(text.after)  # noqa: S302
        given = {name: fields[name] for name in names if name in fields}
        return contents.dump_live((given, [name for name in names if name not in fields]))

    def _inputs(self) -> dict[tuple[str, str], Input]:  # noqa: C901, PLR0912 - each kind of input in turn
        """Return everything that this build depended on, but for the texts' own rows."""
        found: dict[tuple[str, str], Input] = {}

        def add(role: str, place: str, known: Known) -> None:
            found[role, place] = Input(role, place, known)

        ours = f"{self.ground.output.folder.parent}/.{self.ground.output.folder.name}."
        for path, stamp in self.ground.stamps.items():
            del stamp
            add("content", path, self.ground.file_at(path, os.path.join(self.ground.settings["PATH"], path)))
        for text in self.texts.texts.values():
            if text.path not in self.ground.stamps:
                add(
                    "content",
                    text.path,
                    self.ground.file_at(text.path, os.path.join(self.ground.settings["PATH"], text.path)),
                )
            for place, _ in text.depends:
                add("source", place, self.ground.look_at(place, self.ground.known_dependency(place)))
        for path in self.ground.theme_stamps:
            place = f"file:{path}"
            add("theme", place, self._look_theme(place))
        for name in self.changes.names:
            if name.startswith(TEMPLATE):
                place = f"file:{name.removeprefix(TEMPLATE)}"
                add("template", place, self.ground.look_at(place, self.changes.known_template(name)))
        last = self.ground.last_inputs
        templates = {place for role, place in found if role == "template"}
        for role, seen in (
            ("everything", self.ground.at_start),
            ("pipeline", self.ground.in_pipeline),
            ("render", self.ground.at_making),
        ):
            if role == "render":
                for mark, one in last.items():
                    if mark[0] == "render":
                        found[mark] = one._replace(known=self.ground.known.get(mark, one.known))
            for place, _ in self.ground.dependencies(seen):
                if ours not in place and place not in templates:
                    add(role, place, self.ground.trusted_look(place))
        everything = set(self.ground.modules)
        everything |= {
            path.removeprefix("file:") for role, path in last if role == "everything" and path[:5] == "file:"
        }
        for path in everything:
            place = f"file:{path}"
            known = last.get(("everything", place))
            add("everything", place, self.ground.look_at(place, known.known if known else None))
        for folder in pelican.plugins.__path__:
            add("everything", f"folder:{folder}", self.ground.look_at(f"folder:{folder}"))
        return found

    def _look_theme(self, place: str) -> Known:
        known = self.ground.last_inputs.get(("theme", place))
        return self.ground.look_at(place, known.known if known else None)

    def _names(self, context: dict[str, Any]) -> list[tuple[int, str, bytes | None]]:
        """Return the names that facts refer to, each with what it was like in this build."""
        rows = []
        for name, (number, old) in self.changes.names.items():
            digest: bytes | None = None
            if name.startswith(TEMPLATE):
                digest = self.ground.trusted_look(f"file:{name.removeprefix(TEMPLATE)}").digest
            elif name.startswith(facts.CONTEXT):
                digest = self.changes.context_digest(name, context)
            elif name.startswith(facts.LINK):
                digest = link_digest(name, context)
            if name not in self.ground.last_names or digest != old:
                rows.append((number, name, digest))
        return rows

    def _meta(self, desk: Desk, rows: list[PageRow]) -> dict[str, Any]:
        opaque = {path: row.opaque for path, row in self.ground.last_pages.items() if path in desk.jobs}
        opaque.update({row.path: row.opaque for row in rows})
        clock = any(reason.startswith(CLOCK) for reason in opaque.values())
        blind = (
            self.ground.at_start.blind
            or self.ground.in_pipeline.blind
            or self.ground.at_making.blind
            or self.ground.blind
        )
        dues = [
            moment
            for moment in (
                next_change(desk.context),
                *(
                    due_of(one.content, self.ground.settings, self.ground.started / 1e9)
                    for one in self.texts.texts.values()
                ),
            )
            if moment
        ]
        return {
            "build": self.ground.build,
            "engine": engine_key(),
            "site": self.ground.site_key,
            "plugins": plugin_names(self.ground.settings),
            "front": self.ground.front,
            "quick": not (clock or blind or self.ground.trust.clock),
            "attaching": sorted(self.texts.attaching),
            "templates": self.ground.template_names(),
            "base": self.ground.settings["PATH"],
            "ignores": list(self.ground.settings["IGNORE_FILES"]),
            "listings": [(one.paths, one.excludes, sorted(one.extensions) if one.extensions is not None else None)
                         for one in self.texts.listings],
            "theme": self.ground.theme,
            # Files that a text links to and no listing names.
            "linked": sorted({text.path for text in self.texts.texts.values()} - self.ground.stamps.keys()),
            "namespace": self.ground.namespace,
            "due": min(dues, default=None),
            "last_body": self.texts.next_body - 1,
            "pipeline_reads": sorted(self.ground.pipeline_reads),
            "opaque": sum(1 for reason in opaque.values() if reason),
            "context": None if self.ground.direct else contents.dump_live(live_context(desk), MOST_OF_A_CONTEXT),
            "constants": self.changes.trusted_constants,
            "followed": not (self.ground.trust.texts or self.ground.direct or self.texts.attaching),
            "pages": self.ground.report.pages,
            "files": self.ground.report.files,
        }  # fmt: skip


def live_context(desk: Desk) -> dict[str, Any]:
    """Return what the context has besides the settings, but for the tables of links."""
    settings = desk.settings
    return {
        name: value
        for name, value in desk.context.items()
        if name not in TABLES and (name not in settings or settings[name] is not value)
    }


def next_change(context: dict[str, Any]) -> float | None:
    """Return the moment from which a plugin that asks for the time would answer otherwise, as it says itself."""
    moment = context.get(NEXT_CHANGE)
    # A build of a given moment is of that moment for ever.
    return None if moment is None or "SOURCE_DATE_EPOCH" in os.environ else float(moment.timestamp())


def due_of(content: Any, settings: dict[str, Any], now: float) -> float | None:
    """Return the moment from which a text is no longer ahead of its date."""
    if settings["WITH_FUTURE_DATES"]:
        return None
    date = content.__dict__.get("date")
    try:
        moment = date.timestamp() if date is not None else 0.0
    except (OverflowError, ValueError, OSError):
        return None
    return float(moment) if moment > now else None


def replace_state(new: Path, old: Path) -> None:
    """Put a whole new state into the place of the old one."""
    for ending in ("-wal", "-shm"):
        Path(f"{new}{ending}").unlink(missing_ok=True)
        Path(f"{old}{ending}").unlink(missing_ok=True)
    new.replace(old)
