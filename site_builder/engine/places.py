"""Which text is published where, as the last build left it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from site_builder.engine.store import Source, Store, exists, state_file


@dataclass(frozen=True)
class Place:
    """A text, by its path in the content folder, and the file of the output that it became."""

    path: str
    file: str


def text_of(output: Path, file: str) -> Place | None:
    """Return the text that became a file of the output; None for any other page."""
    with _state(output) as store:
        return _place(store.source_of(file)) if store else None


def texts_under(output: Path, folder: str) -> list[Place]:
    """Return the texts that became files under a folder of the output."""
    with _state(output) as store:
        return [place for source in store.sources_under(folder) if (place := _place(source))] if store else []


def _place(source: Source | None) -> Place | None:
    return Place(source.path, source.save_as) if source and source.save_as else None


@contextmanager
def _state(output: Path) -> Iterator[Store | None]:
    if not exists(output):
        yield None
        return
    store = Store(state_file(output))
    try:
        yield store
    finally:
        store.close()
