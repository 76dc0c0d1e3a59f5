"""Two values are alike exactly if a page cannot tell them apart."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup
from pelican.settings import DEFAULT_CONFIG
from pelican.urlwrappers import Category, Tag
from pelican.utils import SafeDatetime

from site_builder.engine.likeness import NoLikeness, likeness, likeness_digest, settings_likeness

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=4)
    | st.binary(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner, inner) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(one=PLAIN, other=PLAIN)
def test_values_are_alike_if_they_print_alike(one: object, other: object) -> None:
    """A page prints what it gets."""
    assert (likeness(one) == likeness(other)) == (repr(one) == repr(other))
    assert (likeness_digest(one) == likeness_digest(other)) == (repr(one) == repr(other))


def test_what_prints_alike_and_is_not_the_same_is_not_alike() -> None:
    """A zone may have the offset of another, and safe text is not escaped."""
    berlin, rome = (datetime(2024, 1, 1, tzinfo=ZoneInfo(name)) for name in ("Europe/Berlin", "Europe/Rome"))

    assert likeness(berlin) != likeness(rome)
    assert likeness("<b>") != likeness(Markup("<b>"))
    assert likeness(datetime(2024, 1, 1, tzinfo=UTC)) != likeness(SafeDatetime(2024, 1, 1, tzinfo=UTC))
    assert likeness(Tag("a", DEFAULT_CONFIG)) != likeness(Category("a", DEFAULT_CONFIG))
    assert likeness(True) != likeness(1)


def test_a_tag_is_alike_by_its_name_its_slug_and_what_a_plugin_gave_it() -> None:
    """All that a template can ask of it."""
    one, other = Tag("a b", DEFAULT_CONFIG), Tag("a b", DEFAULT_CONFIG)
    assert likeness(one) == likeness(other)
    other.color = "red"

    assert likeness(one) != likeness(other)


def test_an_object_of_somebody_elses_class_has_no_likeness() -> None:
    """Nor has what contains it, or itself."""
    loop: list[object] = []
    loop.append(loop)
    for value in (SimpleNamespace(), [SimpleNamespace()], {"a": object()}, print, loop):
        with pytest.raises(NoLikeness):
            likeness(value)


def test_settings_are_alike_by_the_code_of_their_functions() -> None:
    """A filter in the settings is what it does."""

    def settings(code: str) -> bytes | None:
        return settings_likeness({"FILTER": eval(f"lambda text: {code}"), "NAME": "a"}, frozenset({"OUTPUT"}))  # noqa: S307

    assert settings("text.upper()") == settings("text.upper()")
    assert settings("text.upper()") != settings("text.lower()")
    assert settings_likeness({"OUTPUT": 1, "A": 1}, frozenset({"OUTPUT"})) == settings_likeness({"A": 1}, frozenset())
