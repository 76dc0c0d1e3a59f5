"""A reader learns what is about the same, and what else is in the series."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

from site_builder.plugins.related import about, relate
from site_builder.plugins.series import link_series


def article(slug: str, words: str = "", *tags: str, category: str = "c", **more: object) -> SimpleNamespace:
    """Return what Pelican would have of a post."""
    named = [SimpleNamespace(slug=tag) for tag in tags]
    date = datetime(2026, 1, 1, tzinfo=UTC)
    kind = SimpleNamespace(slug=category)
    return SimpleNamespace(slug=slug, about=tuple(words.split()), tags=named, category=kind, date=date, **more)


def test_a_text_is_about_its_title_and_what_it_says_often() -> None:
    """Neither about words that every text has, nor about one that stands there once."""
    html = "<p>" + "database database database database would would would would once</p>"

    assert about("Slow queries", html) == ("database", "quer", "slow")


def test_the_same_rare_words_make_two_posts_related() -> None:
    """More than a tag that many have; and no post is related to itself."""
    posts = [
        article("a", "caching edge", "web"),
        article("b", "caching edge"),
        *(article(f"c{n}", "", "web") for n in range(9)),
    ]
    relate(posts)

    assert posts[0].related[0] is posts[1]
    assert all(post not in post.related for post in posts)


def test_a_series_is_in_the_order_of_its_parts() -> None:
    """By number, where there is one, else by date."""
    second, first, other = article("b", series="S", part=2), article("a", series="S", part=1), article("c")
    link_series([second, first, other])

    assert [part.slug for part in second.in_series] == ["a", "b"]
    assert not hasattr(other, "in_series")
