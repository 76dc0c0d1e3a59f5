"""The same output sooner: parts of Python-Markdown and Pygments, done in another way with the same result.

Each replaces a function of the library for as long as texts are read, and only the very version that it was written
for and tested against (`requirements/`); with any other version the library is left as it is. That the results are the
same is tested against the library itself, on many texts.
"""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from site_builder.engine.speed import highlighting, markdown_text, reading
from site_builder.engine.speed.replacing import replaced

WRITTEN_FOR = {"markdown": ("3.11.3",), "pygments": ("2.19.2",), "pelican": ("4.12.0",)}


@contextmanager
def faster(settings: dict[str, Any]) -> Iterator[None]:
    """Read texts sooner, while this lasts."""
    with ExitStack() as stack:
        for library, replacements in (
            ("markdown", markdown_text.REPLACEMENTS),
            ("pygments", highlighting.REPLACEMENTS),
            ("pelican", reading.replacements(settings)),
        ):
            if importlib.metadata.version(library) in WRITTEN_FOR[library]:
                stack.enter_context(replaced(replacements))
        yield
