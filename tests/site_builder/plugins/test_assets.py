"""An asset's name says its bytes."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from site_builder.errors import BuildError
from site_builder.plugins.assets import (
    asset_finder,
    integrity,
    published_bytes,
    published_name,
    script_writer,
    stylesheet_writer,
)


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
    (tmp_path / "mark.svg").write_bytes(b"<svg/>")

    assert asset_finder(tmp_path)("mark.svg") == "/" + published_name("mark.svg", b"<svg/>")


def test_a_missing_asset_is_named(tmp_path: Path) -> None:
    """The theme's author learns which name is wrong."""
    with pytest.raises(BuildError, match=r"no\.css"):
        asset_finder(tmp_path)("no.css")


def test_a_stylesheet_is_sent_with_its_parts_in_its_place(tmp_path: Path) -> None:
    """In their order, parts of parts too; and nothing that only helps reading."""
    (tmp_path / "parts").mkdir()
    (tmp_path / "inner.css").write_text("i { top: 0 }\n")
    (tmp_path / "parts" / "one.css").write_text('@import "../inner.css";\n/* One. */\nb { top: 0px; }\n')
    (tmp_path / "site.css").write_text('@import "parts/one.css";\np {\n  color: #ffffff;\n}\n')

    assert published_bytes(tmp_path / "site.css") == b"i{top:0}b{top:0}p{color:#fff}"


def test_an_element_says_the_digest_of_what_it_loads(tmp_path: Path) -> None:
    """The browser refuses other bytes."""
    (tmp_path / "site.css").write_text("p { color: red; }")
    (tmp_path / "read.js").write_text("// Says hello.\nlet hello = 1;\n")
    style, script = b"p{color:red}", b"let hello=1;"

    assert stylesheet_writer(tmp_path)("site.css") == (
        f'<link rel="stylesheet" href="/{published_name("site.css", style)}" integrity="{integrity(style)}">'
    )
    assert script_writer(tmp_path)("read.js") == (
        f'<script src="/{published_name("read.js", script)}" integrity="{integrity(script)}" type="module"></script>'
    )


@pytest.mark.parametrize(
    ("css", "said"),
    [
        ("p {}\n\nq] { color: red; }\n", r"site\.css:3:\d+: this is no CSS"),
        ('@import "parts/no.css";\n', r'it imports "parts/no\.css", and there is no such file'),
    ],
)
def test_what_is_no_stylesheet_is_said_with_its_line(tmp_path: Path, css: str, said: str) -> None:
    """The theme's author finds the place at once."""
    (tmp_path / "site.css").write_text(css)

    with pytest.raises(BuildError, match=said):
        published_bytes(tmp_path / "site.css")
