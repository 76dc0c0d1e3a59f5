"""Pelican, made fast, and without its habit of going on."""

from __future__ import annotations

import gc
import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jinja2
import pelican.generators
import pelican.readers
import pelican.urlwrappers
import pelican.utils
from blinker import ANY, NamedSignal
from pelican import Pelican
from pelican.plugins import signals
from pelican.writers import Writer

from site_builder.engine import contents, generators, trust
from site_builder.engine.changes import UrlChanges
from site_builder.engine.complaints import complaints_are_errors
from site_builder.engine.contents import Pipeline
from site_builder.engine.doors import watching
from site_builder.engine.ground import NOT_COMPARED, Report
from site_builder.engine.likeness import settings_likeness
from site_builder.engine.pages import Desk, collecting, prepare
from site_builder.engine.speed import faster
from site_builder.engine.speed.replacing import replaced
from site_builder.engine.store import state_file
from site_builder.engine.words import build_words
from site_builder.engine.work import Work
from site_builder.errors import BuildError


class FastPelican(Pelican):  # type: ignore[misc] # Pelican is not typed.
    """Pelican with the same output, that makes only what has changed, and that with all processors."""

    def __init__(self, settings: dict[str, Any], **options: Any) -> None:
        """Load the plugins of this site, and none of an earlier build's."""
        _disconnect_plugins()
        self._given, self._options = settings, options
        self.work = Work(settings, **options)
        # Pelican writes beside the output; what is finished is moved into it.
        own = {
            **settings,
            "OUTPUT_PATH": str(self.work.ground.output.staging),
            "CACHE_CONTENT": False,
            "LOAD_CONTENT_CACHE": False,
        }
        with watching(self.work.ground.at_start):
            super().__init__(own)

    def run(self) -> None:
        """Build what has changed, and say so in a line, as Pelican does."""
        if self.work.ground.done:
            # Pelican's own reloading runs the same object after each change.
            before, self.work = self.work, Work(self._given, **self._options)
            self.work.ground.at_start = before.ground.at_start
        report = self.build()
        pages = f"{report.pages} pages, {report.made} made, {report.written} written"
        pelican.console.print(f"Done: {pages} in {report.seconds:.2f} seconds.")

    def build(self) -> Report:
        """Build what has changed, and say what was done."""
        work = self.work
        work.ground.output.refuse_foreign()
        with work.ground.output.alone(), replaced(OUR_PARTS), faster(self.settings), _uncollected():
            try:
                if not self._build_words(work):
                    work.open(self.settings)
                    self._build(work)
            finally:
                contents.forget_what_was_read()
                Pipeline.reads = None
                work.ground.close()
        work.ground.done = True
        work.ground.report.seconds = time.monotonic() - work.ground.clock
        return work.ground.report

    def _build_words(self, work: Work) -> bool:
        """Build the short way, if words alone have changed."""
        seen = work.ground.seen
        if not seen.words or seen.texts is None:
            return False
        work.ground.output.begin()
        done = build_words(self, work.ground.output, state_file(work.ground.output.folder), seen.texts, seen.build)
        if done is None:
            work.ground.forget()
            return False
        work.ground.output.end()
        work.ground.report.short = True
        work.ground.report.pages, work.ground.report.files = done.pages, done.files
        work.ground.report.made, work.ground.report.written = done.made, len(done.changed)
        work.ground.report.changed = done.changed
        return True

    def make_generator(self, cls: type, context: dict[str, Any]) -> Any:
        """Return a generator of ours."""
        return cls(
            context=context, settings=self.settings, path=self.path, theme=self.theme,
            output_path=self.output_path, work=self.work,
        )  # fmt: skip

    def _build(self, work: Work) -> None:
        UrlChanges.seen = False
        Pipeline.reads = set()
        context = self._context()
        classes = self._get_generator_classes()
        work.ground.trust = trust.judge(self.settings, classes, Writer)
        with watching(work.ground.at_start):
            every = self.every = [self._generator(cls, context) for cls in classes]
        # Readers complete the settings when they are made; from here on only a plugin changes them.
        work.ground.settings_at_start = settings_likeness(self.settings, NOT_COMPARED)
        self._clean_output(work)
        for generator in every:
            with watching(work.ground.in_pipeline):
                if hasattr(generator, "generate_context"):
                    generator.generate_context()
                if hasattr(generator, "check_disabled_readers"):
                    generator.check_disabled_readers()
        with watching(work.ground.in_pipeline):
            signals.all_generators_finalized.send(every)
            for generator in every:
                if hasattr(generator, "refresh_metadata_intersite_links"):
                    generator.refresh_metadata_intersite_links()
            work.ground.pipeline_reads, Pipeline.reads = Pipeline.reads, None
            writer, desk = self._writer(work, context, classes)
            work.changes.compare(context, desk)
            for generator in every:
                if not work.ground.direct and hasattr(generator, "env"):
                    prepare(generator.env, desk, type(generator).__name__)
            for generator in every:
                if hasattr(generator, "generate_output"):
                    generator.generate_output(writer)
            signals.finalized.send(self)
        work.finishing.finish(desk, context)

    def _context(self) -> dict[str, Any]:
        context: dict[str, Any] = self.settings.copy()
        context["generated_content"] = contents.LinkTable()
        context["static_links"] = set()
        context["static_content"] = contents.LinkTable()
        context["localsiteurl"] = self.settings["SITEURL"]
        return context

    def _generator(self, cls: type, context: dict[str, Any]) -> Any:
        own = generators.OWN.get(cls)
        more = {"work": self.work} if own else {}
        return (own or cls)(
            context=context,
            settings=self.settings,
            path=self.path,
            theme=self.theme,
            output_path=self.output_path,
            **more,
        )

    def _clean_output(self, work: Work) -> None:
        """Empty the output where the settings ask for it, by Pelican's rules."""
        output, path = os.path.realpath(work.ground.output.folder), os.path.realpath(self.path)
        if self.delete_outputdir and os.path.commonpath([output, path]) != output:
            pelican.utils.clean_output_dir(str(work.ground.output.folder), self.output_retention)

    def _writer(self, work: Work, context: dict[str, Any], classes: list[type]) -> tuple[Any, Desk]:
        writer = self._get_writer()
        work.ground.trust = trust.judge(self.settings, classes, type(writer))
        desk = Desk(self.settings, context)
        if work.texts.attaching:
            work.ground.direct = f"{min(work.texts.attaching).partition(':')[2]} attaches a file to itself"
        work.ground.direct = work.ground.direct or work.ground.trust.pages
        if work.ground.direct:
            return writer, desk
        return collecting(type(writer), desk)(self.output_path, settings=self.settings), desk


class SitePelican(FastPelican):
    """The same, which refuses what Pelican would skip."""

    def __init__(self, settings: dict[str, Any], **options: Any) -> None:
        """Load the plugins, all of them or none."""
        with complaints_are_errors():
            super().__init__(settings, **options)

    def build(self) -> Report:
        """Build what has changed, or say everything that stands in the way."""
        try:
            with complaints_are_errors() as complaints:
                self.work.ground.refuse, self.work.ground.forget = complaints.refuse, complaints.forget
                return super().build()
        except jinja2.TemplateSyntaxError as error:
            raise _template_error(f"{_shown(error.filename)}:{error.lineno}", error) from error
        except jinja2.TemplateError as error:
            raise _template_error(_innermost_template_line(error, Path(self.theme)), error) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no cyclic garbage: a build makes many objects, which all live until its end, and few cycles.

    The workers do look: each of them makes page after page.
    """
    looked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looked:
            gc.enable()


def _note_change(wrapper: Any, name: str, value: Any) -> None:
    UrlChanges.note(wrapper, name, value)


def _disconnect_plugins() -> None:
    """Undo what plugins of an earlier build in this process connected: Pelican's signals are the process's own.

    Without this a second site would be built with the first one's plugins. Each plugin of this build connects anew when
    Pelican calls its `register()`.
    """
    for signal in vars(signals).values():
        if isinstance(signal, NamedSignal):
            for receiver in list(signal.receivers_for(ANY)):
                signal.disconnect(receiver)


def _template_error(where: str, error: jinja2.TemplateError) -> BuildError:
    return BuildError(where, f"the template failed: {error.message}", "Mend the template at that line.")


def _innermost_template_line(error: BaseException, theme: Path) -> str:
    """Find the template line that was running: Jinja rewrites its tracebacks to the template's own lines."""
    frames = traceback.extract_tb(error.__traceback__)
    in_theme = [frame for frame in frames if Path(frame.filename).is_relative_to(theme.resolve())]
    return f"{_shown(in_theme[-1].filename)}:{in_theme[-1].lineno}" if in_theme else _shown(str(theme))


def _shown(file: str | None) -> str:
    """Return a path as a person in the project's folder would write it."""
    path, here = Path(file or "a template"), Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


def _hash_of(wrapper: Any) -> int:
    """Return Pelican's hash of a tag, a category or an author, without asking twice for its slug."""
    return hash(wrapper.__dict__["_slug"] or wrapper.slug)


# Our classes and functions, in the places where Pelican looks for its own.
OUR_PARTS = [
    (pelican.generators, "Article", contents.Article),
    (pelican.generators, "Page", contents.Page),
    (pelican.generators, "Static", contents.Static),
    (pelican.generators, "process_translations", generators.process_translations),
    (pelican.urlwrappers.URLWrapper, "__hash__", _hash_of),
    (pelican.urlwrappers.URLWrapper, "__setattr__", _note_change),
]
