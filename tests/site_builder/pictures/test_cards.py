"""The card of a page is of the size that is asked for, small, and has room for any title."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from site_builder.pictures.cards import HEIGHT, WIDTH, draw, prepare_card


@settings(max_examples=20)
@given(st.text(max_size=300))
def test_any_title_is_drawn(title: str) -> None:
    """Very long, without spaces, in signs that the font does not have, or empty."""
    image = Image.open(io.BytesIO(draw(title, "zichkoding.example")))

    assert image.size == (WIDTH, HEIGHT)


def test_a_card_weighs_little(tmp_path: Path) -> None:
    """It is fetched by those who only look on."""
    card = prepare_card("A title of the usual length, with a clause", "zichkoding.example", "a-title", tmp_path)

    assert card.file.stat().st_size < 20_000
    assert card.name.startswith("assets/a-title-card.")


def test_another_title_is_another_card(tmp_path: Path) -> None:
    """The name holds a hash of the bytes."""
    one, two = (prepare_card(title, "a.example", "page", tmp_path).name for title in ("One", "Two"))

    assert one != two
    assert prepare_card("One", "a.example", "page", tmp_path).name == one


@pytest.mark.parametrize("title", ["One", "A title that needs more than one line because it goes on and on"])
def test_the_title_stays_within_the_margins(title: str) -> None:
    """Nothing is cut at the edge."""
    image = Image.open(io.BytesIO(draw(title, "a.example"))).convert("L")
    box = image.point([255 if shade < 200 else 0 for shade in range(256)]).getbbox()

    assert box is not None
    assert box[0] >= 80
    assert box[2] <= WIDTH - 80
    assert box[3] <= HEIGHT - 70
