"""Make the front matter of an imported text, so that it has the form that the site's checks ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from site_builder.importing.prose import as_summary, first_paragraph
from site_builder.importing.values import Draft, Fault
from site_builder.sources.forms import Unfit, Written
from site_builder.sources.keys import KEYS, POST, PUBLISHED, SUMMARY_LIMIT

DEFAULT_CATEGORY = "Notes"
# Words that YAML takes as they stand.
PLAIN = re.compile(r"[A-Za-z0-9/](?:[A-Za-z0-9 _./,'()+-]|:(?=[\d/]))*(?<! )")
NO_VALUE = frozenset({"null", "Null", "NULL"})
LANGUAGE = re.compile(r"(?P<main>[A-Za-z]{2,3})(?:[-_](?P<script>[A-Za-z]{4}))?(?:[-_](?P<region>[A-Za-z]{2}|\d{3}))?")


def compose(
    draft: Draft, aliases: tuple[str, ...], picture: str, language: str
) -> tuple[dict[str, Written], list[Fault]]:
    """Return the keys of a text, each as it is written, and what had to be left out or made up."""
    faults = list(_made_up(draft))
    written: dict[str, Written] = {}
    for name, value in _values(draft, aliases, picture, language).items():
        cleaned = _cleaned(value)
        if not cleaned:
            continue
        try:
            KEYS[name].form.read(cleaned)
        except Unfit as unfit:
            shown = cleaned if isinstance(cleaned, str) else ", ".join(cleaned)
            faults.append(Fault(f"`{name}` was left out: `{shown}` does not fit", f"If it matters, {unfit}."))
            continue
        written[name] = cleaned
    return written, faults


def _values(draft: Draft, aliases: tuple[str, ...], picture: str, language: str) -> Mapping[str, Written]:
    later = draft.modified if draft.modified and (not draft.date or draft.modified > draft.date) else None
    ends = draft.expires if draft.expires and (not draft.date or draft.expires > draft.date) else None
    return {
        "title": draft.title or draft.slug.replace("-", " ").capitalize(),
        "date": as_date(draft.date),
        "modified": as_date(later),
        "expires": as_date(ends),
        "summary": as_summary(_summary(draft)),
        "category": draft.category or (DEFAULT_CATEGORY if draft.kind == POST else ""),
        "tags": _names(draft.tags),
        "authors": _names(draft.authors),
        "series": draft.series,
        "part": draft.part if draft.series else "",
        "image": picture,
        "image_alt": draft.image_alt if picture else "",
        "aliases": aliases,
        "status": "" if draft.status == PUBLISHED else draft.status,
        "lang": _language(draft.lang, language, always=bool(draft.translates)),
        "translates": draft.translates,
        "canonical": draft.canonical,
        "noindex": "true" if draft.noindex else "",
        "toc": "true" if draft.toc else "",
    }


def _summary(draft: Draft) -> str:
    return draft.summary or first_paragraph(draft.body) or draft.title or draft.slug.replace("-", " ").capitalize()


def _made_up(draft: Draft) -> Iterator[Fault]:
    if not draft.title:
        yield Fault("it had no title; its address is one for now", "Write a title.")
    if not draft.summary and not first_paragraph(draft.body):
        yield Fault("it has no paragraph to make a summary of", "Write a summary.")
    if len(" ".join(draft.summary.split())) > SUMMARY_LIMIT:
        yield Fault(f"its summary was cut after {SUMMARY_LIMIT} characters", "Write a shorter one.")
    if draft.kind == POST and draft.date is None:
        yield Fault("it has no date", "Add the date on which it appeared.")
    if draft.expires and draft.date and draft.expires <= draft.date:
        yield Fault(f"it expired on {draft.expires:%Y-%m-%d}, before it appeared", "Add the right date, if it expires.")
    if draft.image and not draft.image_alt:
        yield Fault("the picture above it has no description", "Say in `image_alt` what it shows.")


def as_date(moment: datetime | None) -> str:
    """Write a moment as short as it is exact."""
    if moment is None:
        return ""
    exact = "%H:%M:%S" if moment.second else "%H:%M"
    return f"{moment:%Y-%m-%d}" if not (moment.hour or moment.minute or moment.second) else f"{moment:%Y-%m-%d {exact}}"


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names that differ in more than their case; a semicolon would part one in two."""
    found: dict[str, str] = {}
    for name in names:
        clean = " ".join(name.replace(";", ",").split()).strip(", ")
        if clean:
            found.setdefault(clean.casefold(), clean)
    return tuple(found.values())


def _language(written: str, site: str, *, always: bool) -> str:
    """Return a language's code where it is not the site's."""
    found = LANGUAGE.fullmatch(written.strip())
    if not found:
        return written.strip()
    parts = [found["main"].lower(), (found["script"] or "").title(), (found["region"] or "").upper()]
    return "-".join(part for part in parts if part) if always or parts[0] != site.partition("-")[0].lower() else ""


def _cleaned(value: Written) -> Written:
    return " ".join(value.split()) if isinstance(value, str) else tuple(" ".join(one.split()) for one in value)


def to_yaml(written: Mapping[str, Written]) -> str:
    """Write keys as YAML between lines of three hyphens."""
    lines = ["---"]
    for name, value in written.items():
        if isinstance(value, str):
            lines.append(f"{name}: {_scalar(value)}")
        else:
            lines += [f"{name}:", *(f"  - {_scalar(one)}" for one in value)]
    return "\n".join([*lines, "---", ""])


def _scalar(text: str) -> str:
    text = " ".join(text.split())
    if PLAIN.fullmatch(text) and text not in NO_VALUE:
        return text
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004
