"""Collect where pages were before, and what is gone: the edge answers these addresses with a redirect or a 410."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pelican import signals

from site_builder.sources.addresses import read_addresses

# What it does depends on its arguments and the files it opens; see site_builder.engine.trust.
PURE = True
REDIRECTS = "REDIRECTS"
PERMANENT, GONE = 308, 410


def redirects_of(contents: Iterable[Any]) -> dict[str, dict[str, Any]]:
    """Return what each alias of these texts is answered with."""
    return {
        alias: {"to": f"/{content.url}", "status": PERMANENT}
        for content in contents
        for alias in getattr(content, "aliases", None) or ()
    }


def _collect(generator: Any, names: Iterable[str]) -> None:
    found = dict(generator.context.get(REDIRECTS) or {})
    for name in names:
        found.update(redirects_of(getattr(generator, name)))
    gone = read_addresses(Path(generator.settings["PATH"])).gone
    found.update({path: {"status": GONE} for path in gone})
    generator.context[REDIRECTS] = dict(sorted(found.items()))


def _collect_articles(generator: Any) -> None:
    _collect(generator, ("articles", "translations", "hidden_articles", "hidden_translations"))


def _collect_pages(generator: Any) -> None:
    _collect(generator, ("pages", "translations", "hidden_pages", "hidden_translations"))


def register() -> None:
    """Connect to Pelican."""
    signals.article_generator_finalized.connect(_collect_articles)
    signals.page_generator_finalized.connect(_collect_pages)
