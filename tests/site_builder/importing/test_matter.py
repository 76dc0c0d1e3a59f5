"""What is written as front matter is read back as it was meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.importing.matter import as_date, compose, to_yaml
from site_builder.importing.values import Draft
from site_builder.sources.forms import parse_date
from site_builder.sources.front_matter import read_head

WORDS = st.text(min_size=1).map(lambda text: " ".join(text.split())).filter(bool)
MOMENTS = st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(2999, 1, 1))  # noqa: DTZ001 - a zone follows


@given(WORDS, st.lists(WORDS, min_size=1))
def test_any_title_and_tags_are_read_back(title: str, tags: list[str]) -> None:
    """No sign of a title or a tag means anything to YAML."""
    head = read_head(to_yaml({"title": title, "tags": tuple(tags)}) + "\nText\n")

    assert head.flaws == ()
    assert {entry.key: entry.value for entry in head.entries} == {"title": title, "tags": tuple(tags)}


@pytest.mark.parametrize("words", ["null", "~", "no", "- a", "a: b", "a #b", "{{ x }}", "1.10", '"', "\\", "---", "a:"])
def test_what_yaml_would_take_for_something_is_words(words: str) -> None:
    """The titles that have broken other sites are titles here."""
    (entry,) = read_head(to_yaml({"title": words})).entries

    assert entry.value == words


@given(MOMENTS)
def test_any_moment_is_read_back_to_the_second(moment: datetime) -> None:
    """A date is written as short as it is exact."""
    exact = moment.replace(microsecond=0, tzinfo=UTC)

    assert parse_date(as_date(exact)) == exact


@given(st.builds(Draft, origin=st.just("a"), slug=st.just("a"), title=st.text(), summary=st.text(), body=st.text(),
                 tags=st.lists(st.text()).map(tuple), canonical=st.text(), lang=st.text(), part=st.text(),
                 series=st.text(), category=st.text()))  # fmt: skip
def test_whatever_a_source_says_the_keys_fit(draft: Draft) -> None:
    """A value that has not its form is left out and told of, and the front matter can be read."""
    written, _ = compose(draft, (), "", "en")
    head = read_head(to_yaml(written))

    assert head.flaws == ()
    assert {entry.key: entry.value for entry in head.entries} == written


def test_what_is_missing_is_made_up_and_told() -> None:
    """A post has a category and a summary; a date is never invented for a text that was out."""
    written, faults = compose(Draft(origin="a", slug="a-post", body="## H\n\nFirst *words*.\n\nMore."), (), "", "en")

    assert written == {"title": "A post", "summary": "First words.", "category": "Notes"}
    assert [fault.what for fault in faults] == ["it had no title; its address is one for now", "it has no date"]


def test_keys_that_contradict_each_other_are_left_out() -> None:
    """A change before the beginning, and an end before it, are no facts."""
    day = datetime(2020, 1, 2, tzinfo=UTC)
    draft = Draft(origin="a", slug="a", title="A", date=day, modified=day, expires=day, summary="S", tags=("x", "X"))
    written, faults = compose(draft, (), "", "en")

    assert written == {"title": "A", "date": "2020-01-02", "summary": "S", "category": "Notes", "tags": ("x",)}
    assert [fault.what for fault in faults] == ["it expired on 2020-01-02, before it appeared"]


@pytest.mark.parametrize(
    ("written", "kept"), [("en_US", None), ("de", "de"), ("pt_br", "pt-BR"), ("zh-hans-cn", "zh-Hans-CN")]
)
def test_a_language_is_named_where_it_is_not_the_sites(written: str, kept: str | None) -> None:
    """Its code has one form, however the other generator spelled it."""
    keys, _ = compose(Draft(origin="a", slug="a", title="A", lang=written), (), "", "en")

    assert keys.get("lang") == kept
