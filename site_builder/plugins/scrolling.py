"""Let the keyboard reach what may be wider than its column.

Code and tables are moved sideways on a narrow screen. A finger can do that by itself; a keyboard must be able
to stop there first.
"""

from __future__ import annotations

import re
from typing import Any

from pelican import signals

# What it does depends on its arguments; see site_builder.engine.trust.
PURE = True
WIDE = re.compile(r"<(?:pre|table)(?=>)")


def reach_wide_parts(html: str) -> str:
    """Return the HTML with a stop for the keyboard at each part that may have to be moved."""
    return WIDE.sub(lambda match: f'{match.group()} tabindex="0"', html)


def _reach(content: Any) -> None:
    # Pelican makes Static objects of pictures too; they have no text.
    if isinstance(content._content, str):  # noqa: SLF001 - Pelican has no other door
        content._content = reach_wide_parts(content._content)  # noqa: SLF001


def register() -> None:
    """Connect to Pelican."""
    signals.content_object_init.connect(_reach)
