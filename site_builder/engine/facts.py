"""What a page reads while it is made.

Everything that a template can reach goes through few doors: a name of the context, an attribute of a text, a part of a
list of texts, the table of links. While a record is open, each of these doors writes down what was asked for:

- `(text, attribute)`: a field of an article, a page or a static file;
- a *name*: something of the whole site, like `articles[0:5]`, and what it was like;
- a *local*: the same of what belongs to this page alone, like the articles of a tag;
- a template.

What goes past the doors (a function that a plugin gave to the templates, an object of its own class) makes the record
`opaque`: such a page depends on everything.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from site_builder.engine.likeness import NoLikeness, likeness_digest

CONTEXT = "context "
LINK = "link "


class Record:
    """What one page has read so far."""

    __slots__ = ("context", "fields", "inside", "locals", "names", "opaque", "own", "templates")

    def __init__(self, context: dict[str, Any], own: dict[str, Any]) -> None:
        """Begin a page that is made of the site's context and of values of its own."""
        self.context = context
        self.own = own
        self.fields: set[tuple[str, str]] = set()
        self.names: set[str] = set()
        self.locals: set[str] = set()
        self.templates: set[str] = set()
        # Why this page cannot be compared; empty where it can.
        self.opaque = ""
        self.inside = False

    def note(self, path: str, *, local: bool) -> None:
        """Write down that a value of the context was read."""
        (self.locals if local else self.names).add(path)


class _Open:
    record: Record | None = None


def current() -> Record | None:
    """Return the record that is open, if there is one."""
    return _Open.record


@contextmanager
def recording(record: Record) -> Iterator[Record]:
    """Write into this record what is read inside."""
    outer, _Open.record = _Open.record, record
    try:
        yield record
    finally:
        _Open.record = outer


class Watched(list):  # type: ignore[type-arg]
    """A list of the context that tells which part of it was read."""

    __slots__ = ("local", "path", "plain")

    def __init__(self, plain: list[Any], path: str, *, local: bool) -> None:
        """Stand for a list that has this path from the context."""
        super().__init__(plain)
        self.plain = plain
        self.path = path
        self.local = local

    def _read(self, part: str) -> None:
        record = _Open.record
        if record is not None:
            record.note(f"{self.path}{part}", local=self.local)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            start, stop, step = (("" if end is None else str(end)) for end in (index.start, index.stop, index.step))
            self._read(f"[{start}:{stop}:{step}]")
        else:
            self._read(f"[{index}]")
        return self.plain[index]

    def __bool__(self) -> bool:
        self._read("?")
        return bool(self.plain)

    def __len__(self) -> int:
        self._read("#")
        return len(self.plain)

    def __iter__(self) -> Iterator[Any]:
        self._read("")
        return iter(self.plain)

    def _whole(name: str) -> Any:  # type: ignore[misc] # noqa: N805 - it makes methods
        def method(self: Watched, *arguments: Any, **options: Any) -> Any:
            self._read("")
            return getattr(self.plain, name)(*arguments, **options)

        return method

    for _name in ("__add__", "__contains__", "__eq__", "__ge__", "__gt__", "__le__", "__lt__", "__mul__", "__ne__",
                  "__reversed__", "__rmul__", "copy", "count", "index"):  # fmt: skip
        locals()[_name] = _whole(_name)
    __hash__ = None

    def __radd__(self, other: Any) -> Any:
        self._read("")
        return other + self.plain


def value_at(path: str, values: dict[str, Any]) -> Any:
    """Return what a noted path leads to now."""
    name, mark, part = _split(path)
    value = values.get(name.partition(".")[0], MISSING)
    for attribute in name.split(".")[1:]:
        value = getattr(value, attribute, MISSING)
    value = getattr(value, "plain", value)
    if not mark or value is MISSING:
        return value
    if mark == "#":
        return len(value)
    if mark == "?":
        return bool(value)
    if ":" in part:
        start, stop, step = (int(end) if end else None for end in part.split(":"))
        return value[start:stop:step]
    try:
        return value[int(part)]
    except IndexError:
        return MISSING


def _split(path: str) -> tuple[str, str, str]:
    if path[-1] in "#?":
        return path[:-1], path[-1], ""
    name, bracket, part = path.partition("[")
    return name, bracket, part.removesuffix("]")


MISSING = "(there is none)"


def digest_at(path: str, values: dict[str, Any]) -> bytes | None:
    """Return what the value at the path is like, or None where that cannot be said."""
    try:
        return likeness_digest(value_at(path, values))
    except NoLikeness:
        return None
