"""Nobody is shut out: axe-core finds nothing on any template, in either scheme, narrow or wide."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

# WCAG 2.0 to 2.2, levels A and AA, and what axe's makers think good besides.
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]
OPTIONS = {"runOnly": {"type": "tag", "values": LEVELS}, "resultTypes": ["violations", "incomplete"]}
WIDTHS = (320, 1280)
DECIDED = tomllib.loads((Path(__file__).parent / "undecided.toml").read_text())["decided"]

Finding = tuple[str, str]


def run_axe(page: Page) -> tuple[list[str], set[Finding]]:
    """Return what is wrong with a page, in words, and what axe leaves to people."""
    found: dict[str, Any] = page.evaluate("options => axe.run(document, options)", OPTIONS)
    wrong = [f"{rule['id']}: {node['html'][:160]}" for rule in found["violations"] for node in rule["nodes"]]
    open_ = {(rule["id"], str(node["target"][-1])) for rule in found["incomplete"] for node in rule["nodes"]}
    return wrong, open_


def in_all_looks(page: Page) -> Iterator[str]:
    """Show the page in each scheme and width, one after the other."""
    page.evaluate(AXE_SCRIPT)
    for scheme in ("light", "dark"):
        for width in WIDTHS:
            page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
            page.set_viewport_size({"width": width, "height": 800})
            yield f"{scheme} {width}"


def test_axe_finds_nothing_on_any_template(browser: Browser, templates: list[str]) -> None:
    """And what it cannot decide has been decided, in a file that holds nothing else."""
    page = browser.new_page()
    wrong: list[str] = []
    left: set[Finding] = set()
    for url in templates:
        page.goto(url)
        for look in in_all_looks(page):
            faults, undecided = run_axe(page)
            wrong += [f"{url} ({look}): {fault}" for fault in faults]
            left |= undecided
    page.close()

    assert wrong == []
    assert left == {(one["rule"], one["target"]) for one in DECIDED}


def test_axe_finds_nothing_in_a_page_that_reads_the_other_way(browser: Browser, arabic_url: str) -> None:
    """From right to left, and with words in two languages."""
    page = browser.new_page()
    page.goto(arabic_url)
    wrong = [f"{look}: {fault}" for look in in_all_looks(page) for fault in run_axe(page)[0]]
    page.close()

    assert wrong == []


def test_axe_would_find_something(page: Page, site_url: str) -> None:
    """A test that cannot fail proves nothing."""
    page.goto(site_url)
    page.evaluate(AXE_SCRIPT)
    page.evaluate("document.querySelector('main').append(document.createElement('button'))")

    assert [fault.partition(":")[0] for fault in run_axe(page)[0]] == ["button-name"]
