"""What somebody sees who comes to a live site, with a large window or a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

from tests.browser.test_accessibility import run_axe
from tests.smoke.conftest import Visit
from tests.smoke.looks import DARK, DESKTOP, MOST_MOVED, PHONE, View, approved_look, beside, moved, take_look
from tests.smoke.site import POST
from tools.smoke import KEPT

pytestmark = [pytest.mark.browser, pytest.mark.integration]

both_views = pytest.mark.parametrize("view", [DESKTOP, PHONE], ids=lambda view: view.name)
LOOKS = {"home": "/", "post": POST, "contact": "/contact/", "search": "/search/", "account": "/account/"}
MAIN_PAGES = ("/", "/blog/", POST, "/contact/", "/search/", "/account/")
SEEN_IN_THE_DARK = ("home", "post")


@both_views
def test_home_leads_to_a_post(visit: Visit) -> None:
    """A visitor gets from the home page to something to read."""
    visit.go("/")
    visit.page.get_by_role("link", name="Blog", exact=True).first.click()
    visit.page.locator("main ol.posts a").first.click()

    expect(visit.page.locator("article h1")).to_be_visible()


@both_views
def test_every_page_of_the_menus_is_there(visit: Visit) -> None:
    """Each link in the head and in the foot leads to a page with a heading, and nothing on it fails."""
    visit.go("/")
    links = visit.page.locator("header nav a, footer nav a").all()
    paths = sorted({str(link.get_attribute("href")) for link in links} - {""})
    found = {}
    for path in (path for path in paths if path.startswith("/") and not path.endswith((".xml", ".json"))):
        status = visit.go(path).status
        found[path] = (status, visit.page.locator("h1").count())

    assert len(found) >= 4
    assert found == dict.fromkeys(found, (200, 1))


@both_views
def test_the_search_finds_a_post(visit: Visit) -> None:
    """By words of its title, and the link leads there."""
    visit.go(POST)
    title = visit.page.locator("h1").inner_text()
    visit.go("/search/")
    visit.page.get_by_label("What are you looking for?").fill(title)
    visit.page.locator("#found").get_by_role("link", name=title, exact=True).click()

    expect(visit.page.locator("h1")).to_have_text(title)


@both_views
def test_nobody_is_shut_out(visit: Visit) -> None:
    """Axe finds nothing on the main pages."""
    found: list[str] = []
    for path in MAIN_PAGES:
        visit.go(path)
        visit.page.evaluate(AXE_SCRIPT)
        found += [f"{path}: {fault}" for fault in run_axe(visit.page)[0]]

    assert found == []


@pytest.mark.parametrize(
    ("name", "view"),
    [
        *((name, view) for name in LOOKS for view in (DESKTOP, PHONE)),
        *((name, DARK) for name in SEEN_IN_THE_DARK),
    ],
    ids=lambda one: one.name if isinstance(one, View) else one,
)
def test_a_page_looks_as_it_was_approved(visit: Visit, name: str, view: View, request: pytest.FixtureRequest) -> None:
    """Colours, pictures and where things stand; `make approve` takes what is there for right."""
    visit.go(LOOKS[name])
    look, approved = take_look(visit.page), approved_look(name, view)
    if request.config.getoption("--approve"):
        approved.parent.mkdir(exist_ok=True)
        approved.write_bytes(look)
    before = approved.read_bytes() if approved.exists() else b""
    share = moved(before, look) if before else 1.0
    if share > MOST_MOVED:
        KEPT.mkdir(parents=True, exist_ok=True)
        (KEPT / approved.name).write_bytes(beside(before or look, look))

    assert share <= MOST_MOVED, f"approved and found are side by side in {KEPT / approved.name}; `make approve`?"


def test_without_scripts_everything_is_there(visiting: Callable[..., Visit]) -> None:
    """Text, menu and forms."""
    visit = visiting(scripts=False)
    visit.go("/")
    visit.page.get_by_role("link", name="Contact", exact=True).first.click()

    expect(visit.page.get_by_role("button", name="Send the message")).to_be_visible()
