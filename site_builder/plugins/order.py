"""Put posts of one moment in one order.

Pelican collects files in a set and sorts them by date, so posts with the same date come out as the machine's
hash seed has it. Their path decides instead.
"""

from __future__ import annotations

from typing import Any

from pelican import signals


def newest_first(articles: list[Any]) -> list[Any]:
    """Return the articles by date, the newest first, and by path where the dates are the same."""
    by_path = sorted(articles, key=lambda article: article.relative_source_path)
    return sorted(by_path, key=lambda article: article.date, reverse=True)


def _order(generator: Any) -> None:
    generator.articles = newest_first(generator.articles)
    generator.translations = newest_first(generator.translations)
    generator.hidden_articles = newest_first(generator.hidden_articles)


def register() -> None:
    """Connect to Pelican."""
    signals.article_generator_pretaxonomy.connect(_order)
