"""Articles, pages and static files that can be kept between builds, and that tell who reads them.

They are Pelican's own classes with three things added. The rendered text is fetched only when it is asked for. What a
text was made of can be written down and made again without reading it. And while pages are rendered, each attribute
that is read is noted (`facts`), and addresses, which Pelican formats each time, are formatted once.
"""

from __future__ import annotations

import copyreg
import datetime as dt
import io
import os
import pickle
import re
import string
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pelican.contents
from pelican.urlwrappers import Author, Category, Tag, URLWrapper
from pelican.utils import SafeDatetime, posixize_path

from site_builder.engine import facts

# Not part of a text, but of the build that it is in.
OF_THE_BUILD = frozenset({"settings", "_context", "_body", "_key", "_bodies", "_addresses", "_summary_seen"})
NEVER = object()


class _Body:
    """The rendered text, which stays in the store until somebody wants it."""

    def __get__(self, content: Any, _owner: type | None = None) -> Any:
        if content is None:
            return self
        fields = content.__dict__
        if Pipeline.reads is not None:
            Pipeline.reads.add(fields.get("_key", ""))
        try:
            return fields["_body"]
        except KeyError:
            pass
        try:
            fetch = fields["_bodies"]
        except KeyError:
            raise AttributeError("_content") from None
        return fetch(fields["_key"])

    def __set__(self, content: Any, body: Any) -> None:
        content.__dict__["_body"] = body


class Pipeline:
    """Who wanted the text of an article between the reading and the writing; None while nobody counts."""

    reads: set[str] | None = None


class _Kept:
    """What all three kinds do sooner than Pelican's own, with the same results."""

    _content = _Body()

    def get_relative_source_path(self: Any, source_path: Any = None) -> Any:
        """Return the path from the content folder."""
        path = source_path or self.source_path
        if type(path) is str:
            folder = self.settings["PATH"]
            inner = path[len(folder) + 1 :]
            if path.startswith(f"{folder}/") and os.path.isabs(folder) and not NOT_NORMAL.search(f"{folder}/{inner}/"):
                return inner
        return super().get_relative_source_path(source_path)  # type: ignore[misc]

    def _expand_settings(self: Any, key: str, klass: Any = None) -> Any:
        """Format an address; of what may stand in it only that is made which does."""
        kind = klass or self.__class__.__name__
        if klass is None and isinstance(self, pelican.contents.Article | pelican.contents.Page):
            draft = "draft" if isinstance(self, pelican.contents.Article) else "draft_page"
            kind = draft if self.status == "draft" else kind
        pattern = str(self.settings[f"{kind}_{key}".upper()])
        if not fields_of(pattern) <= FIELDS.keys():
            return super()._expand_settings(key, *([klass] if klass else []))  # type: ignore[misc]
        return pattern.format(**{name: FIELDS[name](self) for name in fields_of(pattern)})


def _path_of(content: Any) -> Any:
    return posixize_path(content.metadata.get("path", content.get_relative_source_path()))


# What Pelican offers to every address (`Content.url_format`), by its name.
FIELDS: dict[str, Callable[[Any], Any]] = {
    "path": _path_of,
    "slug": lambda content: getattr(content, "slug", ""),
    "lang": lambda content: getattr(content, "lang", "en"),
    "date": lambda content: getattr(content, "date", dt.datetime.now()),  # noqa: DTZ005 - Pelican's own
    "author": lambda content: content.author.slug if hasattr(content, "author") else "",
    "category": lambda content: content.category.slug if hasattr(content, "category") else "",
}


@lru_cache(maxsize=256)
def fields_of(pattern: str) -> frozenset[str]:
    """Return the names of the fields in a pattern; one that is not a plain name is none of ours."""
    try:
        found = [(name, spec) for _, name, spec, _ in string.Formatter().parse(pattern) if name is not None]
    except ValueError:
        return frozenset({pattern})
    return frozenset(pattern if "{" in (spec or "") else name for name, spec in found)


NOT_NORMAL = re.compile(r"//|/\./|/\.\./")


class Article(_Kept, pelican.contents.Article):  # type: ignore[misc] # Pelican is not typed.
    """Pelican's article."""


class Page(_Kept, pelican.contents.Page):  # type: ignore[misc]
    """Pelican's page."""


class Static(_Kept, pelican.contents.Static):  # type: ignore[misc]
    """Pelican's static file."""


KINDS: dict[str, type] = {"article": Article, "page": Page, "static": Static}


COMPUTED = frozenset({"content", "summary", "url_format", "relative_dir", "url", "save_as"})
CONTENT_READ = pelican.contents.Content.__dict__["get_content"].cache
SUMMARY_READ = pelican.contents.Content.__dict__["get_summary"].cache
summary_of = pelican.contents.Content.__dict__["get_summary"].func


def _inside(record: facts.Record | None, compute: Callable[[], Any]) -> Any:
    """Compute without noting what a text reads of itself: that is part of the fact already noted."""
    if record is None or record.inside:
        return compute()
    record.inside = True
    try:
        return compute()
    finally:
        record.inside = False


def forget_what_was_read() -> None:
    """Empty Pelican's memory of resolved texts, which belongs to the process and never ends by itself."""
    CONTENT_READ.clear()
    SUMMARY_READ.clear()


def _noting(plain: type, *, addresses: bool, bare: bool = False) -> type:  # noqa: C901 - one class, made four times
    """Return the class that a text has while pages are rendered: the same, but it tells what is read.

    A bare one has nothing but its key until somebody asks it for something.
    """
    get = object.__getattribute__
    formatted = frozenset({"url", "save_as"}) if addresses else frozenset[str]()

    def __getattribute__(self: Any, name: str) -> Any:  # noqa: N807
        if name[:2] == "__":
            return get(self, name)
        if bare and "settings" not in get(self, "__dict__"):
            _Restoring.fill(self)
        record = facts._Open.record
        if name in formatted:
            if record is not None and not record.inside:
                record.fields.add((get(self, "__dict__")["_key"], name))
            return _address(self, record, name)
        if record is None or record.inside:
            return get(self, name)
        record.fields.add((get(self, "__dict__")["_key"], name))
        if name in COMPUTED:
            return _inside(record, lambda: get(self, name))
        if name == "get_content":
            record.fields.add((get(self, "__dict__")["_key"], "content"))
            return lambda siteurl: _inside(record, lambda: get_content(self, siteurl))
        if name in ("_context", "settings"):
            record.opaque = record.opaque or f"it reads {name} of a text"
        return get(self, name)

    def _address(self: Any, record: facts.Record | None, name: str) -> Any:
        fields = get(self, "__dict__")
        try:
            return fields["_addresses"][name]
        except KeyError:
            value = _inside(record, lambda: getattr(plain, name).__get__(self))
            fields.setdefault("_addresses", {})[name] = value
            return value

    def get_content(self: Any, siteurl: str) -> Any:
        # Pelican keeps every text that it ever resolved; one is needed once or twice. But where a plugin has read it
        # already, what the plugin saw is what the page gets.
        resolved = self._update_content(
            self._get_content() if hasattr(self, "_get_content") else self._content, siteurl
        )
        return CONTENT_READ.get((self, siteurl), resolved) if CONTENT_READ else resolved

    def get_summary(self: Any, siteurl: str) -> Any:
        fields = get(self, "__dict__")
        record = facts._Open.record
        seen = fields.get("_summary_seen")
        if seen is None or seen[0] != siteurl:
            with facts.recording(facts.Record({}, {})) as links:
                links.inside = True
                summary = SUMMARY_READ.get((self, siteurl)) or summary_of(self, siteurl)
            seen = fields["_summary_seen"] = (siteurl, summary, links)
        if record is not None:
            record.names |= seen[2].names
            record.fields |= seen[2].fields
        return seen[1]

    def _update_content(self: Any, text: Any, siteurl: str) -> Any:
        if not text or not may_link(text, self.settings):
            return text
        return plain._update_content(self, text, siteurl)  # type: ignore[attr-defined]

    return type(
        plain.__name__,
        (plain,),
        {
            "__getattribute__": __getattribute__,
            "__module__": plain.__module__,
            "get_content": get_content,
            "get_summary": get_summary,
            "_update_content": _update_content,
        },
    )


DEFAULT_LINK = "[{|](?P<what>.*?)[|}]"


def may_link(text: str, settings: dict[str, Any]) -> bool:
    """Say whether a text may hold a link between texts: most have none, and the search for one is slow."""
    if settings["INTRASITE_LINK_REGEX"] != DEFAULT_LINK:
        return True
    # The rule is for the value of an attribute, and that is quoted.
    return '"{' in text or "'{" in text or '"|' in text or "'|" in text


# A static file's address may still change while texts are rendered ({attach} moves it), so it is formatted each time.
NOTING: dict[type, type] = {
    Article: _noting(Article, addresses=True),
    Page: _noting(Page, addresses=True),
    Static: _noting(Static, addresses=False),
}
BARE: dict[str, type] = {
    "article": _noting(Article, addresses=True, bare=True),
    "page": _noting(Page, addresses=True, bare=True),
    "static": _noting(Static, addresses=False, bare=True),
}


def begin_noting(contents: Iterable[Any]) -> None:
    """Let the texts tell from now on what is read of them."""
    for content in contents:
        noting = NOTING.get(type(content))
        if noting is not None and "_key" in content.__dict__:
            content.__class__ = noting


class LinkTable(dict):  # type: ignore[type-arg]
    """Pelican's table of what lies where, which notes each link that is looked up."""

    def get(self, path: Any, default: Any = None) -> Any:
        """Look a link's target up."""
        record = facts.current()
        found = super().get(path, default)
        if record is not None:
            record.names.add(f"{facts.LINK}{path}")
            if found is not None and "_key" in found.__dict__:
                record.fields.add((found.__dict__["_key"], "url"))
        return found


# --- What is written down of a text


class _Restoring:
    """The settings of the build that texts are being restored for."""

    settings: dict[str, Any] = {}  # noqa: RUF012 - it is a slot, not a constant
    # Every text that something refers to, by its key; each is filled when it is asked for something.
    bare: dict[str, Any] = {}  # noqa: RUF012
    fill: Callable[[Any], None]


def _restore_url(kind: type, name: str, slug: str | None, more: Any) -> Any:
    wrapper: Any = object.__new__(kind)
    fields = wrapper.__dict__
    fields["settings"] = _Restoring.settings
    fields["_name"] = name
    fields["_slug"] = slug
    fields["_slug_from_name"] = True
    if more:
        fields.update(more)
    return wrapper


def _reduce_url(wrapper: URLWrapper) -> tuple[Any, ...]:
    fields = wrapper.__dict__
    if fields["_slug"] is None:
        # It is made from the name alone, at the first asking; asked once here, it is never made again.
        wrapper.slug  # noqa: B018
    more = {name: value for name, value in fields.items() if name not in ("settings", "_name", "_slug")}
    if more == {"_slug_from_name": True}:
        more = {}
    return _restore_url, (type(wrapper), fields["_name"], fields["_slug"], more or None)


def _restore_zone(key: str) -> ZoneInfo:
    return ZoneInfo(key)


def _reduce_zone(zone: ZoneInfo) -> tuple[Any, ...]:
    return (_restore_zone, (zone.key,)) if zone.key else zone.__reduce__()  # type: ignore[return-value]


class _Pickler(pickle.Pickler):
    dispatch_table = {  # noqa: RUF012
        **copyreg.dispatch_table,
        Tag: _reduce_url,
        Category: _reduce_url,
        Author: _reduce_url,
        ZoneInfo: _reduce_zone,
    }


# What every text is made of has a number in the pickles, of those that the standard library leaves to programs: its
# name would be looked up anew for each text.
NUMBERED = (_restore_url, _restore_zone, Tag, Category, Author, SafeDatetime)
for _number, _thing in enumerate(NUMBERED, start=240):
    copyreg.add_extension(_thing.__module__, _thing.__qualname__, _number)


def _refer(content: Any) -> tuple[Any, ...]:
    return _restore_reference, (content.__dict__["_key"],)


def _restore_reference(key: str) -> Any:
    content = _Restoring.bare.get(key)
    if content is None:
        content = _Restoring.bare[key] = object.__new__(BARE[key.partition(":")[0]])
        content.__dict__["_key"] = key
    return content


class _LivePickler(pickle.Pickler):
    dispatch_table = {  # noqa: RUF012
        **_Pickler.dispatch_table,
        **dict.fromkeys([*KINDS.values(), *NOTING.values(), *BARE.values(), pelican.contents.Static], _refer),
    }


MOST_LIVE = 1 << 16


def dump_live(value: Any, most: int = MOST_LIVE) -> bytes | None:
    """Write down a value of the finished site, in which texts are only named; None where that cannot be, or is long."""
    buffer = io.BytesIO()
    try:
        _LivePickler(buffer, 5).dump(value)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError, KeyError):
        return None
    return buffer.getvalue() if buffer.tell() <= most else None


def begin_bare(settings: dict[str, Any], fill: Callable[[Any], None]) -> None:
    """Let texts that are only named be filled by this from now on."""
    _Restoring.settings = settings
    _Restoring.bare = {}
    _Restoring.fill = staticmethod(fill)


def bare(key: str) -> Any:
    """Return the text of this key, which is filled when it is asked for something."""
    return _restore_reference(key)


def load_live(data: bytes) -> Any:
    """Make a value again, with texts that are filled when they are asked for something."""
    return pickle.loads(data)  # noqa: S301 - our own


def dumps(value: Any) -> bytes:
    """Write down a value of Pelican's, without the settings that its parts refer to."""
    buffer = io.BytesIO()
    _Pickler(buffer, 5).dump(value)
    return buffer.getvalue()


def loads(data: bytes, settings: dict[str, Any]) -> Any:
    """Make it again, for these settings."""
    _Restoring.settings = settings
    return pickle.loads(data)  # noqa: S301 - our own, from the state beside the output


def write_down(content: Any) -> bytes | None:
    """Return what a text was made of, but for its body; None where it holds what cannot be kept."""
    fields = {name: value for name, value in content.__dict__.items() if name not in OF_THE_BUILD}
    try:
        return dumps(fields)
    except (pickle.PicklingError, TypeError, AttributeError, RecursionError):
        return None


def make_again(
    kind: str, key: str, written: bytes, settings: dict[str, Any], context: dict[str, Any], bodies: Callable[[str], Any]
) -> Any:
    """Return the text that was written down, in this build."""
    content: Any = object.__new__(KINDS[kind])
    _Restoring.settings = settings
    fields = pickle.loads(written)  # noqa: S301
    fields["settings"] = settings
    fields["_context"] = context
    fields["_key"] = key
    fields["_bodies"] = bodies
    content.__dict__ = fields
    return content
