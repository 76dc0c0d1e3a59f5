"""The keys that a text may begin with, what each means, and what may stand in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from textwrap import shorten

from site_builder.checks.findings import Finding

KEY_LINE = re.compile(r"^ {0,3}(?P<key>[A-Za-z0-9_-]+):\s*(?P<value>.*)$")
CONTINUATION = re.compile(r"^(?: {4,}|\t+)(?P<value>.*)$")
DATE_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M")
STATUSES = ("published", "draft", "hidden")
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
SUMMARY_LIMIT = 180
SHOWN = 60


@dataclass(frozen=True)
class Entry:
    """One key of a text's front matter, where it stands."""

    key: str
    value: str
    line: int


@dataclass(frozen=True)
class Key:
    """A key that may be used, and the sentence that explains it."""

    name: str
    meaning: str
    required_in: tuple[str, ...] = ()
    fault: Callable[[str], str | None] = lambda _: None


def parse_date(text: str) -> datetime | None:
    """Return the moment that a front matter's date names, in UTC, or None."""
    for pattern in DATE_FORMATS:
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def _date_fault(text: str) -> str | None:
    return None if parse_date(text) else "write it as 2026-11-21 or 2026-11-21 09:30; and such a day must exist"


def _status_fault(text: str) -> str | None:
    return None if text in STATUSES else f"write one of {', '.join(STATUSES)}"


def _slug_fault(text: str) -> str | None:
    return None if SLUG.fullmatch(text) else "write lower-case letters, digits and single hyphens"


def _summary_fault(text: str) -> str | None:
    if len(text) <= SUMMARY_LIMIT:
        return None
    return f"write at most {SUMMARY_LIMIT} characters (it has {len(text)}): it is what search results show"


def _robots_fault(text: str) -> str | None:
    return None if text == "noindex" else "write noindex, or leave the line out"


POST, PAGE = "posts", "pages"
KEYS = (
    Key("title", "What the page is called, in its heading and in every list.", (POST, PAGE)),
    Key("date", "When the post appears, as 2026-11-21 or 2026-11-21 09:30, in UTC.", (POST,), _date_fault),
    Key("modified", "When the text last changed in substance.", (), _date_fault),
    Key("summary", "One or two plain sentences for lists, feeds and search results.", (POST, PAGE), _summary_fault),
    Key("category", "The one topic that the post belongs to.", (POST,)),
    Key("tags", "What else it is about, separated by commas."),
    Key("authors", "Who wrote it, separated by commas."),
    Key("slug", "The last part of the address, where it is not the folder's or file's name.", (), _slug_fault),
    Key("status", "`published` (as if left out), `draft` (not built) or `hidden` (not listed).", (), _status_fault),
    Key("template", "The template of the theme to use, without its ending."),
    Key("save_as", "Where the page is written, for the few that are not where their slug says."),
    Key("url", "The address that goes with `save_as`."),
    Key("robots", "`noindex` keeps the page out of search engines and the sitemap.", (), _robots_fault),
)  # fmt: skip
KNOWN = {key.name: key for key in KEYS}


def describe_keys() -> str:
    """Explain every key, as the documentation has it."""
    rows = [f"| `{key.name.capitalize()}` | {', '.join(key.required_in) or '-'} | {key.meaning} |" for key in KEYS]
    return "\n".join(["| key | required in | what it means |", "|---|---|---|", *rows])


def read_front_matter(text: str) -> list[Entry]:
    """Return the entries at the top of a text, as Python-Markdown's meta extension takes them."""
    entries: list[Entry] = []
    for number, line in enumerate(text.splitlines(), start=1):
        opening = KEY_LINE.match(line)
        following = CONTINUATION.match(line)
        if opening:
            entries.append(Entry(opening["key"].lower(), opening["value"].strip(), number))
        elif following and entries:
            last = entries[-1]
            entries[-1] = Entry(last.key, f"{last.value} {following['value'].strip()}".strip(), last.line)
        else:
            break
    return entries


def check_front_matter(path: Path, kind: str, entries: list[Entry], now: datetime) -> Iterator[Finding]:
    """Find what is wrong with the entries of one text, which is a post or a page."""
    seen: dict[str, int] = {}
    is_draft = any(entry.key == "status" and entry.value == "draft" for entry in entries)
    for entry in entries:
        yield from _check_entry(path, entry)
        if entry.key == "date" and not is_draft:
            yield from _check_not_ahead(path, entry, now)
        if entry.key in seen:
            what = f"`{entry.key}` stands here and on line {seen[entry.key]}"
            yield Finding(path, entry.line, "front-matter-twice", what, "Keep one of the two.")
        seen[entry.key] = entry.line
    for key in KEYS:
        if kind in key.required_in and key.name not in seen:
            what = f"`{key.name.capitalize()}:` is missing"
            yield Finding(path, 1, "front-matter-missing", what, f"Add the line. {key.meaning}")


def _check_entry(path: Path, entry: Entry) -> Iterator[Finding]:
    key = KNOWN.get(entry.key)
    if key is None:
        yield Finding(path, entry.line, "front-matter-unknown", f"`{entry.key}` is not a known key", _meant(entry.key))
        return
    if not entry.value:
        yield Finding(path, entry.line, "front-matter-empty", f"`{entry.key}` has no value", key.meaning)
        return
    fault = key.fault(entry.value)
    if fault:
        what = f"`{entry.key}` cannot be `{shorten(entry.value, SHOWN, placeholder='…')}`"
        yield Finding(path, entry.line, "front-matter-value", what, fault[0].upper() + fault[1:] + ".")


def _check_not_ahead(path: Path, entry: Entry, now: datetime) -> Iterator[Finding]:
    date = parse_date(entry.value)
    if date and date > now:
        what = f"the date {entry.value} is ahead (it is {now:%Y-%m-%d %H:%M} UTC)"
        todo = "A post is built when its day has come: until then give it `Status: draft`."
        yield Finding(path, entry.line, "date-ahead", what, todo)


def _meant(key: str) -> str:
    close = get_close_matches(key, KNOWN, n=1)
    if close:
        return f"Did you mean `{close[0].capitalize()}:`?"
    return f"Known are: {', '.join(KNOWN)}."
