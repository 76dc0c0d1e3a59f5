"""Align the columns of tables by class: a style in the page is what the policy for pages forbids."""

from __future__ import annotations

import re
from typing import Any

from pelican import signals

# What it does depends on its arguments; see site_builder.engine.trust.
PURE = True
ALIGNED = re.compile(r'<(?P<cell>t[hd]) style="text-align: (?P<side>left|center|right);">')


def align_by_class(html: str) -> str:
    """Return the HTML with a class on each aligned cell."""
    return ALIGNED.sub(r'<\g<cell> class="\g<side>">', html)


def _align(content: Any) -> None:
    # Pelican makes Static objects of files too; they have no text.
    if isinstance(content._content, str) and "text-align" in content._content:  # noqa: SLF001 - no other door
        content._content = align_by_class(content._content)  # noqa: SLF001


def register() -> None:
    """Connect to Pelican."""
    signals.content_object_init.connect(_align)
