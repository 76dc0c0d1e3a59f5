"""A look says that something else is seen, and not that other fonts or words are."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from playwright.sync_api import Page

from tests.smoke.looks import DESKTOP, MOST_MOVED, PHONE, View, beside, moved, take_look

pytestmark = pytest.mark.browser

FONTS = "document.body.style.fontFamily = 'monospace'"
WORDS = "document.querySelector('main .lead').textContent = 'Write to us. A human reads it and some human answers.'"
SHIFTED = "document.body.style.marginLeft = '120px'"
BEHEADED = "document.querySelector('body > header').remove()"
BARE = "document.querySelectorAll('link[rel=stylesheet]').forEach((one) => one.remove())"


def look_after(page: Page, url: str, view: View, change: str) -> bytes:
    """Return how a page looks after something has been done to it."""
    page.set_viewport_size({"width": view.width, "height": view.height})
    page.goto(url)
    page.evaluate(change)
    return take_look(page)


@pytest.mark.parametrize("view", [DESKTOP, PHONE], ids=lambda view: view.name)
def test_a_look_moves_with_the_page_and_not_with_its_fonts_and_words(page: Page, site_url: str, view: View) -> None:
    """One test for all of it, because what is compared is the same page."""
    url = f"{site_url}/contact/"
    before = look_after(page, url, view, "null")

    def share(change: str) -> float:
        return moved(before, look_after(page, url, view, change))

    assert share(FONTS) == 0
    assert share(WORDS) <= MOST_MOVED
    assert min(share(change) for change in (SHIFTED, BEHEADED, BARE)) > MOST_MOVED


def picture(width: int, height: int, colour: str) -> bytes:
    """Return a picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(file, "PNG")
    return file.getvalue()


def test_shares_are_between_nothing_and_everything() -> None:
    """Another size has nothing in common; a shade is not seen."""
    black = picture(4, 4, "#000000")

    assert (moved(black, black), moved(black, picture(4, 4, "#0a0a0a"))) == (0, 0)
    assert (moved(black, picture(4, 4, "#0000ff")), moved(black, picture(4, 5, "#000000"))) == (1, 1)


def test_two_looks_are_shown_side_by_side() -> None:
    """With a line between them."""
    with Image.open(io.BytesIO(beside(picture(4, 4, "black"), picture(4, 4, "white")))) as both:
        colours = {both.getpixel((x, 10)) for x in range(both.width)}

    assert colours == {(0, 0, 0), (255, 0, 255), (255, 255, 255)}
