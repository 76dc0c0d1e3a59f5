"""A new text lies where it belongs, says what it must, and is never written over another."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.checks.sources import check_sources
from site_builder.errors import BuildError
from site_builder.sources.beginning import plan_new, slug_of, write_new
from site_builder.sources.forms import SLUG
from site_builder.sources.text import Source

NOW = datetime(2026, 6, 1, 9, 30, tzinfo=UTC)


@given(st.text())
def test_a_slug_can_be_in_an_address(title: str) -> None:
    """Whatever the title, or there is none."""
    slug = slug_of(title)

    assert not slug or SLUG.fullmatch(slug)


@pytest.mark.parametrize(
    ("title", "slug"),
    [("Äpfel & Birnen", "apfel-birnen"), ("Don't panic", "dont-panic"), ("Straße 1.5", "strasse-1-5"), ("你好", "")],
)
def test_a_slug_is_what_a_person_would_write(title: str, slug: str) -> None:
    """Without accents, apostrophes and signs."""
    assert slug_of(title) == slug


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1))
def test_any_title_is_kept_as_it_was_given(title: str) -> None:
    """Colons, quotes, hashes and hyphens are no trap."""
    new = plan_new(Path("content"), title + " a", "posts", draft=True, now=NOW, author="Ann: B", slug="a")
    keys = Source(new.path, "posts", new.text).keys

    assert keys.title == " ".join((title + " a").split())
    assert (keys.authors, keys.status, keys.date) == (("Ann: B",), "draft", NOW)


@pytest.mark.parametrize("kind", ["posts", "pages"])
def test_a_new_text_has_no_faults(tiny_site: Path, kind: str) -> None:
    """An author begins with a site that can be built."""
    write_new(plan_new(tiny_site / "content", "A new one", kind, draft=False, now=NOW, author="Ann"))

    assert check_sources(tiny_site / "content", NOW) == []


def test_a_text_is_never_written_over(tiny_site: Path) -> None:
    """Whichever way the other one lies there."""
    for slug in ("first", "about"):
        kind = "posts" if slug == "first" else "pages"
        with pytest.raises(BuildError, match="already"):
            plan_new(tiny_site / "content", slug, kind, draft=False, now=NOW, author="Ann")


def test_a_title_without_letters_needs_a_slug() -> None:
    """And the author is told how to give one."""
    with pytest.raises(BuildError, match="--slug"):
        plan_new(Path("content"), "你好", "posts", draft=False, now=NOW, author="Ann")
