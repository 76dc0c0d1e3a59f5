"""Previous and next: a plugin as anybody writes one, which says nothing of itself to the engine."""

from itertools import pairwise
from typing import Any

from pelican import signals


def link(generator: Any) -> None:
    """Tell each post which came before it and which after."""
    for article in generator.articles:
        article.next_article = article.prev_article = None
    for newer, older in pairwise(generator.articles):
        newer.prev_article, older.next_article = older, newer


def register() -> None:
    """Connect to Pelican."""
    signals.article_generator_finalized.connect(link)
