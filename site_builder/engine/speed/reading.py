"""Pelican's reading of texts, with what is the same for all of them made once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import pelican.contents
import pelican.readers
import pelican.urlwrappers
import pelican.utils
from markdown import Markdown
from pelican.utils import SafeDatetime

from site_builder.engine.speed.replacing import Replacement

# A date that says everything but the time of day, as most do; the rest is left to the library.
WHOLE_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d)(?::(\d\d))?)?")
library_date = pelican.utils.get_date
library_find_empty_alt = pelican.readers.find_empty_alt
library_strftime = pelican.utils.strftime
# The directives that Pelican hands on one by one, with nothing but ASCII between them.
PLAIN_FORMAT = re.compile(r"(?:[\x20-\x24\x26-\x7e]|%[aAbBcdfGHIjmMpSUuVwWxXyYzZ])*")
library_slug = pelican.utils.slugify
FOOTNOTES = frozenset({"footnotes", "markdown.extensions.footnotes", "extra", "markdown.extensions.extra"})


def get_date(text: str) -> Any:
    """Return a date of a text."""
    found = WHOLE_DATE.fullmatch(text)
    if found:
        try:
            return SafeDatetime(*[int(part or 0) for part in found.groups()])
        except ValueError:
            pass
    return library_date(text)


@lru_cache(maxsize=65536)
def _slug(value: str, substitutions: Any, preserve_case: bool, use_unicode: bool) -> str:
    return str(library_slug(value, substitutions, preserve_case, use_unicode))


def slugify(value: Any, regex_subs: Any = (), preserve_case: bool = False, use_unicode: bool = False) -> str:
    """Return the slug of a name; the same name is asked for again and again."""
    if type(value) is not str:
        return str(library_slug(value, regex_subs, preserve_case, use_unicode))
    try:
        return _slug(value, tuple(map(tuple, regex_subs)), preserve_case, use_unicode)
    except TypeError:
        return str(library_slug(value, regex_subs, preserve_case, use_unicode))


def strftime(date: Any, date_format: str) -> str:
    """Write a date down, in one go where the format has nothing but what every C library knows."""
    if PLAIN_FORMAT.fullmatch(date_format):
        return str(date.strftime(date_format, False) if isinstance(date, SafeDatetime) else date.strftime(date_format))
    return str(library_strftime(date, date_format))


def find_empty_alt(content: str, path: str) -> None:
    """Warn of pictures without words, where there are pictures."""
    if "<img" in content:
        library_find_empty_alt(content, path)


class OneMarkdown:
    """Gives the same instance of Python-Markdown for each text, cleared by the library's own `reset`."""

    def __init__(self, own: dict[str, Any]) -> None:
        """Know the settings that it may be used for."""
        self._own = own
        self._instance: Any = None
        self._meta: Any = None

    def __call__(self, **settings: Any) -> Any:
        """Return the instance, as good as new."""
        if settings != self._own:
            return Markdown(**settings)
        if self._instance is None:
            self._instance = Markdown(**settings)
            self._meta = _meta_of(self._instance)
        elif self._meta is not None:
            # Pelican takes this one out for the fields that are Markdown themselves.
            self._instance.preprocessors.register(*self._meta)
        instance, self._instance = self._instance, None
        instance.reset()
        self._instance = instance
        return instance


def _meta_of(instance: Any) -> Any:
    preprocessors = instance.preprocessors
    if "meta" not in preprocessors:
        return None
    priority = next(one.priority for one in preprocessors._priority if one.name == "meta")
    return preprocessors["meta"], "meta", priority


def replacements(settings: dict[str, Any]) -> list[Replacement]:
    """Return what is replaced for a site with these settings."""
    found: list[Replacement] = [
        (pelican.readers, "get_date", get_date),
        (pelican.utils, "strftime", strftime),
        (pelican.readers, "find_empty_alt", find_empty_alt),
        (pelican.urlwrappers, "slugify", slugify),
        (pelican.contents, "slugify", slugify),
    ]
    if _may_share(settings["MARKDOWN"]):
        found.append((pelican.readers, "Markdown", OneMarkdown(settings["MARKDOWN"])))
    return found


def _may_share(own: dict[str, Any]) -> bool:
    """Say whether `reset` clears all that these extensions keep; numbers of footnotes for each text would go on."""
    from site_builder.engine.trust import is_known_extension  # noqa: PLC0415 - it knows Pelican's signals too

    known = all(isinstance(one, str) and is_known_extension(one) for one in own.get("extensions", []))
    configured = own.get("extension_configs", {}).values()
    return known and not any("UNIQUE_IDS" in str(config) for config in configured)
