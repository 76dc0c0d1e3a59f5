"""An author's day: write and see it, break it and be told, mend it and go on; in real browsers, through `serve`."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect

from tools.browser import find_browser

READY = re.compile(r"ready at (http://\S+)/")
SECONDS = 60

# With the first, Chromium at times says that it closes a page that is just being loaded again, and does not: whoever
# waits for that waits for ever (crbug.com/536385539). Nothing else here is tested without it, since pages fade by it. A
# second such switch takes the place of Playwright's own, so what of that one matters here is said again.
NOT_WANTED = ("RenderDocument", "AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "PaintHolding")

pytestmark = [pytest.mark.browser, pytest.mark.integration]


@dataclass(frozen=True)
class Preview:
    """A site that is being written, and where it is served."""

    site: Path
    output: Path
    url: str

    @property
    def post(self) -> Path:
        """Return the text that these tests edit."""
        return self.site / "content" / "posts" / "first" / "index.md"


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Run a browser that closes what it is told to close: every test here ends with a page on its way to be anew."""
    arguments = [f"--disable-features={','.join(NOT_WANTED)}"]
    running = playwright.chromium.launch(executable_path=find_browser(), args=arguments)
    yield running
    running.close()


@pytest.fixture(scope="module")
def preview(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preview]:
    """Serve a copy of the smallest site, as an author does."""
    folder = tmp_path_factory.mktemp("preview")
    site = Path(shutil.copytree(project_root / "tests" / "sites" / "tiny", folder / "site"))
    output = folder / "state" / "preview"
    log = folder / "log"
    command = [sys.executable, "-m", "site_builder", "serve", "--settings", str(site / "pelicanconf.py")]
    command += ["--port", "0", "--state", str(folder / "state"), "--output", str(output)]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=project_root, stdout=stream, stderr=stream, env={**os.environ})
    try:
        yield Preview(site, output, _address(process, log))
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(SECONDS) == 0, log.read_text()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        ready = READY.search(log.read_text())
        if ready:
            return ready.group(1)
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@pytest.mark.timeout(120)
def test_a_page_that_is_just_being_loaded_again_can_be_closed(preview: Preview, browser: Browser) -> None:
    """The browser of these tests does it; one with all that browsers have today would wait for ever."""
    context = browser.new_context()
    for _ in range(20):
        page = context.new_page()
        page.goto(f"{preview.url}/about/")
        with pytest.raises(Error, match="navigation"):
            page.evaluate("() => { location.reload(); return new Promise(() => {}); }")
        page.close()

    assert context.pages == []
    context.close()


def test_write_break_and_mend(preview: Preview, page: Page) -> None:
    """What is saved is seen; what is broken is said over the last good page; what is mended needs no key."""
    complaints: list[str] = []
    page.on("console", lambda one: complaints.append(f"{one.location} {one.text}") if one.type == "error" else None)
    words = preview.post.read_text()
    page.goto(f"{preview.url}/blog/first/")
    preview.post.write_text(f"{words}\nThe words of today.\n")
    expect(page.get_by_text("The words of today.")).to_be_visible()

    preview.post.write_text(words.replace("Date:", "Dato:", 1))
    overlay = page.get_by_role("alertdialog")
    expect(overlay).to_contain_text("is not a known key")
    expect(overlay).to_contain_text("first/index.md:2")
    expect(overlay).to_contain_text("Did you mean `Date:`?")
    expect(overlay.locator("pre .here").filter(has_text="Dato:")).to_be_visible()
    expect(page.get_by_text("The words of today.")).to_be_attached()

    preview.post.write_text(f"{words}\nThe words of tomorrow.\n")
    expect(page.get_by_text("The words of tomorrow.")).to_be_visible()
    expect(overlay).to_have_count(0)
    preview.post.write_text(words)
    expect(page.get_by_text("The words of tomorrow.")).to_have_count(0)

    # The smallest site has no mark for its tab, which a browser asks for once.
    assert [one for one in complaints if "/favicon.ico" not in one] == []


def test_a_fault_can_be_put_aside_to_look_at_the_last_good_page(preview: Preview, page: Page) -> None:
    """With a button, or with Escape; a page that is opened later shows it again."""
    words = preview.post.read_text()
    page.goto(f"{preview.url}/")
    preview.post.write_text(words.replace("Date:", "Dato:", 1))
    overlay = page.get_by_role("alertdialog")
    expect(overlay).to_be_visible()
    page.keyboard.press("Escape")
    expect(overlay).to_have_count(0)
    page.goto(f"{preview.url}/about/")
    expect(overlay).to_be_visible()
    overlay.get_by_role("button").click()
    expect(overlay).to_have_count(0)
    preview.post.write_text(words)


def test_a_broken_template_is_shown_with_its_line(preview: Preview, page: Page) -> None:
    """And a template that is mended shows on the page."""
    template = preview.site / "theme" / "templates" / "article.html"
    source = template.read_text()
    page.goto(f"{preview.url}/blog/first/")
    template.write_text(f"{source}\n{{% if %}}\n")
    overlay = page.get_by_role("alertdialog")
    expect(overlay).to_contain_text("article.html:")
    expect(overlay.locator("pre .here")).to_contain_text("{% if %}")
    template.write_text(source.replace("<h1", "<p>From the template.</p><h1", 1))
    expect(page.get_by_text("From the template.")).to_be_visible()
    expect(overlay).to_have_count(0)
    template.write_text(source)
    expect(page.get_by_text("From the template.")).to_have_count(0)


def test_another_setting_is_on_the_page(preview: Preview, page: Page) -> None:
    """Settings are code: whoever builds is started anew, and nobody has to know."""
    settings = preview.site / "pelicanconf.py"
    source = settings.read_text()
    page.goto(f"{preview.url}/")
    settings.write_text(source.replace('SITENAME = "Tiny"', 'SITENAME = "Another"'))
    expect(page).to_have_title(re.compile("Another"))
    settings.write_text(source)
    expect(page).to_have_title(re.compile("Tiny"))


def test_a_stylesheet_is_put_into_its_place_without_loading_the_page_again(preview: Preview, page: Page) -> None:
    """What was typed, opened or scrolled on the page stays."""
    style = preview.site / "theme" / "static" / "css" / "site.css"
    source = style.read_text()
    page.goto(f"{preview.url}/blog/first/")
    page.evaluate("window.same = true")
    style.write_text(f"{source}\nbody {{ color: rgb(1, 2, 3); }}\n")
    expect(page.locator("body")).to_have_css("color", "rgb(1, 2, 3)")
    style.write_text(f"{source}\nbody {{ color: rgb(4, 5, 6); }}\n")
    expect(page.locator("body")).to_have_css("color", "rgb(4, 5, 6)")

    assert page.evaluate("window.same") is True

    page.reload()
    expect(page.locator("body")).to_have_css("color", "rgb(4, 5, 6)")
    style.write_text(source)
    expect(page.locator("body")).not_to_have_css("color", "rgb(4, 5, 6)")


def test_the_place_on_the_page_is_kept(preview: Preview, page: Page) -> None:
    """An author at the end of a long post stays there."""
    words = preview.post.read_text()
    long = words + "\nA paragraph.\n" * 200
    preview.post.write_text(long)
    page.goto(f"{preview.url}/blog/first/")
    expect(page.get_by_text("A paragraph.").nth(199)).to_be_attached()
    # While a page is still loading, the browser itself puts it where it was.
    page.wait_for_load_state()
    page.evaluate("window.scrollTo(0, 3000)")
    preview.post.write_text(f"{long}\nThe end.\n")
    expect(page.get_by_text("The end.")).to_be_attached()
    # The browser puts it back after the page is there; the page's own policy lets nobody wait for it inside.
    deadline = time.monotonic() + SECONDS
    while abs(page.evaluate("window.scrollY") - 3000) > 100 and time.monotonic() < deadline:
        page.wait_for_timeout(20)
    assert page.evaluate("window.scrollY") == pytest.approx(3000, abs=100)
    preview.post.write_text(words)


def test_every_browser_shows_it_and_a_page_that_did_not_change_is_left_alone(
    preview: Preview, browser: Browser
) -> None:
    """Two of them look at the post, one at another page."""
    words = preview.post.read_text()
    contexts = [browser.new_context() for _ in range(3)]
    first, second, other = (context.new_page() for context in contexts)
    first.goto(f"{preview.url}/blog/first/")
    second.goto(f"{preview.url}/blog/first/")
    other.goto(f"{preview.url}/about/")
    other.evaluate("window.same = true")
    preview.post.write_text(f"{words}\nFor everybody.\n")
    expect(first.get_by_text("For everybody.")).to_be_visible()
    expect(second.get_by_text("For everybody.")).to_be_visible()
    same = other.evaluate("window.same")
    preview.post.write_text(words)
    expect(first.get_by_text("For everybody.")).to_have_count(0)
    for context in contexts:
        context.close()

    assert same is True


def test_drafts_and_what_is_ahead_of_its_date_are_here_alone_and_say_so(preview: Preview, page: Page) -> None:
    """A page that is not there yet appears in the browser that waits for it."""
    posts = preview.site / "content" / "posts"
    keys = "Title: {title}\nDate: {date}\nSummary: S.\nCategory: Notes\n{more}\nWords to come.\n"
    page.goto(f"{preview.url}/drafts/sketch/")
    expect(page.locator("body")).not_to_contain_text("Words to come.")
    (posts / "sketch.md").write_text(keys.format(title="A sketch", date="2026-01-01", more="Status: draft\n"))
    expect(page.get_by_text("Words to come.")).to_be_visible()
    expect(page.get_by_text("Draft: only here")).to_be_visible()
    (posts / "ahead.md").write_text(keys.format(title="From the future", date="2096-01-01", more=""))
    link = page.get_by_role("link", name="From the future")
    deadline = time.monotonic() + SECONDS
    page.goto(f"{preview.url}/_dev/")
    while link.count() == 0 and time.monotonic() < deadline:
        page.wait_for_timeout(100)
        page.reload()
    link.click()
    expect(page.get_by_text("Appears on 2096-01-01 00:00 UTC")).to_be_visible()
    expect(page).to_have_url(f"{preview.url}/drafts/ahead/")
    for name in ("sketch.md", "ahead.md"):
        (posts / name).unlink()
    page.wait_for_url(f"{preview.url}/drafts/ahead/")
    expect(page.get_by_text("Words to come.")).to_have_count(0)


def test_findings_about_a_page_are_in_its_drawer(preview: Preview, page: Page) -> None:
    """They are there a moment after the page, with what to do."""
    words = preview.post.read_text()
    page.goto(f"{preview.url}/blog/first/")
    preview.post.write_text(f"{words}\n[A link](/nowhere/).\n")
    summary = page.locator("details.bar summary")
    expect(summary).to_contain_text("1 finding")
    summary.click()
    expect(page.locator(".drawer")).to_contain_text("`/nowhere/` leads nowhere")
    expect(page.locator(".drawer")).to_contain_text("first/index.md")
    preview.post.write_text(words)
    expect(summary).not_to_contain_text("finding")


def test_only_a_page_that_a_person_looks_at_is_added_to(preview: Preview) -> None:
    """A program gets the bytes that visitors get."""
    with urllib.request.urlopen(f"{preview.url}/blog/first/") as answer:  # noqa: S310 - our own address
        body = answer.read()

    assert body == (preview.output / "blog" / "first" / "index.html").read_bytes()
