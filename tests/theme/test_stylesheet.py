"""What the stylesheets say can be read by everybody, in both schemes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from site_builder.plugins.assets import PARTS

CSS = Path(__file__).resolve().parents[2] / "theme" / "static" / "css"
SHEETS = {file.relative_to(CSS).as_posix(): file.read_text() for file in sorted(CSS.rglob("*.css"))}
TEXT_CONTRAST = 4.5
# What is written on what.
PAIRS = [
    *((ink, paper) for ink in ("ink", "quiet", "accent") for paper in ("paper", "raised")),
    ("paper", "accent"),
    ("paper", "ink"),
    *((token, "raised") for token in ("key", "string", "number")),
    # A line of code that matters.
    *((token, "line") for token in ("ink", "quiet", "key", "string", "number")),
]
TOKEN = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\);")
TOKENS = {name: (light, dark) for sheet in SHEETS.values() for name, light, dark in TOKEN.findall(sheet)}


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
    which = ["light", "dark"].index(scheme)

    assert contrast(TOKENS[text][which], TOKENS[ground][which]) >= TEXT_CONTRAST


def test_a_colour_is_a_token_with_both_its_schemes() -> None:
    """A scheme is other tokens, and nothing else."""
    for name, sheet in SHEETS.items():
        assert re.findall(r"#[0-9a-f]{3,8}\b", re.sub(r"light-dark\([^)]*\)", "", sheet)) == [], name


def test_nothing_is_forced() -> None:
    """A rule that needs !important has lost an argument with another rule."""
    assert [name for name, sheet in SHEETS.items() if "!important" in sheet] == []


def test_every_part_is_part_of_something() -> None:
    """No rule is kept that no page can load."""
    imported = {part for sheet in SHEETS.values() for part in re.findall(r'^@import "([^"]+)";', sheet, re.MULTILINE)}

    assert {name for name in SHEETS if name.startswith(f"{PARTS}/")} <= imported
