"""What may be wrong with the keys that a text begins with."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from textwrap import shorten

from site_builder.checks.findings import Finding
from site_builder.sources.forms import Unfit
from site_builder.sources.front_matter import Entry
from site_builder.sources.keys import KEYS
from site_builder.sources.text import Source

SHOWN = 60
# What other generators call the same thing; a close spelling would not find it.
CALLED_ELSEWHERE = {
    "author": "authors",
    "categories": "category",
    "cover": "image",
    "description": "summary",
    "draft": "status",
    "excerpt": "summary",
    "expirydate": "expires",
    "featured_image": "image",
    "keywords": "tags",
    "language": "lang",
    "lastmod": "modified",
    "layout": "template",
    "permalink": "url",
    "pubdate": "date",
    "published": "status",
    "redirect_from": "aliases",
    "robots": "noindex",
    "subtitle": "summary",
    "updated": "modified",
}


def check_front_matter(source: Source) -> Iterator[Finding]:
    """Find what is wrong with the keys of one text."""
    path = source.path
    for flaw in source.head.flaws:
        yield Finding(path, flaw.line, flaw.column, "front-matter-yaml", flaw.what, flaw.todo)
    seen: dict[str, int] = {}
    for entry in source.head.entries:
        yield from _check_entry(source, entry)
        if entry.key in seen:
            what = f"`{entry.key}` stands here and on line {seen[entry.key]}"
            yield Finding(path, entry.line, 1, "front-matter-twice", what, "Keep one of the two.")
        seen[entry.key] = entry.line
    if source.head.flaws:
        return
    for key in KEYS.values():
        if source.kind in key.required_in and key.name not in seen:
            what = f"`{_written(source, key.name)}` is missing"
            yield Finding(path, 1, 1, "front-matter-missing", what, f"Add the line. {key.meaning}")
    yield from _check_together(source)


def _check_entry(source: Source, entry: Entry) -> Iterator[Finding]:
    key = KEYS.get(entry.key)
    if key is None:
        what = f"`{entry.key}` is not a known key"
        yield Finding(source.path, entry.line, 1, "front-matter-unknown", what, _meant(source, entry.key))
        return
    if not entry.value:
        what = f"`{entry.key}` has no value"
        yield Finding(source.path, entry.line, 1, "front-matter-empty", what, key.meaning)
        return
    try:
        key.form.read(entry.value)
    except Unfit as unfit:
        shown = entry.value if isinstance(entry.value, str) else ", ".join(entry.value)
        what = f"`{entry.key}` cannot be `{shorten(shown, SHOWN, placeholder='…')}`"
        fault = str(unfit)
        todo = fault[0].upper() + fault[1:] + "."
        yield Finding(source.path, entry.line, entry.column, "front-matter-value", what, todo)


def _check_together(source: Source) -> Iterator[Finding]:
    """Find keys that make sense only with another."""
    keys = source.keys
    for given, missing, todo in (
        ("image", "image_alt", "Say what the picture shows, for those who do not see it."),
        ("image_alt", "image", "Name the picture, or leave its description out."),
        ("part", "series", "Name the series, or leave the number out."),
        ("translates", "lang", "Say which language it is in."),
        ("save_as", "url", "Say the address too, or leave both out."),
        ("url", "save_as", "Say the file too, or leave both out."),
    ):
        entry = source.entry(given)
        if entry and getattr(keys, given) and not source.entry(missing):
            what = f"`{given}` stands without `{missing}`"
            yield Finding(source.path, entry.line, 1, "front-matter-alone", what, todo)
    entry = source.entry("expires")
    if entry and keys.expires and keys.date and keys.expires <= keys.date:
        what = f"it expires on {keys.expires:%Y-%m-%d %H:%M}, before it appears"
        yield Finding(source.path, entry.line, entry.column, "expires-early", what, "Mend one of the two dates.")
    entry = source.entry("modified")
    if entry and keys.modified and keys.date and keys.modified < keys.date:
        what = f"it was changed on {keys.modified:%Y-%m-%d %H:%M}, before it appeared"
        yield Finding(source.path, entry.line, entry.column, "modified-early", what, "Mend one of the two dates.")


def _written(source: Source, key: str) -> str:
    return f"{key}:" if source.head.is_yaml else f"{key.capitalize()}:"


def _meant(source: Source, key: str) -> str:
    meant = CALLED_ELSEWHERE.get(key)
    close = [meant] if meant else get_close_matches(key, KEYS, n=1)
    if close:
        return f"Did you mean `{_written(source, close[0])}`? {KEYS[close[0]].meaning}"
    return f"Known are: {', '.join(KEYS)}."
