"""Put a function into the place of another, for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

Replacement = tuple[Any, str, Any]
ABSENT = object()


@contextmanager
def replaced(replacements: Sequence[Replacement]) -> Iterator[None]:
    """Set each attribute of each place, and put back what was there."""
    before = [(place, name, vars(place).get(name, ABSENT)) for place, name, _ in replacements]
    for place, name, value in replacements:
        setattr(place, name, value)
    try:
        yield
    finally:
        for place, name, value in before:
            if value is ABSENT:
                delattr(place, name)
            else:
                setattr(place, name, value)
