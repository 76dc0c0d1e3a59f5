"""The pages that Pelican asks for, each written down as a job before any of them is made.

Pelican makes a page the moment a generator asks for it. Here the asking and the making are apart: so it can be seen
which pages are to be made at all, and they can be made by several processes.
"""

from __future__ import annotations

import io
import os
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import jinja2
from jinja2.runtime import Context
from jinja2.utils import missing
from pelican.contents import Content
from pelican.paginator import Paginator
from pelican.urlwrappers import Author, Category, Tag
from pelican.utils import get_relative_path, path_to_url, sanitised_join
from pelican.writers import FileOverwriteFailedError, Writer

from site_builder.engine import facts
from site_builder.engine.contents import dump_live
from site_builder.engine.likeness import NoLikeness, likeness, likeness_digest
from site_builder.engine.trust import is_known_function, reads_clock

LONG = 12
URLS = (Category, Tag, Author)
SCALARS = "(scalars)"
CLOCK = "clock: "


@dataclass(slots=True)
class Job:
    """One file that Pelican wants to be written: a page, or a feed."""

    path: str
    template: Any
    base: dict[str, Any]
    own: dict[str, Any]
    # What {filename} links are resolved against while this page is made.
    local_site: str
    feed: Callable[[], str] | None = None

    # What else a feed is written with.
    feed_arguments: tuple[Any, ...] = ()

    @property
    def ident(self) -> str:
        """Return what the page is made with, apart from values."""
        name = self.template.name if self.template is not None else "(feed)"
        return f"{name}\n{self.local_site}"


@dataclass(slots=True)
class Made:
    """One page that was made, and everything it read."""

    path: str
    text: bytes
    fields: set[tuple[str, str]]
    names: set[str]
    locals: list[tuple[str, Any]] | None
    opaque: str


@dataclass
class Desk:
    """Where the jobs of a build are collected."""

    settings: dict[str, Any]
    context: dict[str, Any]
    jobs: dict[str, Job] = field(default_factory=dict)
    overridden: set[str] = field(default_factory=set)
    digests: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    _watched: dict[tuple[str, bool, int], facts.Watched] = field(default_factory=dict)
    _constant: set[str] | None = None
    scalars: bytes | None = b""

    def put(self, job: Job, *, override: bool) -> None:
        """Take a job, by Pelican's rules for two that want the same file."""
        if job.path in self.overridden:
            if override:
                raise FileOverwriteFailedError(
                    f'Failed to overwrite "{job.path}" a second time (was previously overwritten)'
                )
            return
        if job.path in self.jobs and not override:
            raise FileOverwriteFailedError(
                f'Failed to overwrite "{job.path}" as Pelican has already '
                "written to it previously (set `override=True` if intended)"
            )
        if override:
            self.overridden.add(job.path)
        self.jobs[job.path] = job

    def begin_reading(self, *, constants: bool) -> None:
        """Look at the context, which is whole now: what is a setting needs no watching, unless a plugin changed one."""
        self._constant = {
            name
            for name, value in self.context.items()
            if constants and name in self.settings and self.settings[name] is value and not callable(value)
        }
        rest = {name: value for name, value in self.context.items()
                if name not in self._constant and isinstance(value, str | int | float | None)}  # fmt: skip
        rest.pop("localsiteurl", None)
        try:
            self.scalars = likeness_digest(rest)
        except NoLikeness:
            self.scalars = None

    def read(self, record: facts.Record, key: str, value: Any, *, local: bool) -> Any:
        """Return what a page gets for a name of its context, and note that it asked."""
        if not local and self._constant is not None and key in self._constant:
            return value
        path = key if local else f"{facts.CONTEXT}{key}"
        kind = type(value)
        if kind is list:
            mark = (path, local, id(value))
            watched = self._watched.get(mark)
            if watched is None:
                watched = self._watched[mark] = facts.Watched(value, path, local=local)
            return watched
        if kind is Paginator:
            _watch_paginator(value, path, local=local)
        elif callable(value):
            self.read_function(record, key, value)
            return value
        record.note(path, local=local)
        return value

    @staticmethod
    def read_function(record: facts.Record, name: str, function: Any) -> None:
        """Note that a page calls something: what a stranger's function answers is not known."""
        if not is_known_function(function):
            clock = CLOCK if reads_clock(function) else ""
            if clock or not record.opaque:
                record.opaque = f"{clock}it uses {name}, which a plugin or the settings gave to the templates"

    def like(self, path: str, own: dict[str, Any]) -> Any:
        """Return what a value of a page is like, short; raises where that cannot be said."""
        value = own.get(path)
        if type(value) is str:
            return value
        if isinstance(value, Content) or type(value) in URLS:
            return likeness(value)
        if path == SCALARS:
            if self.scalars is None:
                raise NoLikeness
            return self.scalars
        value = facts.value_at(path, own)
        if type(value) is list and len(value) > LONG:
            kept = self.digests.get(id(value))
            # The list is kept beside its digest, so that its id stays its own.
            if kept is None or kept[0] is not value:
                kept = self.digests[id(value)] = (value, likeness_digest(value))
            return kept[1]
        return likeness(value)

    def locals_of(self, paths: Iterable[str], own: dict[str, Any]) -> list[tuple[str, Any]] | None:
        """Return what all of them are like, or None where one cannot be compared."""
        try:
            return [(path, self.like(path, own)) for path in paths]
        except (NoLikeness, ValueError, TypeError, RecursionError):
            return None


def _watch_paginator(paginator: Paginator, path: str, *, local: bool) -> None:
    articles = paginator.object_list
    if type(articles) is list:
        len(articles)
        paginator.count  # noqa: B018 - Pelican counts at the first asking; that is not the page's asking
        paginator.object_list = facts.Watched(articles, f"{path}.object_list", local=local)


class PageContext(Context):
    """Jinja's context, which notes the names that a template asks for."""

    desk: weakref.ref[Desk] | None = None

    def resolve_or_missing(self, key: str) -> Any:
        """Return the value of a name."""
        if key in self.vars:
            return self.vars[key]
        record = facts.current()
        value = self.parent.get(key, missing)
        if record is None:
            return value
        desk: Desk = self.environment.desk  # type: ignore[attr-defined]
        if key in record.own:
            return desk.read(record, key, value, local=True)
        if value is missing:
            record.names.add(f"{facts.CONTEXT}{key}")
            return value
        if key not in record.context:
            # A global of the environment, or a name that an including template set.
            if callable(value):
                desk.read_function(record, key, value)
            elif key in self.environment.globals and not isinstance(value, str | int | float | None):
                record.opaque = record.opaque or f"it uses {key}, which a plugin or the settings gave to the templates"
            return value
        return desk.read(record, key, value, local=False)


class PageEnvironment(jinja2.Environment):
    """Jinja's environment, which notes the templates that a page is made of."""

    def _load_template(self, name: str, globals: Any) -> jinja2.Template:  # noqa: A002 - Jinja's name
        template = super()._load_template(name, globals)
        # Jinja makes an imported module once, and what it reads would then belong to the first page alone.
        template._module = None
        record = facts.current()
        if record is not None:
            record.templates.add(template.filename or f"?{template.name}")
        return template


def write_down(job: Job, desk: Desk, feed_length: int | None) -> bytes | None:
    """Return what a page is made from, where that is short; None where it is to be asked for anew."""
    if job.base is not desk.context and job.feed is None:
        return None
    own = job.own
    if job.feed is not None:
        if job.base is not desk.context or feed_length is None:
            return None
        own = {**own, "elements": own["elements"][:feed_length]}
        return dump_live(("", job.path, own, job.local_site, job.feed_arguments), MOST_OF_A_FEED)
    if any(type(value) is Paginator or (type(value) is list and len(value) > LONG) for value in own.values()):
        return None
    owner = getattr(job.template.environment, "owner", "")
    return dump_live((owner, job.path, own, job.local_site, job.template.name)) if owner else None


MOST_OF_A_FEED = 1 << 14


def prepare(environment: jinja2.Environment, desk: Desk, owner: str = "") -> None:
    """Let an environment of Pelican's tell what its templates read."""
    if isinstance(environment, PageEnvironment) or type(environment) is not jinja2.Environment:
        return
    environment.__class__ = PageEnvironment
    environment.context_class = PageContext
    environment.owner = owner  # type: ignore[attr-defined]
    environment.desk = desk  # type: ignore[attr-defined]
    environment.auto_reload = False
    for table in (environment.filters, environment.tests):
        for name, function in table.items():
            if not is_known_function(function):
                table[name] = _telling(name, function)


def _telling(name: str, function: Any) -> Callable[..., Any]:
    def told(*arguments: Any, **options: Any) -> Any:
        record = facts.current()
        if record is not None:
            Desk.read_function(record, name, function)
        return function(*arguments, **options)

    told.__dict__.update(getattr(function, "__dict__", {}))
    return told


def make(job: Job, desk: Desk) -> Made:
    """Make one page, and note what it reads."""
    desk.context["localsiteurl"] = job.local_site
    record = facts.Record(job.base, job.own)
    with facts.recording(record):
        if job.feed is not None:
            record.locals.add(SCALARS)
            text = job.feed()
        else:
            text = _render(job, record)
    names = record.names
    names.update(f"{TEMPLATE}{name}" for name in record.templates)
    own = desk.locals_of(sorted(record.locals), job.own)
    opaque = record.opaque or ("" if own is not None else "it reads a value that cannot be compared")
    return Made(job.path, text.encode(), record.fields, names, own, opaque)


TEMPLATE = "template "


def _render(job: Job, record: facts.Record) -> str:
    template = job.template
    record.templates.add(template.filename or f"?{template.name}")
    values = {**template.globals, **job.base, **job.own}
    environment = template.environment
    if environment.extensions and not all(name.startswith("jinja2.ext.") for name in environment.extensions):
        record.opaque = "an extension of Jinja is at work"
    if environment.finalize is not None and not is_known_function(environment.finalize):
        record.opaque = "JINJA_ENVIRONMENT has a finalize of its own"
    context = template.new_context(values, shared=True)
    try:
        return str(environment.concat(template.root_render_func(context)))
    except Exception:
        environment.handle_exception()
        raise


class _Captured(io.StringIO):
    """A file that keeps what was written when it is closed."""

    text: str = ""

    def close(self) -> None:
        self.text = self.getvalue()
        super().close()


def collecting(writer_class: type[Writer], desk: Desk) -> type[Writer]:  # noqa: C901 - a class
    """Return the class of a writer that hands each page to the desk instead of making it."""

    class CollectingWriter(writer_class):  # type: ignore[misc]
        """Pelican's writer, or a plugin's, which puts the writing off."""

        _capture: _Captured | None = None

        def _open_w(self, filename: str, encoding: str, override: bool = False) -> Any:
            if self._capture is not None:
                return self._capture
            return super()._open_w(filename, encoding, override)

        def write_feed(
            self, elements: Any, context: Any, path: Any = None, url: Any = None, *arguments: Any, **options: Any
        ) -> Any:
            if not path:
                return super().write_feed(elements, context, path, url, *arguments, **options)
            own = {"elements": list(elements), "arguments": [str(url), repr(arguments), repr(options)]}
            watched = facts.Watched(own["elements"], "elements", local=True)
            # `override_output` is the second of Pelican's further arguments.
            override = bool(options.get("override_output", arguments[1] if len(arguments) > 1 else False))
            write = super().write_feed

            def feed() -> str:
                record = facts.current()
                if record is not None:
                    record.locals.add("arguments")
                self._capture = captured = _Captured()
                try:
                    write(watched, context, path, url, *arguments, **options)
                finally:
                    self._capture = None
                return str(captured.text)

            more = (path, url, arguments, options)
            job = Job(_relative(self.output_path, path), None, context, own, desk.context["localsiteurl"], feed, more)
            desk.put(job, override=override)
            return None

        def write_file(
            self,
            name: Any,
            template: Any,
            context: Any,
            relative_urls: bool = False,
            paginated: Any = None,
            template_name: Any = None,
            override_output: bool = False,
            url: Any = None,
            **kwargs: Any,
        ) -> None:
            if not name:
                return
            if paginated is None:
                paginated = {key: value for key, value in kwargs.items() if key in {"articles", "dates"}}
            if not paginated or template_name not in self.settings["PAGINATED_TEMPLATES"]:
                self._put(name, template, context, relative_urls, kwargs, override_output)
                return
            per_page = self.settings["PAGINATED_TEMPLATES"][template_name] or self.settings["DEFAULT_PAGINATION"]
            paginators = {key: Paginator(name, url, value, self.settings, per_page) for key, value in paginated.items()}
            for number in range(next(iter(paginators.values())).num_pages):
                own = dict(kwargs)
                for key, paginator in paginators.items():
                    page = paginator.page(number + 1)
                    own[f"{key}_paginator"] = paginator
                    own[f"{key}_page"] = page
                    own[f"{key}_previous_page"] = paginator.page(number) if number > 0 else None
                    own[f"{key}_next_page"] = paginator.page(number + 2) if number + 1 < paginator.num_pages else None
                self._put(page.save_as, template, context, relative_urls, own, override_output)

        def _put(
            self,
            name: Any,
            template: Any,
            context: Any,
            relative_urls: bool,
            kwargs: Any,
            override: bool,
        ) -> None:
            base: dict[str, Any] = desk.context
            own: dict[str, Any] = {}
            if context is not base and not base.keys() <= context.keys():
                base, own = {}, dict(context)
            elif context is not base:
                own = {key: value for key, value in context.items() if base.get(key, missing) is not value}
            if relative_urls:
                relative = path_to_url(get_relative_path(name))
                own["SITEURL"] = own["localsiteurl"] = relative
                # Pelican leaves the address in the context: what is written next without one of its own finds it there.
                context["localsiteurl"] = relative
            own["output_file"] = name
            own.update(kwargs)
            path = _relative(self.output_path, name)
            desk.put(Job(path, template, base, own, desk.context["localsiteurl"]), override=override)

    CollectingWriter.__name__ = writer_class.__name__
    return CollectingWriter


def _relative(output_path: str, name: str) -> str:
    """Return where a file goes in the output, or fail as Pelican does where it would go elsewhere."""
    if name[0] != "/" and "./" not in name and "//" not in name and not name.endswith(("/", "/.", "/..")):
        return name
    return os.path.relpath(sanitised_join(output_path, name), output_path)
