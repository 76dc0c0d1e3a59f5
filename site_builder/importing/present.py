"""Read what the content folder holds already, so that nothing of it is overwritten or contradicted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from site_builder.importing.places import address_of
from site_builder.sources.keys import KINDS
from site_builder.sources.text import NotUtf8Error, Source, read_source

NOTHING: Mapping[tuple[str, str], PurePosixPath] = MappingProxyType({})


@dataclass(frozen=True)
class Present:
    """What is there: texts by kind and slug, the addresses that they answer, their titles, and every file."""

    folder: Path = Path("content")
    texts: Mapping[tuple[str, str], PurePosixPath] = field(default_factory=lambda: NOTHING)
    addresses: frozenset[str] = frozenset()
    titles: frozenset[str] = frozenset()
    drafts: frozenset[PurePosixPath] = frozenset()
    files: frozenset[PurePosixPath] = frozenset()


def read_present(content: Path) -> Present:
    """Read the content folder; one that is not there holds nothing."""
    texts: dict[tuple[str, str], PurePosixPath] = {}
    sources: list[Source] = []
    for kind in KINDS:
        for path in sorted((content / kind).rglob("*.md")):
            place = PurePosixPath(path.relative_to(content).as_posix())
            texts.setdefault((kind, path.parent.name if path.stem == "index" else path.stem), place)
            try:
                source = read_source(path, kind)
            except NotUtf8Error:
                continue
            sources.append(source)
            texts.setdefault((kind, source.slug), place)
    return Present(
        content,
        MappingProxyType(texts),
        frozenset(address for source in sources for address in _addresses(source)),
        frozenset(source.keys.title.casefold() for source in sources if not source.is_draft),
        frozenset(PurePosixPath(one.path.relative_to(content).as_posix()) for one in sources if one.is_draft),
        frozenset(_files(content)),
    )


def _addresses(source: Source) -> tuple[str, ...]:
    own = f"/{source.keys.url.lstrip('/')}" if source.keys.url else address_of(source.kind, source.slug)
    return (own, *source.keys.aliases)


def _files(content: Path) -> list[PurePosixPath]:
    return [
        PurePosixPath(path.relative_to(content).as_posix())
        for kind in KINDS
        for path in (content / kind).rglob("*")
        if path.is_file()
    ]
