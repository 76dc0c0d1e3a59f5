"""Draw the site's mark in the sizes that browsers and home screens ask for, from `theme/static/images/mark.svg`.

    .venv/bin/python tools/icons.py

The pictures are committed: a build needs no program that can draw SVG, and every machine publishes the same bytes.
"""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tools.browser import find_browser

IMAGES = Path(__file__).resolve().parents[1] / "theme" / "static" / "images"
ICO_SIZES = ((16, 16), (32, 32), (48, 48))
# Each file, its side, and how much of it the mark takes: a home screen may cut a maskable icon round.
PICTURES = (("touch-icon.png", 180, 1.0), ("icon-192.png", 192, 1.0), ("icon-512.png", 512, 1.0))
MASKABLE = ("icon-maskable.png", 512, 0.7)


def main() -> None:
    """Draw all of them."""
    mark = (IMAGES / "mark.svg").read_text()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser())
        page = browser.new_page()
        for name, side, share in (*PICTURES, MASKABLE):
            _save(_drawn(page, mark, side, share), IMAGES / name)
        _drawn(page, mark, 48, 1.0).save(IMAGES / "mark.ico", sizes=ICO_SIZES)
        browser.close()


def _drawn(page: Page, mark: str, side: int, share: float) -> Image.Image:
    page.set_viewport_size({"width": side, "height": side})
    ground = "background:#1d1b17;" if share < 1 else ""
    inner = round(side * share)
    style = f"margin:0;{ground}display:grid;place-items:center;block-size:{side}px"
    page.set_content(f'<body style="{style}"><div style="inline-size:{inner}px;block-size:{inner}px">{mark}</div>')
    return Image.open(io.BytesIO(page.screenshot(omit_background=share == 1)))


def _save(picture: Image.Image, file: Path) -> None:
    # The mark has four colours; a palette keeps it under two kilobytes.
    picture.quantize(64).save(file, optimize=True)


if __name__ == "__main__":
    main()
