"""People who come with a keyboard, without scripts, with other colours or larger letters get where they want to."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

pytestmark = pytest.mark.browser

FOCUS_IS_SEEN = """() => {
  const style = getComputedStyle(document.activeElement);
  const box = document.activeElement.getBoundingClientRect();
  return style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2 && box.width > 0 && box.height > 0;
}"""
STOPS = """() => [...document.querySelectorAll('a[href], button, input, textarea, [tabindex="0"]')]
  .filter((one) => one.tabIndex >= 0 && one.checkVisibility() && one.type !== 'hidden' && !one.disabled).length"""


def walk(page: Page, most: int = 200) -> list[str]:
    """Press Tab until the page has been left, and return where the focus was seen, in order."""
    seen = []
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement === document.body"):
            break
        assert page.evaluate(FOCUS_IS_SEEN), page.evaluate("document.activeElement.outerHTML")
        seen.append(str(page.evaluate("document.activeElement.outerHTML")))
    return seen


@pytest.mark.parametrize("path", ["/", "/contact/", "/blog/what-a-post-can-hold/", "/account/", "/search/?q=form"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page, site_url: str, path: str) -> None:
    """Every link, button, field and moving box is a stop, each with a line around it, and nothing holds the focus."""
    page.route("**/api/session", lambda route: route.fulfill(json={"signed_in": False, "issuer": False}))
    page.goto(site_url + path)
    if path.startswith("/search/"):
        page.locator("#found a").first.wait_for()

    assert len(walk(page)) == page.evaluate(STOPS)


def test_a_reader_with_a_keyboard_comes_to_a_post_and_copies_its_code(browser: Browser, site_url: str) -> None:
    """From the home page, by Tab and Enter alone."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(site_url)
    for name, heading in (("Blog", "Blog"), ("Two commands", "Two commands")):
        link = page.get_by_role("link", name=name, exact=True)
        for _ in range(60):
            page.keyboard.press("Tab")
            if link.evaluate("one => one === document.activeElement"):
                break
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(heading)
    page.get_by_role("button", name="Copy").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    context.close()

    assert "send_signal" in copied


def test_the_search_answers_while_somebody_writes(page: Page, site_url: str) -> None:
    """And says how many there are, for those who do not see them come."""
    page.goto(f"{site_url}/search/")
    page.get_by_label("What are you looking for?").press_sequentially("immut")

    expect(page.get_by_role("status")).to_contain_text("Found:")
    expect(page.get_by_role("link", name="Why a release is immutable")).to_be_visible()
    page.get_by_label("What are you looking for?").fill("zyzzyva")
    expect(page.get_by_role("status")).to_have_text("Nothing was found.")


def test_everything_is_reached_without_scripts(browser: Browser, site_url: str) -> None:
    """Pages, lists, posts, and a message that is sent as forms always were."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    sent: list[str] = []

    def keep(route: Route) -> None:
        sent.append(route.request.post_data or "")
        route.fulfill(status=303, headers={"Location": "/contact/thank-you/"})

    page.route("**/api/contact", keep)
    page.goto(site_url)
    page.get_by_role("link", name="Blog", exact=True).click()
    page.get_by_role("link", name="Spam is a label").click()
    page.get_by_role("link", name="Archive").click()
    page.get_by_role("link", name="Search").click()
    # Playwright shows nothing of what stands in <noscript>; a browser without scripts does.
    expect(page.locator("h1")).to_have_text("Search")
    assert "needs JavaScript" in page.content()
    page.get_by_role("link", name="Account").click()
    expect(page.get_by_role("button", name="Send me the link")).to_be_visible()
    assert '<a href="/api/me">your account</a>' in page.content()
    page.get_by_role("link", name="Contact").click()
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your email address").fill("ada@example.org")
    page.get_by_label("Your message").fill("Hello & welcome")
    page.get_by_role("button", name="Send the message").click()
    heading = page.locator("h1").inner_text()
    context.close()

    assert heading == "Thank you"
    assert sent == ["name=Ada&email=ada%40example.org&subject=&message=Hello+%26+welcome&website=&key=&token="]


@pytest.mark.parametrize(("motion", "moved"), [("no-preference", "true"), ("reduce", "false")])
def test_pages_fade_only_where_motion_is_welcome(browser: Browser, site_url: str, motion: str, moved: str) -> None:
    """From page to page; within one nothing moves by itself at all."""
    context = browser.new_context(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    context.add_init_script("addEventListener('pagereveal', e => { sessionStorage.moved = !!e.viewTransition; })")
    page = context.new_page()
    # A browser that is too busy leaves a movement out.
    for _ in range(5):
        page.goto(site_url)
        page.get_by_role("link", name="Services", exact=True).click()
        expect(page.locator("h1")).to_have_text("Services")
        faded = page.evaluate("sessionStorage.moved")
        if faded == moved:
            break
    still = page.evaluate("document.getAnimations().filter((one) => one.playState === 'running').length")
    context.close()

    assert faded == moved
    assert motion == "no-preference" or still == 0


def test_buttons_and_fields_keep_their_edges_in_forced_colours(browser: Browser, site_url: str) -> None:
    """Whoever chooses the system's own few colours still sees what can be pressed."""
    context = browser.new_context(forced_colors="active")
    page = context.new_page()
    page.goto(f"{site_url}/contact/")
    edges = page.locator("button, input:not([type=hidden], [name=website]), textarea").evaluate_all(
        """(all) => all.map((one) => {
          const { borderTopColor, borderTopStyle } = getComputedStyle(one);
          return borderTopStyle === 'solid' && borderTopColor !== getComputedStyle(document.body).backgroundColor;
        })"""
    )
    page.get_by_role("button").focus()
    page.keyboard.press("Shift+Tab")
    seen = page.evaluate(FOCUS_IS_SEEN)
    context.close()

    assert edges == [True] * 5
    assert seen


def test_a_page_in_arabic_reads_from_right_to_left(browser: Browser, arabic_url: str) -> None:
    """Its text begins at the right, its margin is there too, and it fits a small phone."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(arabic_url)
    places = page.evaluate(
        "['h1', '.beside', 'p.lead', '.copy'].map((one) => document.querySelector(one).getBoundingClientRect().x)"
    )
    direction = page.evaluate("getComputedStyle(document.querySelector('.prose p')).direction")
    page.set_viewport_size({"width": 320, "height": 800})
    fits = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.close()
    _, facts, lead, copy = places

    assert direction == "rtl"
    assert facts > lead
    assert copy < 640
    assert fits


def test_nothing_goes_wrong_unheard(browser: Browser, templates: list[str]) -> None:
    """No template makes the browser complain: not of the policy, not of a digest, not of a script."""
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.route("**/api/session", lambda route: route.fulfill(json={"signed_in": False, "issuer": False}))
    for url in templates:
        page.goto(url)
        # The page itself, where it says that it is not there.
        complaints = [one for one in complaints if not re.search("status of (404|410|503)", one)]

        assert complaints == [], url
    page.close()


def test_links_are_made_ready_where_the_browser_can(page: Page, site_url: str) -> None:
    """The rules are let through by the policy, which names them by their digest."""
    refused: list[str] = []
    page.on("console", lambda line: refused.append(line.text))
    page.goto(site_url)

    assert page.evaluate("HTMLScriptElement.supports('speculationrules')")
    assert refused == []
    assert '"prerender"' in page.locator("script[type=speculationrules]").text_content()  # type: ignore[operator]
