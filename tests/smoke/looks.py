"""What a page looks like, coarsely, and the same on every machine: its text is drawn as bars, then it is made small.

Other machines have other fonts, so other lines; with a font of our own, of which every letter is the same box
(`bars.ttf`), what is left is the layout, the colours and the pictures. Words may change where their lines do not.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Page

# As wide as a letter or two and as high as a line.
CELL = 16
# By how much of 255 a cell's colour must differ to be another one.
SEEN = 26
# Which share of the cells may be others. Measured: other fonts 0, other words in the same lines up to 0.02,
# a body that is shifted from 0.06 on, a missing header from 0.12, a missing stylesheet from 0.13.
MOST_MOVED = 0.03
APPROVED = Path(__file__).parent / "approved"
FONT = base64.b64encode((Path(__file__).parent / "bars.ttf").read_bytes()).decode()
# By the page's own means, so its policy lets it be; nothing of it is asked for over the network.
DRAW_BARS = """async (font) => {
  const bars = new FontFace('bars', Uint8Array.from(atob(font), (one) => one.charCodeAt(0)));
  document.fonts.add(await bars.load());
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`*, *::before, *::after { font-family: bars !important; font-weight: 400 !important;
    font-style: normal !important; caret-color: transparent !important; }`);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  await document.fonts.ready;
  await Promise.all([...document.images].filter((one) => one.checkVisibility() && one.loading !== 'lazy')
    .map((one) => one.decode().catch(() => null)));
}"""


@dataclass(frozen=True)
class View:
    """How somebody looks at a page."""

    name: str
    width: int
    height: int
    touch: bool = False
    dark: bool = False


DESKTOP = View("desktop", 1280, 800)
PHONE = View("phone", 400, 840, touch=True)
DARK = View("dark", 1280, 800, dark=True)


def take_look(page: Page) -> bytes:
    """Draw the page's text as bars and return how it looks, as a picture of one or two kilobytes."""
    page.evaluate(DRAW_BARS, FONT)
    with Image.open(io.BytesIO(page.screenshot(scale="css", animations="disabled"))) as picture:
        size = (picture.width // CELL, picture.height // CELL)
        small = picture.convert("RGB").resize(size, Image.Resampling.BOX)
    return _png(small)


def moved(before: bytes, after: bytes) -> float:
    """Say which share of a look is another: from 0, the same, to 1; looks of other sizes have nothing in common."""
    with Image.open(io.BytesIO(before)) as one, Image.open(io.BytesIO(after)) as other:
        if one.size != other.size:
            return 1.0
        red, green, blue = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).split()
    cells = ImageChops.lighter(ImageChops.lighter(red, green), blue).tobytes()
    return sum(cell >= SEEN for cell in cells) / len(cells)


def beside(before: bytes, after: bytes) -> bytes:
    """Return two looks side by side, large enough for a person."""
    with Image.open(io.BytesIO(before)) as one, Image.open(io.BytesIO(after)) as other:
        both = Image.new("RGB", (one.width + other.width + 1, max(one.height, other.height)), "magenta")
        both.paste(one, (0, 0))
        both.paste(other, (one.width + 1, 0))
    return _png(both.resize((both.width * CELL // 2, both.height * CELL // 2), Image.Resampling.NEAREST))


def approved_look(name: str, view: View) -> Path:
    """Return where the look that somebody approved of a page is kept."""
    return APPROVED / f"{name}-{view.name}.png"


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
