"""Decide where each text is to lie: one text, one address, the same at every import."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import PurePosixPath

from site_builder.importing.values import Draft, Fault, Place
from site_builder.sources.keys import PAGE, POST

NAMELESS = "untitled"
LONGEST = 80
# The site's own lists; a page of such a name would lie over one.
RESERVED = ("archive", "assets", "authors", "blog", "feeds", "tags", "topics")


def slug_of(text: str) -> str:
    """Return words as the last part of an address."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", plain.lower().replace("'", "")).strip("-")
    if len(slug) > LONGEST:
        slug = slug[: LONGEST + 1].rpartition("-")[0] or slug[:LONGEST]
    return slug.strip("-")


def address_of(kind: str, slug: str) -> str:
    """Return the address that a text of this kind has on the site."""
    return f"/blog/{slug}/" if kind == POST else f"/{slug}/"


def path_of(kind: str, slug: str, *, with_files: bool) -> PurePosixPath:
    """Return a text's file: in a folder of its own where others lie beside it."""
    if kind == PAGE and not with_files:
        return PurePosixPath(kind, f"{slug}.md")
    return PurePosixPath(kind, slug, "index.md")


def assign_places(drafts: Sequence[Draft], with_files: Collection[str] = ()) -> list[tuple[Place, tuple[Fault, ...]]]:
    """Give each text its place; of two that want the same, the second gets a number."""
    taken = {(PAGE, name) for name in RESERVED}
    places: list[tuple[Place, tuple[Fault, ...]]] = []
    for draft in drafts:
        wanted = slug_of(draft.slug) or slug_of(draft.title) or NAMELESS
        slug, number = wanted, 1
        while (draft.kind, slug) in taken:
            number += 1
            slug = f"{wanted}-{number}"
        taken.add((draft.kind, slug))
        path = path_of(draft.kind, slug, with_files=draft.kind == POST or draft.origin in with_files)
        places.append((Place(draft.kind, slug, path), _faults(wanted, slug)))
    return places


def _faults(wanted: str, slug: str) -> tuple[Fault, ...]:
    if slug != wanted:
        return (Fault(f"`{wanted}` was taken, so it is `{slug}`", "Rename its folder or file if you know better."),)
    if slug == NAMELESS:
        return (Fault("nothing of its name can stand in an address", "Rename its folder or file."),)
    return ()
