"""What makes two values the same to a page.

The likeness of a value is made of plain tuples and strings, so it can be compared with that of another build. A text is
alike by its source alone: what is read *of* it is a fact of its own. A value that cannot be told apart from another
(an object of a plugin's own class, a function) has no likeness, and what depends on it is made anew each time.
"""

from __future__ import annotations

import datetime as dt
import decimal
import marshal
import pathlib
import re
import types
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup
from pelican.contents import Content
from pelican.paginator import Page as PaginatorPage
from pelican.paginator import PaginationRule, Paginator
from pelican.urlwrappers import Author, Category, Tag, URLWrapper
from pelican.utils import SafeDatetime

from site_builder.engine.inputs import digest_of

DEEPEST = 40
SIMPLE = (type(None), str)
# Not `text.__dict__`: while pages are made, each attribute of a text goes through Python.
fields_of = object.__getattribute__
URL_FIELDS = frozenset({"settings", "_name", "_slug", "_slug_from_name", "name", "slug"})


class NoLikeness(Exception):  # noqa: N818 - it is an answer, not an error
    """The value cannot be compared with that of another build."""


def likeness(value: Any) -> Any:
    """Return what is equal for two values exactly if a page cannot tell them apart."""
    return _of(value, 0)


def likeness_digest(value: Any) -> bytes:
    """Return the same in few bytes."""
    if type(value) is list:
        try:
            # By far the longest lists are those of texts, and a text is alike by its key alone.
            return digest_of("\n".join([fields_of(text, "__dict__")["_key"] for text in value]).encode())
        except (AttributeError, KeyError):
            pass
    return digest_of(marshal.dumps(likeness(value), 2))


def _of(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str or value is None:
        return value
    tell = TELL.get(kind)
    if tell is not None:
        if depth > DEEPEST:
            raise NoLikeness
        return tell(value, depth + 1)
    try:
        return ("c", fields_of(value, "__dict__")["_key"])
    except (AttributeError, KeyError):
        pass
    if isinstance(value, Content):
        return _of_content(value, depth)
    if isinstance(value, URLWrapper):
        return _of_url(value, depth + 1)
    if isinstance(value, list) and hasattr(value, "plain"):
        return _of(value.plain, depth)
    raise NoLikeness(kind.__qualname__)


def _of_content(content: Any, _depth: int) -> Any:
    try:
        return ("c", fields_of(content, "__dict__")["_key"])
    except KeyError:
        # Not made from a source, but by a plugin: nothing tells it from another.
        raise NoLikeness(type(content).__qualname__) from None


def _of_url(wrapper: Any, depth: int) -> Any:
    fields = wrapper.__dict__
    more = () if fields.keys() <= URL_FIELDS else _of(_without(fields, URL_FIELDS), depth)
    return ("u", type(wrapper).__name__, fields["_name"], fields["_slug"] or wrapper.slug, more)


def _without(fields: dict[str, Any], names: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def _of_sequence(values: Any, depth: int) -> Any:
    return (type(values).__name__, *[_of(value, depth) for value in values])


def _of_set(values: Any, depth: int) -> Any:
    return ("set", *sorted((_of(value, depth) for value in values), key=repr))


def _of_dict(values: Any, depth: int) -> Any:
    return ("{", *[(_of(key, depth), _of(value, depth)) for key, value in values.items()])


def _of_moment(value: dt.datetime, _depth: int) -> Any:
    # Not isoformat alone: two zones may share an offset, and a template may print the zone.
    return ("t", type(value).__name__, value.isoformat(), str(value.tzinfo), value.fold)


def _of_paginator(paginator: Any, depth: int) -> Any:
    # Its `object_list` is recorded by itself, when a page asks for it.
    return (
        "paginator",
        paginator.name,
        paginator.url,
        paginator.per_page,
        paginator.orphans,
        paginator.count,
        depth > 0,
    )


def _of_page(page: Any, depth: int) -> Any:
    return (
        "page",
        page.full_name,
        page.base_url,
        page.number,
        _of(list(page.object_list), depth),
        _of_paginator(page.paginator, depth),
    )


def _tagged(kind: type) -> Callable[[Any, int], Any]:
    name = kind.__name__
    return lambda value, _depth: (name, str(value))


def _of_module(module: types.ModuleType, _depth: int) -> Any:
    # The files of all modules are inputs of their own.
    return ("module", module.__name__)


TELL: dict[type, Callable[[Any, int], Any]] = {
    bool: lambda value, _depth: ("bool", value),
    int: lambda value, _depth: ("int", value),
    float: lambda value, _depth: ("float", repr(value)),
    bytes: lambda value, _depth: ("bytes", value),
    Markup: lambda value, _depth: ("markup", str(value)),
    list: _of_sequence,
    tuple: _of_sequence,
    PaginationRule: _of_sequence,
    set: _of_set,
    frozenset: _of_set,
    dict: _of_dict,
    OrderedDict: _of_dict,
    defaultdict: _of_dict,
    dt.datetime: _of_moment,
    SafeDatetime: _of_moment,
    dt.date: _tagged(dt.date),
    dt.timedelta: _tagged(dt.timedelta),
    ZoneInfo: _tagged(ZoneInfo),
    dt.timezone: _tagged(dt.timezone),
    decimal.Decimal: _tagged(decimal.Decimal),
    pathlib.PosixPath: _tagged(pathlib.PosixPath),
    re.Pattern: lambda value, _depth: ("re", value.pattern, value.flags),
    Category: _of_url,
    Tag: _of_url,
    Author: _of_url,
    Paginator: _of_paginator,
    PaginatorPage: _of_page,
    types.ModuleType: _of_module,
}


def settings_likeness(settings: dict[str, Any], without: frozenset[str]) -> bytes | None:
    """Return the digest of all settings, or None where one of them cannot be compared.

    A setting may be a function; it is what its code is.
    """
    try:
        return digest_of(marshal.dumps([(name, _of_setting(value, 0)) for name, value in sorted(settings.items())
                                        if name not in without], 2))  # fmt: skip
    except NoLikeness:
        return None


def _of_setting(value: Any, depth: int) -> Any:  # noqa: PLR0911 - a kind of value each
    if depth > DEEPEST:
        raise NoLikeness
    match value:
        case types.FunctionType():
            cells = [_of_setting(cell.cell_contents, depth + 1) for cell in value.__closure__ or ()]
            defaults = _of_setting(value.__defaults__, depth + 1)
            return ("function", value.__qualname__, marshal.dumps(value.__code__), tuple(cells), defaults)
        case types.BuiltinFunctionType() | type():
            return ("named", getattr(value, "__module__", ""), value.__qualname__)
        case types.MethodType():
            return ("method", _of_setting(value.__func__, depth + 1), _of_setting(value.__self__, depth + 1))
        case dict():
            return ("{", *[(_of_setting(key, depth + 1), _of_setting(item, depth + 1)) for key, item in value.items()])
        case list() | tuple():
            return (type(value).__name__, *[_of_setting(item, depth + 1) for item in value])
    if value is not None and type(value) not in TELL and type(value) is not str:
        return ("instance", type(value).__qualname__, _of_setting(getattr(value, "__dict__", None), depth + 1))
    return _of(value, depth)
