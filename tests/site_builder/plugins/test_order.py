"""The order of posts is one order."""

from __future__ import annotations

import random
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from site_builder.plugins.order import newest_first


@dataclass(frozen=True)
class Article:
    """What the order looks at."""

    date: int
    relative_source_path: str


ARTICLES = st.lists(st.builds(Article, st.integers(0, 3), st.text("abc", min_size=1)), unique=True)


@given(ARTICLES, st.randoms())
def test_the_order_does_not_depend_on_how_files_were_found(articles: list[Article], chance: random.Random) -> None:
    """Whatever order the machine lists files in, the page shows one."""
    shuffled = articles.copy()
    chance.shuffle(shuffled)

    assert newest_first(shuffled) == newest_first(articles)


@given(ARTICLES)
def test_newer_posts_come_first(articles: list[Article]) -> None:
    """Ties are broken, the date still rules."""
    dates = [article.date for article in newest_first(articles)]

    assert dates == sorted(dates, reverse=True)
