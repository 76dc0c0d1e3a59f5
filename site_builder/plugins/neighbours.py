"""Tell each post which one was written before it and which after it."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pelican import signals


def link_neighbours(articles: list[Any]) -> None:
    """Set `newer` and `older` on each of the articles, which come newest first."""
    for article in articles:
        article.newer = article.older = None
    for newer, older in pairwise(articles):
        newer.older, older.newer = older, newer


def _link(generator: Any) -> None:
    link_neighbours(generator.articles)


def register() -> None:
    """Connect to Pelican."""
    signals.article_generator_finalized.connect(_link)
