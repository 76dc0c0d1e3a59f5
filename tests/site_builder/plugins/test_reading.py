"""A reader learns how long a text takes, and what is in it."""

from __future__ import annotations

import pytest

from site_builder.plugins.reading import minutes_to_read, table_of_contents


def test_code_is_not_read() -> None:
    """It is looked at."""
    prose = "word " * 440

    assert minutes_to_read(f"<p>{prose}</p><pre><code>{prose * 9}</code></pre>") == 2
    assert minutes_to_read("") == 1


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
