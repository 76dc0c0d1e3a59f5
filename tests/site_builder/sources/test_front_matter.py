"""What stands at the top of a text is read with its places, in both forms that authors know."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.sources.forms import parse_date
from site_builder.sources.front_matter import Entry, read_head
from site_builder.sources.keys import KEYS
from site_builder.sources.text import Source

YAML = """\
---
title: "Colons: allowed"
date: 2026-01-03
tags:
  - one
  - two, and more
summary: >
  A folded
  summary.
lang: no
---

Text.
"""


def test_entries_end_at_the_first_line_that_is_none() -> None:
    """A colon in the text is not a key."""
    head = read_head("Title: A\nTags: b,\n    c\n\nNote: this is text\n")

    assert head.entries == (Entry("title", "A", 1, 8), Entry("tags", "b, c", 2, 7))
    assert head.body == 4


def test_yaml_is_read_as_it_is_written() -> None:
    """No value becomes a number, a date or a truth on the way; Norwegian stays a language."""
    head = read_head(YAML)

    assert [(entry.key, entry.value) for entry in head.entries] == [
        ("title", "Colons: allowed"),
        ("date", "2026-01-03"),
        ("tags", ("one", "two, and more")),
        ("summary", "A folded summary."),
        ("lang", "no"),
    ]
    assert (head.entries[2].line, head.body, head.flaws) == (5, 12, ())


def test_both_forms_mean_the_same() -> None:
    """An author who moves from one to the other loses nothing."""
    lines = "Title: A title\nDate: 2026-01-03 09:30\nTags: a, b\nNoindex: true\n\nText.\n"
    yaml = "---\ntitle: A title\ndate: 2026-01-03 09:30\ntags: [a, b]\nnoindex: true\n---\n\nText.\n"

    assert Source(Path("a.md"), "posts", lines).keys == Source(Path("a.md"), "posts", yaml).keys


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    """Reading front matter never fails, and never finds an entry outside the text."""
    lines = text.splitlines()

    assert all(1 <= entry.line <= len(lines) for entry in read_head(text).entries)


@given(st.text(alphabet="-:[]{}&*!|>'\"%@`# \nab\t"))
def test_any_yaml_can_be_read(text: str) -> None:
    """What is wrong with it is a flaw with a place in the text, never an exception."""
    whole = f"---\n{text}\n---\n"
    head = read_head(whole)

    assert all(1 <= flaw.line <= len(whole.splitlines()) + 1 for flaw in head.flaws)
    assert Source(Path("a.md"), "posts", whole).keys is not None


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(2999, 1, 1)))  # noqa: DTZ001 - given a zone below
def test_a_date_is_read_as_it_was_written(moment: datetime) -> None:
    """What a person writes to the minute is that minute, in UTC."""
    written = f"{moment:%Y-%m-%d %H:%M}"

    assert parse_date(written) == moment.replace(second=0, microsecond=0, tzinfo=UTC)


def test_each_key_is_explained_in_a_sentence() -> None:
    """The schema is the documentation's source."""
    assert [key.name for key in KEYS.values() if not key.meaning.endswith(".")] == []


@pytest.mark.parametrize(
    ("body", "prose"),
    [
        ("a\n```\n[no](no)\n```\nb\n", ["a", "b"]),
        ("~~~~\n~~~\n[no](no)\n~~~~\nb\n", ["b"]),
        ("para\n\n    indented code\n\nb\n", ["para", "", "", "b"]),
        ("- item\n\n    its second paragraph\n", ["- item", "", "    its second paragraph"]),
        ("a `[no](no)` b\n", [f"a {' ' * len('`[no](no)`')} b"]),
        ("a <!-- [no](no) --> b\n", [f"a {' ' * len('<!-- [no](no) -->')} b"]),
    ],
)
def test_prose_is_what_is_not_code(body: str, prose: list[str]) -> None:
    """A sample of Markdown in a text is no part of that text; places stay where they are."""
    source = Source(Path("a.md"), "posts", f"Title: A\n\n{body}")

    assert [line.rstrip() if not line.strip() else line for _, line in source.prose()][1:] == prose
