"""The stylesheet is small, and what it says can be read by everybody in both schemes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[2] / "theme" / "static" / "css" / "site.css").read_text()
LARGEST = 13 * 1024
TEXT_CONTRAST = 4.5
# What is written on what.
PAIRS = [
    *((ink, paper) for ink in ("ink", "quiet", "accent") for paper in ("paper", "raised")),
    ("on-accent", "accent"),
    ("paper", "ink"),
    *((token, "raised") for token in ("code", "key", "string", "number", "quiet")),
]


def tokens(block: str) -> dict[str, str]:
    """Return the colours that a block of custom properties sets."""
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))


LIGHT = tokens(CSS[CSS.index(":root") : CSS.index("@media")])
DARK = {**LIGHT, **tokens(CSS[CSS.index("prefers-color-scheme: dark") : CSS.index("/* The page")])}


def luminance(colour: str) -> float:
    """Return a colour's relative luminance, as WCAG defines it."""
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[index : index + 2], 16) / 255 for index in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as WCAG defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize(("text", "ground"), PAIRS, ids=str)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_its_ground(scheme: str, text: str, ground: str) -> None:
    """WCAG's level AA, in both schemes."""
    colours = LIGHT if scheme == "light" else DARK

    assert contrast(colours[text], colours[ground]) >= TEXT_CONTRAST


def test_the_stylesheet_is_small() -> None:
    """It is all that a reader's browser loads besides the page."""
    assert len(CSS.encode()) <= LARGEST


def test_every_colour_is_a_token() -> None:
    """A scheme is other tokens, and nothing else."""
    outside = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)

    assert re.findall(r"#[0-9a-f]{3,8}\b", outside) == []


def test_nothing_is_forced() -> None:
    """A rule that needs !important has lost an argument with another rule."""
    assert "!important" not in CSS
