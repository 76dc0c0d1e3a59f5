"""The Markdown of other generators means the same here."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import markdown

from site_builder.importing.dialect import from_commonmark


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("a\n- b\n  - c\n    - d\n- e", "a\n\n- b\n    - c\n        - d\n- e"),
        ("1) a\n   - b\n2) c", "1. a\n    - b\n2. c"),
        ("in\n1984. b", "in\n1984. b"),
        ("- a\n\n  b\n\nc", "- a\n\n    b\n\nc"),
        ("- a\ngoes on", "- a\n    goes on"),
        ("* * *", "* * *"),
        ('a\n```go {hl_lines=[1,"3-4"]}\nx\n```\nb', 'a\n\n```go hl_lines="1 3-4"\nx\n```\n\nb'),
        ("- a\n\n  ```py\n  x = 1\n\n    y\n  ```\n- b", "- a\n\n        :::py\n        x = 1\n\n          y\n\n- b"),
        ("a\n\n    - code\n    more", "a\n\n    - code\n    more"),
        ("a\n| b | c |\n|---|---|\n| d | e |", "a\n\n| b | c |\n|---|---|\n| d | e |"),
        ("~~gone~~ `~~kept~~`", "<del>gone</del> `~~kept~~`"),
        ("a\\\nb", "a  \nb"),
    ],
)
def test_lists_and_blocks_are_written_as_they_are_read_here(body: str, written: str) -> None:
    """Lists go by fours, blocks have empty lines around them, and code keeps its indent."""
    assert from_commonmark(body) == written


def test_a_nested_list_is_nested() -> None:
    """Two spaces are enough elsewhere."""
    html = markdown(from_commonmark("Words:\n* a\n  * b\n\n    c"), extensions=["sane_lists"])

    assert html.count("<ul>") == 2
    assert "<p>c</p>" in html


@given(st.text(alphabet="ab1 -.)*|\\\n\t", max_size=60))
def test_no_word_is_lost(body: str) -> None:
    """Whatever a text looks like, its letters are all there, in their order."""
    written = from_commonmark(body)

    assert [one for one in written if one in "ab"] == [one for one in body if one in "ab"]
