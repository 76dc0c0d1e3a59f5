"""The front matter's keys are read and explained."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from site_builder.checks.front_matter import KEYS, Entry, parse_date, read_front_matter


def test_entries_end_at_the_first_line_that_is_none() -> None:
    """A colon in the text is not a key."""
    entries = read_front_matter("Title: A\nTags: b,\n    c\n\nNote: this is text\n")

    assert entries == [Entry("title", "A", 1), Entry("tags", "b, c", 2)]


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    """Reading front matter never fails, and never finds an entry outside the text."""
    lines = text.splitlines()

    assert all(1 <= entry.line <= len(lines) for entry in read_front_matter(text))


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2999, 1, 1)))  # noqa: DTZ001 - given a zone below
def test_a_date_is_read_as_it_was_written(moment: datetime) -> None:
    """What a person writes to the minute is that minute, in UTC."""
    written = f"{moment:%Y-%m-%d %H:%M}"

    assert parse_date(written) == moment.replace(second=0, microsecond=0, tzinfo=UTC)


def test_each_key_is_explained_in_a_sentence() -> None:
    """The schema is the documentation's source."""
    assert [key.name for key in KEYS if not key.meaning.endswith(".")] == []
