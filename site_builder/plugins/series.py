"""Tell each part of a series which the others are."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from pelican import signals


def link_series(articles: Iterable[Any]) -> None:
    """Set `in_series` on each part of a series: all its parts, in order."""
    series: dict[str, list[Any]] = defaultdict(list)
    for article in articles:
        name = getattr(article, "series", None)
        if name:
            series[name].append(article)
    for parts in series.values():
        parts.sort(key=lambda part: (getattr(part, "part", None) or math.inf, part.date, part.slug))
        for part in parts:
            part.in_series = parts


def _link(generator: Any) -> None:
    link_series(generator.articles)


def register() -> None:
    """Connect to Pelican."""
    signals.article_generator_finalized.connect(_link)
