"""Give templates the keys of a text as the values they mean, where Pelican leaves them as they were written."""

from __future__ import annotations

from typing import Any

from pelican import signals

from site_builder.sources.forms import Unfit
from site_builder.sources.keys import KEYS

# What it does depends on its arguments; see site_builder.engine.trust.
PURE = True
# Pelican reads the rest by itself.
OURS = ("aliases", "expires", "noindex", "part", "toc")


def typed(name: str, written: Any) -> Any:
    """Return what a key means; what is not fit stays away, as the check has told."""
    try:
        return KEYS[name].form.read(written)
    except Unfit:
        return None


def _read_keys(content: Any) -> None:
    for name in OURS:
        written = content.metadata.get(name)
        if isinstance(written, str | tuple):
            setattr(content, name, typed(name, written))
    # Texts with the same original are translations of each other.
    content.original = content.metadata.get("translates") or getattr(content, "slug", "")


def register() -> None:
    """Connect to Pelican."""
    signals.content_object_init.connect(_read_keys)
