"""What may be wrong between texts: addresses, titles, tags, series and translations."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from site_builder.checks.findings import WARNING, Finding
from site_builder.sources.addresses import own_addresses
from site_builder.sources.text import Source


def check_across(sources: Sequence[Source]) -> Iterator[Finding]:
    """Find what is wrong only because of another text."""
    yield from _check_addresses(sources)
    yield from _check_aliases(sources)
    yield from _check_titles(sources)
    yield from _check_labels(sources, "tags")
    yield from _check_labels(sources, "category")
    yield from _check_parts(sources)
    yield from _check_translations(sources)


def _place(source: Source, name: str) -> tuple[int, int]:
    entry = source.entry(name)
    return (entry.line, entry.column) if entry else (1, 1)


def _check_addresses(sources: Iterable[Source]) -> Iterator[Finding]:
    """Two texts with one address would overwrite each other."""
    taken: dict[tuple[str, ...], Source] = {}
    for source in sources:
        address = (source.kind, source.slug, source.keys.lang)
        first = taken.setdefault(address, source)
        if first is not source:
            what = f"its address `{source.slug}` is already that of {first.path}"
            line, column = _place(source, "slug")
            yield Finding(source.path, line, column, "address-taken", what, "Give one of them another `Slug:`.")


def _check_aliases(sources: Sequence[Source]) -> Iterator[Finding]:
    taken: dict[str, Source] = {}
    own = {address: source for source in sources for address in own_addresses(source)}
    for source in sources:
        line, column = _place(source, "aliases")
        for alias in source.keys.aliases:
            live = own.get(alias)
            first = taken.setdefault(alias, source)
            if live is not None:
                what = f"the alias {alias} is the address of {live.path}"
                yield Finding(source.path, line, column, "alias-live", what, "A page is there: leave the alias out.")
            elif first is not source:
                what = f"the alias {alias} already leads to {first.path}"
                yield Finding(source.path, line, column, "alias-taken", what, "Keep it in one of the two.")


def _check_titles(sources: Iterable[Source]) -> Iterator[Finding]:
    """Two pages of one title cannot be told apart in a list, a tab or a search."""
    taken: dict[tuple[str, str], Source] = {}
    for source in sources:
        if not source.keys.title or source.is_draft:
            continue
        first = taken.setdefault((source.keys.title.casefold(), source.keys.lang), source)
        if first is not source:
            what = f"its title is also that of {first.path}"
            line, column = _place(source, "title")
            todo = "Let each title say what only it is about."
            yield Finding(source.path, line, column, "title-twice", what, todo, WARNING)


def _check_labels(sources: Iterable[Source], name: str) -> Iterator[Finding]:
    """Labels that differ only in case, in a hyphen or by a plural are one label, written twice."""
    uses: dict[str, list[Source]] = defaultdict(list)
    for source in sources:
        value = getattr(source.keys, name)
        for label in value if isinstance(value, tuple) else (value,):
            if label:
                uses[label].append(source)
    alike: dict[str, list[str]] = defaultdict(list)
    for label in uses:
        alike[_bare(label)].append(label)
    for labels in alike.values():
        main = max(labels, key=lambda label: (len(uses[label]), label))
        for label in labels:
            if label == main:
                continue
            for source in uses[label]:
                line, column = _place(source, name)
                what = f"`{label}` is used beside `{main}` ({len(uses[main])} times)"
                todo = f"Write `{main}`, so that they stand together."
                yield Finding(source.path, line, column, "label-alike", what, todo, WARNING)


def _bare(label: str) -> str:
    words = label.casefold().replace("-", " ").replace("_", " ").split()
    return "".join(_singular(word) for word in words)


def _singular(word: str) -> str:
    if re.fullmatch(r"\w{2,}ies", word):
        return word[:-3] + "y"
    return word[:-1] if re.fullmatch(r"\w{2,}[^sui]s", word) else word


def _check_parts(sources: Iterable[Source]) -> Iterator[Finding]:
    taken: dict[tuple[str, int], Source] = {}
    for source in sources:
        if source.keys.series and source.keys.part:
            first = taken.setdefault((source.keys.series, source.keys.part), source)
            if first is not source:
                line, column = _place(source, "part")
                what = f"part {source.keys.part} of `{source.keys.series}` is already {first.path}"
                todo = "Give one of them another number."
                yield Finding(source.path, line, column, "part-taken", what, todo, WARNING)


def _check_translations(sources: Sequence[Source]) -> Iterator[Finding]:
    known = {(source.kind, source.slug) for source in sources}
    for source in sources:
        wanted = source.keys.translates
        line, column = _place(source, "translates")
        if wanted and (source.kind, wanted) not in known:
            what = f"it translates `{wanted}`, and no text has that slug"
            yield Finding(
                source.path, line, column, "translation-of-nothing", what, "Name the original's slug.", WARNING
            )
