"""Read the front matter that Jekyll and Hugo texts begin with: YAML, TOML or JSON, every single value as words."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from email.utils import parsedate_to_datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import yaml

from site_builder.importing.values import Keys, Value

FENCES = {"---": re.compile(r"(?:-{3}|\.{3})\s*"), "+++": re.compile(r"\+{3}\s*")}
SHORT_DATE = re.compile(r"^(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})")
OFFSET = re.compile(r"\s*(?:(?P<zone>Z|UTC|GMT)|(?P<offset>[+-]\d{2}:?\d{2}))$", re.IGNORECASE)
EMPTY = frozenset({"", "null", "~"})


class UnreadableError(ValueError):
    """A front matter cannot be read; the message says why."""


def split_head(text: str) -> tuple[Keys | None, str]:
    """Take a text apart into its keys and its body; there are no keys where no front matter stands."""
    lines = text.removeprefix("\ufeff").splitlines()
    opening = lines[0].rstrip() if lines else ""
    if opening.startswith("{") and not opening.startswith(("{{", "{%")):
        return _split_json("\n".join(lines))
    closing = FENCES.get(opening)
    if closing is None:
        return None, "\n".join(lines)
    end = next((number for number, line in enumerate(lines[1:], start=1) if closing.fullmatch(line)), None)
    if end is None:
        raise UnreadableError(f"the front matter opens with {opening} and is never closed")
    head, body = "\n".join(lines[1:end]), "\n".join(lines[end + 1 :])
    return (read_yaml(head) if opening == "---" else read_toml(head)), body


def _split_json(text: str) -> tuple[Keys, str]:
    try:
        head, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the front matter is not valid JSON: {error}") from error
    return _keys(head), text[end:]


def read_yaml(text: str) -> Keys:
    """Read YAML, where every value stays the words that were written."""
    try:
        head = yaml.load(text, Loader=yaml.BaseLoader)  # noqa: S506 - it makes words, lists and mappings, nothing else
    except RecursionError as error:
        raise UnreadableError("it is nested too deeply") from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f" (line {mark.line + 1})" if mark else ""
        raise UnreadableError(f"it is not valid YAML{place}: {getattr(error, 'problem', None) or error}") from error
    return _keys(head or {})


def read_toml(text: str) -> Keys:
    """Read TOML, with every single value as words."""
    try:
        return _keys(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UnreadableError(f"it is not valid TOML: {error}") from error


def read_json(text: str) -> Keys:
    """Read JSON, with every single value as words."""
    try:
        return _keys(json.loads(text))
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"it is not valid JSON: {error}") from error


def _keys(head: object) -> Keys:
    worded = _worded(head)
    if not isinstance(worded, dict):
        raise UnreadableError("the front matter is not made of keys and values")
    return {name.lower(): value for name, value in worded.items()}


def _worded(value: Any) -> Value:  # noqa: ANN401 - what a parser gives
    if isinstance(value, Mapping):
        return {str(key): _worded(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_worded(one) for one in value]
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def words(keys: Keys, *names: str) -> str:
    """Return the words of the first of these keys that has some; of a list, the first ones."""
    for name in names:
        value = keys.get(name, "")
        if isinstance(value, list):
            value = next((one for one in value if isinstance(one, str)), "")
        if isinstance(value, str) and value.strip().lower() not in EMPTY:
            return " ".join(value.split())
    return ""


def listed(keys: Keys, *names: str, between: str | None = None) -> tuple[str, ...]:
    """Return all words of these keys, each once; a single value may hold several, parted by `between`."""
    found: dict[str, str] = {}
    for name in names:
        value = keys.get(name, "")
        ones = (
            value
            if isinstance(value, list)
            else value.split(between)
            if between and isinstance(value, str)
            else [value]
        )
        for one in ones:
            if isinstance(one, str) and one.strip().lower() not in EMPTY:
                found.setdefault(one.strip().casefold(), " ".join(one.split()))
    return tuple(found.values())


def inner(keys: Keys, name: str) -> Keys:
    """Return the keys that a key holds, none where it holds words."""
    value = keys.get(name)
    return {key.lower(): one for key, one in value.items()} if isinstance(value, dict) else {}


def is_true(keys: Keys, name: str) -> bool:
    """Say whether a key says yes."""
    return words(keys, name).lower() in ("true", "yes", "on", "1")


def is_false(keys: Keys, name: str) -> bool:
    """Say whether a key says no."""
    return words(keys, name).lower() in ("false", "no", "off", "0")


def zone_of(name: str) -> tzinfo | None:
    """Return a time zone by its name; none where there is no such zone."""
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def read_moment(text: str, zone: tzinfo = UTC) -> datetime | None:
    """Return the moment that a date names, in UTC; one without a zone is a moment of this one."""
    written = SHORT_DATE.sub(lambda day: f"{day[1]}-{int(day[2]):02}-{int(day[3]):02}", text.strip())
    written = OFFSET.sub(lambda end: end["offset"] or "+00:00", written)
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
    if len(written) == len("2026-01-31"):
        # A day is that day, wherever its author was.
        zone = UTC
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC).replace(microsecond=0)
    except OverflowError:
        return None
