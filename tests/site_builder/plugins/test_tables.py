"""Columns are aligned without a style in the page."""

from __future__ import annotations

from markdown import markdown

from site_builder.plugins.tables import align_by_class

TABLE = "| a | b | c | d |\n|:--|:-:|--:|---|\n| 1 | 2 | 3 | 4 |\n"


def test_each_side_is_a_class() -> None:
    """In the head and in the body, and none where none was asked for."""
    html = align_by_class(markdown(TABLE, extensions=["tables"]))

    assert "style" not in html
    assert [html.count(f'class="{side}"') for side in ("left", "center", "right")] == [2, 2, 2]
    assert html.count("<td>") == html.count("<th>") == 1


def test_words_about_styles_stay() -> None:
    """Only a cell's own style is meant."""
    html = '<p>write &lt;td style="text-align: left;"&gt;</p>'

    assert align_by_class(html) == html
