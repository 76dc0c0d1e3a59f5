"""Whatever a text of another generator says, it is imported or told of, and nothing falls."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.importing.blog_html import from_blog_html
from site_builder.importing.dialect import from_commonmark
from site_builder.importing.heads import UnreadableError, read_moment, split_head, zone_of
from site_builder.importing.html import to_markdown
from site_builder.importing.liquid import from_liquid
from site_builder.importing.plan import plan_import
from site_builder.importing.present import Present
from site_builder.importing.shortcodes import from_shortcodes
from site_builder.importing.values import Draft, Export
from site_builder.sources.front_matter import read_head

PARTS = st.lists(
    st.sampled_from([
        "[", "]", "(", ")", "![", "](", "a", " ", "\n", "\n\n", "{%", "%}", "{{<", ">}}", "{{", "}}", "highlight",
        "raw", "figure", "src=", '"', "'", "`", "```", "<", ">", "<p>", "</p>", "<pre>", "</pre>", "<img src=",
        "caption", "end", "[/caption]", "[caption", "[gallery ids=", "<!-- wp:", "-->", "http://[", "//x", "#", "- ",
        "1. ", "    ", "\\",
        "ref:", "?p=1", "../..", "\x00", "\u2028", "|", "---", "~~", "=",
    ]),
    max_size=30,
).map("".join)  # fmt: skip


@given(PARTS)
def test_any_body_can_be_read(body: str) -> None:
    """Half a tag is a tag that somebody once forgot to close."""
    for text in (
        from_liquid(body, "/b")[0],
        from_shortcodes(body)[0],
        from_commonmark(body),
        to_markdown(body)[0],
        from_blog_html(body, {"1": ("a.png", "A")})[0],
    ):
        assert isinstance(text, str)


@given(PARTS, st.text(), st.text(), st.lists(st.text()), st.lists(PARTS))
def test_any_draft_can_be_planned(body: str, title: str, slug: str, tags: list[str], addresses: list[str]) -> None:
    """What is planned has a front matter that can be read."""
    draft = Draft(
        origin="a", slug=slug, title=title, body=body, tags=tuple(tags), addresses=tuple(addresses), image=body
    )
    export = Export(generator="jekyll", drafts=(draft, draft), hosts=("x",), roots=(Path("/nowhere"),), loose=True)
    plan = plan_import(export, Present())

    assert len({text.path for text in plan.texts}) == 2
    assert all(read_head(text.content).flaws == () for text in plan.texts)


@given(st.text(alphabet="-+={}[]:,.\"'#\n ab1T"))
def test_any_front_matter_is_read_or_said(text: str) -> None:
    """Three forms of it, and none of their errors is a traceback."""
    for whole in (f"---\n{text}\n---\nb", f"+++\n{text}\n+++\nb", f"{{{text}}}\nb", text):
        try:
            keys, body = split_head(whole)
        except UnreadableError as error:
            assert str(error)
        else:
            assert keys is None or isinstance(body, str)


@given(st.text(alphabet="0123456789-:+ TZ/"))
def test_any_date_is_a_moment_or_none(text: str) -> None:
    """What is no date is none."""
    moment = read_moment(text)

    assert moment is None or moment.utcoffset() is not None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2020-01-02", "2020-01-02T00:00:00+00:00"),
        ("2020-1-2 3:04", None),
        ("2020-01-02 03:04:05 +0900", "2020-01-01T18:04:05+00:00"),
        ("2020-01-02T03:04:05.678Z", "2020-01-02T03:04:05+00:00"),
        ("2020-07-02 12:00", "2020-07-02T10:00:00+00:00"),
        ("Mon, 04 Mar 2019 09:30:00 +0000", "2019-03-04T09:30:00+00:00"),
        ("soon", None),
    ],
)
def test_dates_are_read_in_the_forms_that_generators_know(text: str, moment: str | None) -> None:
    """A time without a zone is the site's; a day is that day."""
    zone = zone_of("Europe/Berlin")
    assert zone is not None
    found = read_moment(text, zone)

    assert (found and found.isoformat()) == moment


def test_html_that_is_nested_without_end_is_told() -> None:
    """Its words are kept."""
    text, faults = to_markdown("<div>" * 5000 + "words")

    assert text.strip() == "words"
    assert "nested too deeply" in faults[0].what


@pytest.mark.parametrize("fence", ["---", "+++"])
def test_a_front_matter_that_is_never_closed_is_told(fence: str) -> None:
    """The rest of the file is not taken for keys."""
    with pytest.raises(UnreadableError, match="never closed"):
        split_head(f"{fence}\ntitle: a\n")
