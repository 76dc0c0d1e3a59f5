"""Plan an import: every text with its address, its links and its keys as they are to be written. Writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from types import MappingProxyType

from site_builder.importing.links import Index, Links, bare
from site_builder.importing.matter import compose, to_yaml
from site_builder.importing.places import RESERVED, address_of, assign_places, slug_of
from site_builder.importing.present import Present
from site_builder.importing.prose import order_headings, tidy
from site_builder.importing.values import Copy, Draft, Export, Fault, Note, Place, Plan, Text
from site_builder.sources.forms import ADDRESS_FORM, Unfit
from site_builder.sources.keys import DRAFT, PAGE

CUT_MARKS = ("<!--more-->", "<!-- more -->")


def plan_import(export: Export, present: Present, language: str = "en") -> Plan:
    """Decide what is written; what is there already stays as it is."""
    drafts = _dated(export.drafts)
    assigned = assign_places(drafts, _pages_with_files(drafts, export))
    places = [place for place, _ in assigned]
    index = _index(drafts, places, present)
    aliases = _Aliases(places, present)
    titles = set(present.titles)
    texts, kept, notes = [], [], list(export.notes)
    for before, (place, renamed) in zip(drafts, assigned, strict=True):
        there = present.texts.get((place.kind, place.slug))
        if there is not None:
            kept.append(there)
            what = f"is there already, so {before.origin} was not imported"
            notes.append(Note(str(present.folder / there), what, "Nothing to do."))
            continue
        draft = _translating(before, drafts, places)
        text, faults = _text(draft, place, Links(draft, export, index), aliases, language)
        text, clashes = _beside(text, present)
        texts.append(text)
        found = dict.fromkeys([*draft.faults, *renamed, *faults, *_title_twice(draft, titles), *clashes])
        notes += [Note(str(present.folder / place.path), fault.what, fault.todo) for fault in found]
    return Plan(export.generator, tuple(texts), tuple(kept), tuple(notes))


def _dated(drafts: Sequence[Draft]) -> list[Draft]:
    """Give a draft without a date that of the newest text: it needs one, and gets its own when it appears."""
    newest = max((draft.date for draft in drafts if draft.date and not draft.status), default=None)
    fault = Fault("a draft without a date got that of the newest text", "Write its own date when you publish it.")
    return [
        replace(draft, date=newest, faults=(*draft.faults, fault))
        if newest and draft.date is None and draft.status == DRAFT and draft.kind != PAGE
        else draft
        for draft in drafts
    ]


def _pages_with_files(drafts: Sequence[Draft], export: Export) -> frozenset[str]:
    """Return which pages need a folder: those beside which files will lie."""
    # Every text has some place here, so that a link to one copies no file.
    names = {name.casefold(): PurePosixPath() for draft in drafts for name in (draft.origin, *draft.names)}
    addresses = {bare(address): PurePosixPath() for draft in drafts for address in draft.addresses}
    index = Index(addresses, names, frozenset())
    found = set()
    for draft in drafts:
        if draft.kind == PAGE:
            links = Links(draft, export, index)
            links.rewrite(draft.body)
            if links.copies or (draft.image and links.copy(draft.image)):
                found.add(draft.origin)
    return frozenset(found)


def _index(drafts: Sequence[Draft], places: Sequence[Place], present: Present) -> Index:
    addresses: dict[str, PurePosixPath] = {}
    names: dict[str, PurePosixPath] = {}
    hidden = set(present.drafts)
    for draft, place in zip(drafts, places, strict=True):
        there = present.texts.get((place.kind, place.slug))
        path = there or place.path
        for address in draft.addresses:
            addresses.setdefault(bare(address), path)
        for name in (draft.origin, *draft.names):
            names.setdefault(name.casefold(), path)
        if there is None and draft.status == DRAFT:
            hidden.add(path)
    return Index(MappingProxyType(addresses), MappingProxyType(names), frozenset(hidden))


def _text(draft: Draft, place: Place, links: Links, aliases: _Aliases, language: str) -> tuple[Text, list[Fault]]:
    body = draft.body
    for mark in CUT_MARKS:
        body = body.replace(mark, "")
    body = order_headings(tidy(links.rewrite(body))).strip("\n")
    picture = links.copy(draft.image) if draft.image else ""
    if draft.image and not picture:
        # The same words as for a picture within the text; the key itself can name only what is there.
        links.picture(draft.image)
    old, faults = aliases.of(draft, place)
    written, more = compose(replace(draft, body=body), old, picture, language)
    copies = tuple(Copy(source, place.path.parent / name) for source, name in links.copies.items())
    content = f"{to_yaml(written)}\n{body}\n" if body else to_yaml(written)
    return Text(draft.origin, place.path, content, copies), [*links.faults, *faults, *more]


def _translating(draft: Draft, drafts: Sequence[Draft], places: Sequence[Place]) -> Draft:
    """Name the original by the slug that it got."""
    if not draft.translates:
        return draft
    wanted = slug_of(draft.translates)
    for other, place in zip(drafts, places, strict=True):
        if other is not draft and not other.translates and place.kind == draft.kind and slug_of(other.slug) == wanted:
            return replace(draft, translates=place.slug)
    fault = Fault(f"it translates `{draft.translates}`, which was not found", "Name the original in `translates`.")
    return replace(draft, translates="", faults=(*draft.faults, fault))


def _title_twice(draft: Draft, titles: set[str]) -> Iterator[Fault]:
    title = draft.title.casefold()
    if title and draft.status != DRAFT and not draft.translates:
        if title in titles:
            yield Fault(f"its title `{draft.title}` is also that of another text", "Let it say what only it is about.")
        titles.add(title)


def _beside(text: Text, present: Present) -> tuple[Text, list[Fault]]:
    """Leave out the copies whose place is taken."""
    free = tuple(copy for copy in text.copies if copy.target not in present.files)
    faults = [
        Fault(f"{copy.target} is there already, and was not overwritten", f"See whether it is {copy.source.name}.")
        for copy in text.copies
        if copy.target in present.files
    ]
    return replace(text, copies=free), faults


class _Aliases:
    """The old addresses that are still free to lead somewhere."""

    def __init__(self, places: Sequence[Place], present: Present) -> None:
        self._live = (
            {address_of(place.kind, place.slug) for place in places}
            | present.addresses
            | {"/", *(f"/{name}/" for name in RESERVED)}
        )
        self._led: set[str] = set()

    def of(self, draft: Draft, place: Place) -> tuple[tuple[str, ...], list[Fault]]:
        """Return the old addresses that will lead to a text, and which of them cannot."""
        kept: list[str] = []
        faults = []
        for address in dict.fromkeys(draft.addresses):
            what = self._hindrance(address)
            if address == address_of(place.kind, place.slug):
                continue
            if what:
                faults.append(Fault(f"the old address {address} cannot lead here: {what}", "Mend links to it."))
            else:
                self._led.add(address)
                kept.append(address)
        return tuple(kept), faults

    def _hindrance(self, address: str) -> str:
        try:
            ADDRESS_FORM.read(address)
        except Unfit:
            return "it has signs that an alias cannot have"
        if ";" in address:
            return "it has signs that an alias cannot have"
        if address in self._led:
            return "it leads to another text"
        return "a page is there" if address in self._live else ""
