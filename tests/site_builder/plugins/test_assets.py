"""An asset's name says its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from site_builder.errors import BuildError
from site_builder.plugins.assets import asset_finder, published_name


@given(st.binary(), st.binary())
def test_other_bytes_have_another_name(one: bytes, other: bytes) -> None:
    """So that a name can be cached for ever."""
    assume(one != other)

    assert published_name("site.css", one) != published_name("site.css", other)


def test_a_name_keeps_its_stem_and_ending() -> None:
    """A person who reads the page's source knows what it is."""
    name = published_name("css/Site.CSS", b"body {}")

    assert name.startswith("assets/Site.")
    assert name.endswith(".css")


def test_a_template_gets_a_root_relative_address(tmp_path: Path) -> None:
    """The address is good on every page and in every environment."""
    (tmp_path / "site.css").write_bytes(b"body {}")

    assert asset_finder(tmp_path)("site.css") == "/" + published_name("site.css", b"body {}")


def test_a_missing_asset_is_named(tmp_path: Path) -> None:
    """The theme's author learns which name is wrong."""
    with pytest.raises(BuildError, match=r"no\.css"):
        asset_finder(tmp_path)("no.css")
