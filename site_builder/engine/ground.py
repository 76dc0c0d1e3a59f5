"""What a build stands on: the settings, the state of the last build, and what lies in the folders now."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from site_builder.engine.doors import Seen
from site_builder.engine.inputs import NEVER, Folder, Known, Stamp, digest_of, is_surely_same, look, stamp_at, tree
from site_builder.engine.likeness import settings_likeness
from site_builder.engine.output import NOBODY_WAITS, Eager, Judge, Output
from site_builder.engine.quick import UNKNOWN, Glance, engine_key
from site_builder.engine.store import Input, PageRow, Source, Store, state_file
from site_builder.engine.trust import Trust
from site_builder.engine.workers import available_processors

# Not the site's facts, but this build's.
NOT_COMPARED = frozenset(
    {"OUTPUT_PATH", "CACHE_PATH", "CACHE_CONTENT", "LOAD_CONTENT_CACHE", "PLUGINS", "PORT", "BIND"}
)


@dataclass
class Report:
    """What a build did, for people and machines."""

    pages: int = 0
    files: int = 0
    made: int = 0
    written: int = 0
    removed: int = 0
    # What was written and removed: paths in the output.
    changed: tuple[str, ...] = ()
    clean: str = ""
    # Whether words alone had changed, and the rest of the site was not asked for.
    short: bool = False
    seconds: float = 0.0


class Ground:
    """The settings of a build, what the last one left, and every file and folder that was looked at."""

    def __init__(
        self,
        settings: dict[str, Any],
        *,
        jobs: int | None = None,
        clean: bool = False,
        front: str = "",
        namespace: bytes | None = None,
        progress: Callable[[str, int, int], None] | None = None,
        seen: Glance | None = None,
        judge: Judge | None = None,
        eager: Eager = NOBODY_WAITS,
    ) -> None:
        """Prepare a build with these settings; nothing is touched yet."""
        self.started = time.time_ns()
        self.clock = time.monotonic()
        self.output = Output(Path(os.path.abspath(settings["OUTPUT_PATH"])))
        self.jobs = jobs or available_processors()
        self.clean = clean
        self.front = front
        # What was seen of inputs and outputs a moment ago, by somebody in a hurry.
        self.seen = seen or UNKNOWN
        # What the settings are like in their file; None where that is not known.
        self.namespace = namespace
        self.eager = eager
        self.progress = progress or (lambda _what, _done, _all: None)
        self.site_key = settings_likeness(settings, NOT_COMPARED)
        self.at_start, self.in_pipeline, self.at_making = Seen(), Seen(), Seen()
        self.modules: set[str] = set()
        self.report = Report()
        self.trust = Trust()
        self.stamps: dict[str, Stamp] = {}
        self.known: dict[tuple[str, str], Known] = {}
        self.now: dict[str, Known] = {}
        self.blind = False
        self.done = False
        self.direct = ""
        self.pipeline_reads: set[str] = set()
        self.settings_at_start: bytes | None = None
        # Called before anything is put into its place: the last moment to say no.
        self.refuse: Callable[[], None] = lambda: None
        # Called with every file of the finished site and a way to read one, in that same moment.
        self.judge: Judge = judge or (lambda _files, _read: None)
        # Called where a build begins once more.
        self.forget: Callable[[], None] = lambda: None

    def close(self) -> None:
        """Let go of the state, if it was opened."""
        if "store" in vars(self):
            self.store.close()

    def open(self, settings: dict[str, Any]) -> None:
        """Open the state of the last build, and decide what of it may be kept."""
        self.settings = settings
        self.output.begin()
        self.theme = os.path.abspath(settings["THEME"])
        self.theme_stamps = tree(self.theme)
        last = Store(state_file(self.output.folder))
        self.meta = last.meta()
        self.last_inputs = {(one.role, one.path): one for one in last.inputs()}
        self.report.clean = self._why_clean(settings)
        self.ledger = self.output.ledger()
        fresh = not self.report.clean and self.seen.build == meta_build(self.meta)
        closed = [str(self.output.folder), str(self.output.staging)]
        walked = self.seen.folder if fresh else None
        self.folder = walked or Folder(settings["PATH"], settings["IGNORE_FILES"], closed)
        self.outputs_same = fresh and self.seen.outputs_same
        if self.report.clean:
            last.close()
            self.last_inputs = {}
            self.last_sources: dict[str, Source] = {}
            self.last_pages: dict[str, PageRow] = {}
            self.last_outputs: dict[str, Known] = {}
            self.last_names: dict[str, tuple[int, bytes | None]] = {}
            self.store = Store(state_file(self.output.folder).with_name(f"{state_file(self.output.folder).name}.new"))
            self.store.begin_anew()
        else:
            self.store = last
            self.last_sources = last.sources()
            self.last_pages = last.pages()
            self.last_outputs = last.outputs()
            self.last_names = last.names()
        self.build = meta_build(self.meta) + 1

    def _why_clean(self, settings: dict[str, Any]) -> str:  # noqa: PLR0911 - a reason each
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
            if role == "everything" and not self.is_same(one):
                return f"{shown(path)} has changed"
        return ""

    def is_same(self, one: Input) -> bool:
        """Say whether an input is what it was; keep its new stamp where only that has changed."""
        mark = (one.role, one.path)
        now = self.look_at(one.path, one.known)
        self.known[mark] = now
        return now.digest == one.known.digest and now.digest != NEVER

    def look_at(self, path: str, known: Known | None = None) -> Known:
        """Return what lies at an input's path (`file:…`, `folder:…`, `env:…`) now."""
        found = self.now.get(path)
        if found is None:
            found = self.now[path] = look(path, known, self.started)
        return found

    def file_at(self, path: str, whole: str) -> Known:
        """Return a content file as it is now; it is read only where its stamp does not say that it is the same."""
        place = f"file:{os.path.abspath(whole)}"
        found = self.now.get(place)
        if found is None:
            last = self.last_inputs.get(("content", path))
            stamp = self.stamps.get(path) or stamp_at(whole)
            if last is not None and stamp is not None and is_surely_same(last.known, stamp):
                found = last.known
            else:
                found = look(place, last.known if last else None, self.started, stamp)
            self.now[place] = found
        return found

    def known_dependency(self, place: str) -> Known | None:
        """Return what a text's reader opened, as it was when it was last looked at."""
        known = self.last_inputs.get(("source", place))
        return known.known if known else None

    def dependencies(self, seen: Seen) -> tuple[tuple[str, bytes | None], ...]:
        """Return the places that were read, each as it is now."""
        places = [f"file:{path}" for path in seen.files]
        places += [f"folder:{path}" for path in seen.folders]
        places += [f"env:{name}" for name in seen.environment]
        ours = f"{self.output.folder.parent}/.{self.output.folder.name}."
        return tuple((place, self.trusted_look(place).digest) for place in sorted(places) if ours not in place)

    def trusted_look(self, place: str) -> Known:
        """Look at what was read while the build ran: what changed meanwhile was perhaps read before it changed."""
        known = self.look_at(place)
        return known._replace(digest=NEVER) if max(known.stamp[1:3]) >= self.started else known

    def output_is_same(self, path: str) -> bool:
        """Say whether a file of the output is as the last build left it."""
        known = self.last_outputs.get(path)
        if known is None or self.outputs_same:
            return known is not None
        now = self.look_at(f"file:{self.output.folder}/{path}", known)
        return now.digest == known.digest

    def template_names(self) -> bytes:
        """Return which templates there are: another one may be found in the place of the first."""
        folders = [*self.settings["THEME_TEMPLATES_OVERRIDES"], os.path.join(self.theme, "templates")]
        return digest_of(repr([sorted(tree(os.path.abspath(folder))) for folder in folders]).encode())


def plugin_names(settings: dict[str, Any]) -> list[str]:
    """Return the names of the loaded plugins."""
    return [str(name) for name in settings.get("PLUGINS") or []]


def shown(path: str) -> str:
    """Return a path as a person in the project's folder would write it."""
    path = path.removeprefix("file:").removeprefix("folder:")
    with contextlib.suppress(ValueError):
        relative = os.path.relpath(path)
        if not relative.startswith(".."):
            return relative
    return path


def meta_build(meta: dict[str, Any]) -> int:
    """Return the number of the build that a state is of."""
    return int(meta.get("build", 0))
