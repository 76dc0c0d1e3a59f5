"""What a person meets on the page, in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

WIDER_THAN_THE_WINDOW = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SMALL_TARGETS = """
[...document.querySelectorAll('nav a, button, .button, input:not([tabindex="-1"], [disabled]), textarea')]
  .filter(target => target.checkVisibility())
  .filter(target => { const box = target.getBoundingClientRect(); return box.height < 24 || box.width < 24; })
  .map(target => target.outerHTML)
"""


@pytest.mark.parametrize("width", [320, 360, 768, 1440, 2560])
def test_no_page_is_wider_than_the_window(browser: Browser, templates: list[str], width: int) -> None:
    """Nobody has to move the page sideways to read a line, from a small phone to a large screen."""
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    wide = []
    for url in templates:
        page.goto(url)
        if page.evaluate(WIDER_THAN_THE_WINDOW):
            wide.append(url)
    context.close()

    assert wide == []


def test_text_at_twice_its_size_still_fits(page: Page, templates: list[str]) -> None:
    """Whoever needs larger letters gets them, and all of the page."""
    page.set_viewport_size({"width": 640, "height": 800})
    wide = []
    for url in templates:
        page.goto(url)
        page.evaluate("document.documentElement.style.fontSize = '32px'")
        if page.evaluate(WIDER_THAN_THE_WINDOW):
            wide.append(url)

    assert wide == []


def test_what_can_be_pressed_is_large_enough(page: Page, templates: list[str]) -> None:
    """24 pixels, for fingers that are no mouse."""
    page.set_viewport_size({"width": 360, "height": 800})
    small = {}
    for url in templates:
        page.goto(url)
        small[url] = page.evaluate(SMALL_TARGETS)

    assert {url: targets for url, targets in small.items() if targets} == {}


def test_the_keyboard_gets_past_the_menu_at_once(page: Page, site_url: str) -> None:
    """The first stop is the way to the text, it can be seen, and it leads there."""
    page.goto(site_url)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the text")

    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    assert page.url.endswith("#main")


def test_what_has_the_focus_shows_it(page: Page, site_url: str) -> None:
    """A line around it, wherever the keyboard is."""
    page.goto(f"{site_url}/contact/")
    page.locator("#name").focus()
    page.keyboard.press("Tab")

    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_trap_catches_no_people(page: Page, site_url: str) -> None:
    """The hidden field is neither seen nor reached by the keyboard."""
    page.goto(f"{site_url}/contact/")
    reached = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.id"))

    assert {"name", "email", "subject", "message"} <= reached
    assert "website" not in reached
    expect(page.locator("#website")).not_to_be_in_viewport()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_scheme_has_its_own_paper(browser: Browser, site_url: str, scheme: str) -> None:
    """Light and dark follow the system."""
    context = browser.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(site_url)
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    context.close()

    assert colour == ("rgb(21, 20, 18)" if scheme == "dark" else "rgb(250, 248, 243)")


@pytest.mark.parametrize(
    ("path", "kinds"), [("/about/", ["css"]), ("/blog/spam-is-a-label/", ["css", "js"]), ("/contact/", ["css", "js"])]
)
def test_a_page_loads_itself_one_stylesheet_and_at_most_a_script(
    page: Page, site_url: str, path: str, kinds: list[str]
) -> None:
    """And the browser's tab its mark: nothing else, nothing from elsewhere, and no cookie."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.removeprefix(site_url)))
    page.goto(site_url + path)
    # A mark for the browser's tab is asked for by some, once.
    needed = [one for one in asked if "mark." not in one and "favicon" not in one]

    assert needed[0] == path
    assert sorted(one.rpartition(".")[2] for one in needed[1:]) == kinds
    assert page.context.cookies() == []
