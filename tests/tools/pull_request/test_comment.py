"""A comment says what differs, within GitHub's limits, and nothing in it is Markdown of somebody else's."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import markdown

from tools.pull_request.comment import LONGEST, MARKER, Shown, plain, write_closed, write_comment
from tools.pull_request.report import Marks, Page, Picture, Report

SHOWN = Shown("https://pr-7.preview.example/", "cafe" * 8, 1_800_000_000)
EMPTY = Report("a" * 32, "b" * 32, (), 0, 0, (), (), "no page is new or changed")
FULL = Report(
    "a" * 32, "b" * 32,
    (Page("/blog/new/", "added", 0, 5000), Page("/", "changed", 4100, 4200), Page("/old/", "removed", 3000, 0)),
    4, 2, (Picture("/", "desktop", "1-desktop.jpg", 0.125), Picture("/", "phone", "1-phone.jpg", 0.2)),
    (Marks("/", (100, 100, 96, 100), (98, 100, 100, 100), 900, 1100), Marks("/blog/new/", (), (100,) * 4, 0, 800)),
)  # fmt: skip


def test_it_begins_with_its_marker_and_says_where_to_look() -> None:
    """By the first it is found again."""
    text = write_comment(FULL, SHOWN, "0123456789abcdef")

    assert text.startswith(f"{MARKER}\n### [Try it](https://pr-7.preview.example/)\n")
    assert "`bbbbbbbbbbbb` of `0123456789ab`, until 2027-01-15." in text
    assert "Pages: 1 added, 1 changed, 1 removed; 4 other files differ." in text


def test_each_page_has_its_weight_and_a_link_to_what_can_be_looked_at() -> None:
    """What is gone has none."""
    text = write_comment(FULL, SHOWN)

    assert "| [`/blog/new/`](https://pr-7.preview.example/blog/new/) | added |  | 5.0 kB | +5,000 B |" in text
    assert "| [`/`](https://pr-7.preview.example/) | changed | 4.1 kB | 4.2 kB | +100 B |" in text
    assert "| `/old/` | removed | 3.0 kB |  | -3,000 B |" in text


def test_pictures_and_marks_are_before_and_after() -> None:
    """Only what changed is emphasised; a new page has no before."""
    text = write_comment(FULL, SHOWN)

    assert (
        'src="https://pr-7.preview.example/pull-request/1-phone.jpg" width="400" alt="phone, 20.0% of it differs"'
        in text
    )
    assert "| 100 → **98** | 100 | 96 → **100** | 100 | 1,100 ms (+200) |" in text
    assert "| 100 | 100 | 100 | 100 | 800 ms |" in text


def test_nothing_is_said_to_be_nothing() -> None:
    """A change of the API alone changes no page."""
    text = write_comment(EMPTY, SHOWN)

    assert "No file differs." in text
    assert "| page |" not in text
    assert "No marks: `no page is new or changed`." in text
    assert "none looks different" in write_comment(replace(EMPTY, looked=3), SHOWN)


def test_a_large_change_fits_into_a_comment() -> None:
    """And says how much more there is."""
    pages = tuple(Page(f"/{'long/' * 200}{number}/", "changed", 1, 2) for number in range(5000))
    text = write_comment(replace(EMPTY, pages=pages), SHOWN)

    assert len(text) <= LONGEST
    assert "more." in text


def test_a_commit_that_is_none_is_not_repeated() -> None:
    """It comes from outside."""
    assert "evil" not in write_comment(FULL, SHOWN, "`evil`")


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_no_address_is_markdown_or_html(name: str) -> None:
    """Whatever a page is called."""
    path = f"/{name}"
    pictures = (Picture(path, "phone", "1-phone.jpg", 1.0),)
    report = replace(EMPTY, pages=(Page(path, "changed", 1, 2),), looked=1, pictures=pictures, unmarked=name)
    text = write_comment(report, SHOWN)

    assert not set(plain(path)) & set("`|<>[]()@!*\\\"'&#")
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert len(rows) == 1
    assert rows[0].count("|") == 6
    assert markdown(rows[0]).count("<a href=") == 1


@pytest.mark.parametrize("path", ["/ar/blog/رسالة/", "/über-uns/", "/a_b-c.d~e/"])
def test_an_address_in_any_language_can_be_read(path: str) -> None:
    """Only what could be something else is written as addresses have it."""
    assert plain(path) == path


def test_what_is_left_after_closing_has_the_marker_too() -> None:
    """So that opening it again writes the same comment."""
    assert write_closed().startswith(f"{MARKER}\n")
