"""What every smoke test gets: a site, a visitor's browser that keeps what went wrong, and an inbox that is tidied."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import APIRequestContext, Browser, BrowserContext, ConsoleMessage, Page, Playwright, Response
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import TimeoutError as PlaywrightTimeoutError

from tests.smoke.here import served_here
from tests.smoke.looks import DESKTOP, View
from tests.smoke.site import TEST_ADDRESS, Inbox, Site, read_json
from tools.browser import can_record
from tools.smoke import KEPT, KEY_VARIABLE, reach

FAILED = pytest.StashKey[bool]()
# What a browser says of a request that it gave up by itself, because somebody went on to another page.
GIVEN_UP = re.compile(r"ERR_ABORTED|NS_BINDING_ABORTED|cancelled", re.IGNORECASE)
# The views of our own visits are no visitors'.
SETTLE_MS = 15_000
NO_BEACON = "navigator.sendBeacon = () => true;"


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out what may only be done to a site that was made here."""
    return True if collection_path.name == "test_sweeping.py" and config.getoption("--site-url") else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Let every test that visits the site do so with each browser that was asked for."""
    if "engine" in metafunc.fixturenames:
        metafunc.parametrize("engine", metafunc.config.getoption("--browsers").split(","), indirect=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write down that a test failed, so that what its browser saw is kept."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def site(request: pytest.FixtureRequest) -> Iterator[Site]:
    """Return the site named by --site-url; else build, deploy and serve one here."""
    option = request.config.getoption
    if url := option("--site-url"):
        yield Site(
            url.rstrip("/"),
            option("--site-release"),
            option("--site-api-release"),
            option("--site-environment"),
            os.environ.get(KEY_VARIABLE, ""),
        )
        return
    with served_here(request.getfixturevalue("site_output")) as here:
        yield here


@pytest.fixture(scope="session")
def asking(playwright: Playwright, site: Site) -> Iterator[APIRequestContext]:
    """Return what asks for the site's paths without a browser, and follows no redirect by itself."""
    address, host = reach(site.url)
    context = playwright.request.new_context(base_url=address, extra_http_headers=host, max_redirects=0)
    yield context
    context.dispose()


@pytest.fixture(scope="session")
def api(asking: APIRequestContext) -> str:
    """Return the path of the API; where there is no API, what needs it is skipped."""
    answer = asking.get("/api/health")
    if answer.status in {403, 404, 405}:
        pytest.skip(f"this site has no API: {answer.url} answered {answer.status}")
    assert read_json(answer) == {"status": "ok"}
    return "/api"


@pytest.fixture(scope="session")
def inbox(site: Site, api: str, playwright: Playwright) -> Iterator[Inbox]:
    """Return the messages that arrive; what runs that were killed left there is gone.

    The key's requests are not the browser's, so it is in no trace.
    """
    assert api
    if not site.key:
        pytest.skip(f"what this test leaves could not be erased without a key in {KEY_VARIABLE}")
    address, host = reach(site.url)
    headers = {**host, "Authorization": f"Bearer {site.key}"}
    context = playwright.request.new_context(base_url=address, extra_http_headers=headers)
    inbox = Inbox(context)
    inbox.sweep(time.time())
    yield inbox
    context.dispose()


@pytest.fixture
def nobody(inbox: Inbox) -> Iterator[str]:
    """Return an address that is nobody's; whatever a test does with it is erased, also when it fails."""
    address = TEST_ADDRESS.format(run=secrets.token_hex(8))
    yield address
    inbox.erase(address)


@pytest.fixture
def engine(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Browser]:
    """Return a running browser of the kind that was asked for; one that is not to be had is skipped."""
    name = request.param
    if name == "chromium":
        yield request.getfixturevalue("browser")
        return
    kind = {"firefox": playwright.firefox, "webkit": playwright.webkit}[name]
    if not Path(kind.executable_path).exists():
        pytest.skip(f"Playwright's {name} is not installed here: `make browsers` gets it where it can be had")
    running = kind.launch()
    yield running
    running.close()


@pytest.fixture
def view() -> View:
    """Return how the visitor looks at the site, where a test does not say it."""
    return DESKTOP


@dataclass
class Visit:
    """Somebody on the site, and everything that went wrong meanwhile."""

    page: Page
    site: Site
    faults: list[str] = field(default_factory=list)

    def go(self, path: str) -> Response:
        """Open a page of the site with all that it names."""
        answer = self.page.goto(self.site.url + path)
        assert answer is not None
        return answer

    def settle(self) -> None:
        """Wait for what scripts ask for after the page is there: it may fail too, or never come to an end."""
        try:
            self.page.wait_for_load_state("networkidle", timeout=SETTLE_MS)
        except PlaywrightTimeoutError:
            self.faults.append(f"requests of {self.page.url} were still under way after {SETTLE_MS / 1000:.0f} seconds")

    def watch(self) -> None:
        """Write down what the browser complains of, and what it could not get."""
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.faults.append(f"a script failed: {error}"))
        self.page.on("requestfailed", lambda one: self._on_failure(f"{one.failure}: {one.url}"))
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"the console says: {message.text}")

    def _on_failure(self, words: str) -> None:
        if not GIVEN_UP.search(words):
            self.faults.append(f"a request failed: {words}")

    def _on_response(self, answer: Response) -> None:
        if answer.status >= 400:
            self.faults.append(f"{answer.status}: {answer.url}")


@pytest.fixture
def visiting(request: pytest.FixtureRequest, engine: Browser, site: Site, view: View) -> Iterator[Callable[..., Visit]]:
    """Return what begins a visit; no visit may have a fault, and of one that has the evidence is kept."""
    name = engine.browser_type.name
    videos = Path(request.getfixturevalue("tmp_path")) / "videos" if can_record() else None
    begun: list[tuple[BrowserContext, Visit]] = []

    def begin(*, scripts: bool = True) -> Visit:
        context = engine.new_context(
            viewport={"width": view.width, "height": view.height},
            color_scheme="dark" if view.dark else "light",
            reduced_motion="reduce",
            java_script_enabled=scripts,
            has_touch=view.touch,
            # Firefox has no such thing.
            is_mobile=view.touch if name != "firefox" else None,
            record_video_dir=videos,
        )
        context.add_init_script(NO_BEACON)
        context.tracing.start(screenshots=True, snapshots=True)
        visit = Visit(context.new_page(), site)
        visit.watch()
        begun.append((context, visit))
        return visit

    yield begin
    for _, visit in begun:
        visit.settle()
    faults = [fault for _, visit in begun for fault in visit.faults]
    went_wrong = request.node.stash.get(FAILED, False) or bool(faults)
    folder = KEPT / re.sub(r"[^A-Za-z0-9]+", "-", request.node.name).strip("-")
    for number, (context, visit) in enumerate(begun, 1):
        end_visit(context, visit, folder / str(number) if went_wrong else None)
    assert faults == [], f"see {folder}"


def end_visit(context: BrowserContext, visit: Visit, folder: Path | None) -> None:
    """End a visit; keep what it saw where a folder is given."""
    video = visit.page.video
    if folder:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "faults.txt").write_text("\n".join(visit.faults))
        # A page that hangs shows nothing any more; the trace has what it showed before.
        with suppress(PlaywrightError):
            (folder / "page.html").write_text(f"<!-- {visit.page.url} -->\n{visit.page.content()}")
            visit.page.screenshot(path=folder / "screenshot.png", full_page=True)
    context.tracing.stop(path=folder / "trace.zip" if folder else None)
    context.close()
    if video and folder:
        video.save_as(folder / "video.webm")


@pytest.fixture
def visit(visiting: Callable[..., Visit]) -> Visit:
    """Return somebody who has just come."""
    return visiting()
