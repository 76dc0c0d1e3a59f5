"""The forms that a value of the front matter may have, each with a reader that says what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

# One value as it is written: words, or, in YAML, a list of them.
Written = str | tuple[str, ...]

DATE_FORMATS = ("%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S")
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Z][a-z]{3})?(?:-(?:[A-Z]{2}|[0-9]{3}))?")
ADDRESS = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]+/?)*")
WHOLE_ADDRESS = re.compile(r"https://[A-Za-z0-9.-]+(?::\d+)?/\S*")
YES, NO = frozenset({"true", "yes", "on"}), frozenset({"false", "no", "off"})


class Unfit(ValueError):  # noqa: N818 - it says what to write instead
    """What is written has not the form it should have; the message says what to write."""


@dataclass(frozen=True)
class Form:
    """What may stand behind a key, in the words of the documentation, and how it is read."""

    words: str
    read: Callable[[Written], Any]


def parse_date(text: str) -> datetime | None:
    """Return the moment that a date names, in UTC, or None."""
    for pattern in DATE_FORMATS:
        try:
            return datetime.strptime(text.removesuffix("Z"), pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def one(written: Written) -> str:
    """Return the words, which must not be a list."""
    if isinstance(written, str):
        return written
    raise Unfit("write one value, not a list")


def text(most: int | None = None) -> Form:
    """Words, perhaps at most so many characters."""

    def read(written: Written) -> str:
        words = one(written)
        if most is not None and len(words) > most:
            raise Unfit(f"write at most {most} characters (it has {len(words)}): it is what search results show")
        return words

    return Form("words" if most is None else f"words, at most {most} characters", read)


def _read_names(written: Written) -> tuple[str, ...]:
    parts = written if isinstance(written, tuple) else written.split(";" if ";" in written else ",")
    names = tuple(part.strip() for part in parts)
    if not all(names):
        raise Unfit("leave no name empty: two commas stand side by side, or one at an end")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unfit(f"name {twice[0]!r} once")
    return names


def _read_moment(written: Written) -> datetime:
    date = parse_date(one(written))
    if date is None:
        raise Unfit("write it as 2026-11-21 or 2026-11-21 09:30, in UTC; and such a day must exist")
    return date


def _read_slug(written: Written) -> str:
    words = one(written)
    if not SLUG.fullmatch(words):
        raise Unfit("write lower-case letters, digits and single hyphens")
    return words


def _read_yes_or_no(written: Written) -> bool:
    word = one(written).lower()
    if word not in YES | NO:
        raise Unfit("write true or false")
    return word in YES


def _read_address(written: Written) -> str:
    words = one(written)
    if not ADDRESS.fullmatch(words) or "/../" in words or "/./" in words:
        raise Unfit("write a path of this site that begins with a slash, as /blog/an-old-name/")
    return words


def _read_addresses(written: Written) -> tuple[str, ...]:
    return tuple(_read_address(name) for name in _read_names(written))


def _read_whole_address(written: Written) -> str:
    words = one(written)
    if not WHOLE_ADDRESS.fullmatch(words):
        raise Unfit("write a whole address that begins with https://")
    return words


def _read_file(written: Written) -> str:
    words = one(written)
    if words.startswith(("/", "http:", "https:")) or ".." in words.split("/"):
        raise Unfit("name a file that lies beside the text, as picture.jpg")
    return words


def _read_language(written: Written) -> str:
    words = one(written)
    if not LANGUAGE.fullmatch(words):
        raise Unfit("write a language's code, as en, de or pt-BR")
    return words


def _read_number(written: Written) -> int:
    words = one(written)
    if not words.isdecimal() or int(words) < 1:
        raise Unfit("write a whole number from 1")
    return int(words)


def word_of(*words: str) -> Form:
    """One of a few words."""

    def read(written: Written) -> str:
        word = one(written)
        if word not in words:
            raise Unfit(f"write one of {', '.join(words)}")
        return word

    return Form("one of " + ", ".join(f"`{word}`" for word in words), read)


NAMES = Form("names, separated by commas", _read_names)
MOMENT = Form("a date, or a date and a time, in UTC", _read_moment)
SLUG_FORM = Form("lower-case letters, digits and hyphens", _read_slug)
YES_OR_NO = Form("`true` or `false`", _read_yes_or_no)
ADDRESS_FORM = Form("a path of this site", _read_address)
ADDRESSES = Form("paths of this site, separated by commas", _read_addresses)
WHOLE_ADDRESS_FORM = Form("a whole address", _read_whole_address)
FILE_BESIDE = Form("a file beside the text", _read_file)
LANGUAGE_FORM = Form("a language's code", _read_language)
NUMBER = Form("a whole number", _read_number)
PLACE = Form("a path under the output folder", one)
