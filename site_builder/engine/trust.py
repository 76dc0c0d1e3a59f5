"""Which plugins the engine can follow, and what it must leave to Pelican where it cannot.

A plugin that works on the whole site (it sorts articles, links neighbours, counts words) is run in each build, on the
whole site, as Pelican would run it: the engine sees what it changed. A plugin that is called once for each text or
once for each page, or that works on the finished output, would miss the calls for what is kept. Unless it says of
itself that it is pure (`PURE = True` in its module: what it does depends on its arguments, the settings and the files
it opens, it keeps nothing between two calls, and it does not read the output), everything it is called for is made
anew each time.
"""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jinja2.defaults
import jinja2.filters
import jinja2.tests
from blinker import ANY, NamedSignal
from pelican import generators, readers
from pelican.plugins import signals
from pelican.utils import DateFormatter
from pelican.writers import Writer

PER_TEXT = (
    signals.article_generator_preread,
    signals.article_generator_context,
    signals.page_generator_preread,
    signals.page_generator_context,
    signals.static_generator_preread,
    signals.static_generator_context,
    signals.content_object_init,
)
PER_PAGE = (
    signals.article_generator_write_article,
    signals.page_generator_write_page,
    signals.article_writer_finalized,
    signals.page_writer_finalized,
    signals.content_written,
    signals.feed_generated,
    signals.feed_written,
    signals.finalized,
)
# Called for every page or feed while it is made: even a pure one is owed that moment.
AT_WRITING = (signals.content_written, signals.feed_generated, signals.feed_written)
OWN_GENERATORS = (
    generators.ArticlesGenerator,
    generators.PagesGenerator,
    generators.StaticGenerator,
    generators.TemplatePagesGenerator,
    generators.SourceFileGenerator,
)
OWN_READERS = (readers.BaseReader, readers.MarkdownReader, readers.RstReader, readers.HTMLReader)
KNOWN_EXTENSIONS = ("markdown.extensions.", "pymdownx.")
SHORT_EXTENSIONS = frozenset(
    {
        "abbr", "admonition", "attr_list", "codehilite", "def_list", "extra", "fenced_code", "footnotes",
        "legacy_attrs", "legacy_em", "md_in_html", "meta", "nl2br", "sane_lists", "smarty", "tables", "toc",
        "wikilinks",
    }
)  # fmt: skip
# A function that mentions one of these may give another answer each time.
CLOCKS = frozenset(
    {
        "choice", "choices", "getpid", "getrandbits", "gmtime", "localtime", "now", "randint", "random", "randrange",
        "sample", "shuffle", "time", "time_ns", "today", "token_bytes", "token_hex", "token_urlsafe", "urandom",
        "utcnow", "uuid1", "uuid4",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Trust:
    """What may be kept from the last build, and why not, in words; an empty reason allows it."""

    texts: str = ""
    pages: str = ""
    clock: str = ""


def judge(settings: dict[str, Any], generator_classes: Iterable[type], writer: type) -> Trust:
    """Look at everything that plugins have connected."""
    return Trust(
        texts=_stranger(PER_TEXT) or _strange_settings(settings),
        pages=_stranger(PER_PAGE)
        or _any_receiver(AT_WRITING)
        or _strange_generator(generator_classes)
        or _strange_writer(writer),
        clock=_clock_of_plugins(),
    )


def _any_receiver(those: Iterable[Any]) -> str:
    for signal in those:
        for receiver in signal.receivers_for(ANY):
            return f"{_name(receiver)} is called for each file that is written"
    return ""


def _stranger(those: Iterable[Any]) -> str:
    for signal in those:
        for receiver in signal.receivers_for(ANY):
            if not is_pure(receiver):
                return f"{_name(receiver)} is connected to {signal.name}, and its plugin does not say that it is pure"
    return ""


def _strange_settings(settings: dict[str, Any]) -> str:
    if settings.get("DEFAULT_DATE") == "fs":
        return "DEFAULT_DATE is the files' own time"
    for extension in settings["MARKDOWN"].get("extensions", []):
        if not is_known_extension(extension):
            return f"what the Markdown extension {extension} keeps between two texts is not known"
    return ""


def _strange_generator(classes: Iterable[type]) -> str:
    for one in classes:
        if one not in OWN_GENERATORS and not is_pure(one):
            return f"the generator {_name(one)} comes from a plugin that does not say that it is pure"
    return ""


def _strange_writer(writer: Any) -> str:
    inherited = writer.write_file is Writer.write_file and writer._open_w is Writer._open_w
    if not inherited or (writer.write_feed is not Writer.write_feed and not is_pure(writer)):
        return f"the writer {_name(writer)} writes pages in a way of its own"
    return ""


def _clock_of_plugins() -> str:
    every = [signal for signal in vars(signals).values() if isinstance(signal, NamedSignal)]
    for signal in every:
        for receiver in signal.receivers_for(ANY):
            if not is_pure(receiver) and _module_reads_clock(_module_of(receiver)):
                return f"{_name(receiver)} comes from a module that asks for the time or for chance"
    return ""


def _module_reads_clock(module: types.ModuleType | None) -> bool:
    return module is None or any(
        _mentions_clock(value)
        for value in vars(module).values()
        if getattr(value, "__module__", None) == module.__name__
    )


def _mentions_clock(value: Any) -> bool:
    if isinstance(value, type):
        return any(_mentions_clock(item) for item in vars(value).values())
    code = getattr(getattr(value, "__func__", value), "__code__", None)
    return code is not None and _code_mentions_clock(code)


def _code_mentions_clock(code: types.CodeType) -> bool:
    inner = (constant for constant in code.co_consts if isinstance(constant, types.CodeType))
    return not CLOCKS.isdisjoint(code.co_names) or any(_code_mentions_clock(one) for one in inner)


def reads_clock(function: Any) -> bool:
    """Say whether a function of a template may answer differently the next time, though nothing changed."""
    while isinstance(function, partial):
        function = function.func
    if isinstance(function, types.BuiltinFunctionType):
        return function.__name__ in CLOCKS
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    if code is None:
        return not isinstance(function, type)
    return _code_mentions_clock(code)


def is_pure(thing: Any) -> bool:
    """Say whether the module that a function or class comes from says of itself that it is pure."""
    module = _module_of(thing)
    return bool(module and getattr(module, "PURE", False))


def _module_of(thing: Any) -> types.ModuleType | None:
    while isinstance(thing, partial):
        thing = thing.func
    return sys.modules.get(getattr(thing, "__module__", "") or "")


def _name(thing: Any) -> str:
    return f"{getattr(thing, '__module__', '?')}.{getattr(thing, '__qualname__', type(thing).__qualname__)}"


# --- Functions that templates may call


def _known_functions() -> frozenset[int]:
    tables = (jinja2.filters.FILTERS, jinja2.tests.TESTS, jinja2.defaults.DEFAULT_NAMESPACE)
    return frozenset(
        id(function) for table in tables for name, function in table.items() if name not in ("random", "lipsum")
    )


KNOWN_FUNCTIONS = _known_functions()


def is_known_function(function: Any) -> bool:
    """Say whether a filter, a test or a global of a template is Jinja's or Pelican's own, or a pure plugin's."""
    if id(function) in KNOWN_FUNCTIONS or isinstance(function, DateFormatter):
        return True
    if isinstance(function, partial) and getattr(function.func, "__module__", "") == "pelican.plugins._utils":
        return True
    return is_pure(function)


# --- Readers


def is_followed(reader: Any) -> bool:
    """Say whether what a reader makes of a file depends on that file, the settings and what it opens."""
    return type(reader) in OWN_READERS or is_pure(type(reader))


def can_run_elsewhere(reader: Any, settings: dict[str, Any]) -> bool:
    """Say whether a reader may run in another process: only Markdown with extensions that are known."""
    return type(reader) is readers.MarkdownReader and all(
        is_known_extension(one) for one in settings["MARKDOWN"].get("extensions", [])
    )


def is_known_extension(extension: Any) -> bool:
    """Say whether an extension of Markdown keeps nothing between two texts: the library's, or one that says so."""
    if not isinstance(extension, str):
        return False
    return extension in SHORT_EXTENSIONS or extension.startswith(KNOWN_EXTENSIONS) or _says_pure(extension)


def _says_pure(extension: str) -> bool:
    try:
        module = importlib.import_module(extension.partition(":")[0])
    except ImportError:
        return False
    return bool(getattr(module, "PURE", False))
