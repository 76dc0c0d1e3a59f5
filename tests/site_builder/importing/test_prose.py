"""The words of a text are changed, and its code is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.importing.prose import as_summary, first_paragraph, order_headings, rewrite_prose, tidy
from site_builder.sources.keys import SUMMARY_LIMIT


@pytest.mark.parametrize("code", ["```\nno\n```", "~~~~\n~~~\nno\n~~~~", "a\n\n    no\n\nb", "`no`", "`` no ` no ``"])
def test_code_stays_as_it_is(code: str) -> None:
    """What is code is somebody's example."""
    assert "no" in rewrite_prose(code, lambda text: text.replace("no", "yes"))
    assert "yes" not in rewrite_prose(code, lambda text: text.replace("no", "yes"))


@given(st.text(alphabet="ab`~ #-\n", max_size=60))
def test_no_change_leaves_the_lines(body: str) -> None:
    """Taking a text apart and putting it together loses nothing."""
    assert rewrite_prose(body, lambda text: text) == "\n".join(body.splitlines())


@pytest.mark.parametrize(
    ("body", "ordered"),
    [
        ("# A\n\n## B", "## A\n\n### B"),
        ("## A\n\n#### B\n\n## C", "## A\n\n### B\n\n## C"),
        ("#### A", "## A"),
        ("A\n===\n\nB\n---", "## A\n\n### B"),
        ("```\n# a comment\n```", "```\n# a comment\n```"),
        ("| a | b |\n|---|---|", "| a | b |\n|---|---|"),
        ("a\n\n---\n\nb", "a\n\n---\n\nb"),
    ],
)
def test_headings_begin_below_the_title_and_leave_no_level_out(body: str, ordered: str) -> None:
    """The title is the only heading of the first level."""
    assert order_headings(body) == ordered


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("## H\n\n![p](p.png)\n\n- a\n\nThe *first* [words](x) `code`.\n\nMore.", "The first words code."),
        ("https://example.org/only\n\nWords.", "Words."),
        ("```\ncode\n```", ""),
        ("a &lt;b&gt; \\*c\\*", "a <b> *c*"),
    ],
)
def test_a_summary_is_made_of_the_first_plain_paragraph(body: str, words: str) -> None:
    """Headings, lists, pictures and code say little of a text."""
    assert first_paragraph(body) == words


@given(st.text())
def test_a_summary_is_never_too_long(words: str) -> None:
    """What search results show is cut after a whole word."""
    assert len(as_summary(words)) <= SUMMARY_LIMIT


def test_one_empty_line_is_left_where_something_was_taken_out() -> None:
    """Code keeps its own empty lines."""
    assert tidy("a\n\n \n\nb\n\n```\nc\n\n\nd\n```") == "a\n\nb\n\n```\nc\n\n\nd\n```"
