"""A reader learns how long a text takes, what is about the same, and what else is in the series."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from site_builder.plugins.reading import about, link_series, minutes_to_read, relate, table_of_contents


def article(slug: str, words: str = "", *tags: str, category: str = "c", **more: object) -> SimpleNamespace:
    """Return what Pelican would have of a post."""
    named = [SimpleNamespace(slug=tag) for tag in tags]
    date = datetime(2026, 1, 1, tzinfo=UTC)
    kind = SimpleNamespace(slug=category)
    return SimpleNamespace(slug=slug, about=tuple(words.split()), tags=named, category=kind, date=date, **more)


def test_code_is_not_read() -> None:
    """It is looked at."""
    prose = "word " * 440

    assert minutes_to_read(f"<p>{prose}</p><pre><code>{prose * 9}</code></pre>") == 2
    assert minutes_to_read("") == 1


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


@pytest.mark.parametrize(
    ("html", "contents"),
    [
        ('<h2 id="a">A</h2>', ""),
        (
            '<h2 id="a">A<a class="headerlink" href="#a">#</a></h2><h2 id="b"><em>B</em></h2>',
            '<ol><li><a href="#a">A</a></li><li><a href="#b">B</a></li></ol>',
        ),
        (
            '<h2 id="a">A</h2><h3 id="b">B</h3><h3 id="c">C</h3><h2 id="d">D</h2>',
            (
                '<ol><li><a href="#a">A</a><ol><li><a href="#b">B</a></li><li><a href="#c">C</a></li></ol></li>'
                '<li><a href="#d">D</a></li></ol>'
            ),
        ),
    ],
)
def test_the_table_of_contents_has_the_sections(html: str, contents: str) -> None:
    """Two levels deep, and none for a text of one section."""
    assert table_of_contents(html) == contents
