"""Where the owner wants it, a page says once that it was seen and how fast it was, and nothing else."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Page

from site_builder.engine.build import BuildRequest
from site_builder.guarded import build_guarded
from site_builder.preview.origin import FolderOrigin, working_values
from site_builder.preview.stack import Project, Stack, running_stack
from tests.browser.api import Api

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]
VITALS = "/api/vitals"


@pytest.fixture(scope="module")
def measuring(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Run the whole product with the setting on."""
    folder = tmp_path_factory.mktemp("measuring")
    for name in ("content", "theme"):
        (folder / name).symlink_to(ROOT / name)
    settings = (ROOT / "pelicanconf.py").read_text()
    (folder / "pelicanconf.py").write_text(settings.replace("MEASURES = False", "MEASURES = True"))
    output = build_guarded(BuildRequest(folder / "pelicanconf.py", folder / "output")).output
    with tempfile.TemporaryDirectory(prefix="zichkoding-measures-") as local:
        # A root user's database runs as somebody else, who must be able to walk through to the data.
        Path(local).chmod(0o711)
        values = partial(working_values, output)
        project = Project(ROOT, Path(local))
        with running_stack(project, FolderOrigin(output), values, port=8450, report=lambda _: None) as stack:
            yield stack


@pytest.fixture
def api(page: Page) -> Api:
    """Return the API that the page talks to."""
    served = Api()
    served.serve(page)
    return served


def counts(stack: Stack, path: str) -> dict[str, int]:
    """Return what was counted of a page, as soon as there is something."""
    with psycopg.connect(stack.database.url()) as connection:
        for _ in range(100):
            found = connection.execute("SELECT name, counted FROM page_counts WHERE path = %s", [path]).fetchall()
            if found:
                return dict(found)
            connection.rollback()
            time.sleep(0.1)
    return {}


def test_a_page_that_was_left_is_counted_with_its_measures(page: Page, measuring: Stack) -> None:
    """From the browser into the database; where somebody came from and what was asked stay out of it."""
    page.goto(f"{measuring.server.url}/blog/two-commands/?from=a-friend#end")
    page.locator("h1").click()
    page.goto(f"{measuring.server.url}/robots.txt")

    counted = counts(measuring, "/blog/two-commands/")
    assert counted["view"] == 1
    assert {name.split()[0] for name in counted} >= {"view", "ttfb", "fcp", "lcp", "cls"}
    assert page.context.cookies() == []


def test_a_page_is_counted_once_however_often_it_is_put_aside(page: Page, measuring: Stack, api: Api) -> None:
    """Another tab, and back, and another."""
    page.goto(f"{measuring.server.url}/about/")
    hide = "Object.defineProperty(document, 'visibilityState', {value: '%s', configurable: true});"
    for state in ("hidden", "visible", "hidden"):
        page.evaluate(hide % state + "document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))")
    page.wait_for_timeout(200)

    assert len(api.to(VITALS)) == 1


@pytest.mark.parametrize("path", ["/no/such/page/", "/"])
def test_what_is_no_page_and_whoever_does_without_load_nothing_for_it(
    page: Page, measuring: Stack, site_url: str, api: Api, path: str
) -> None:
    """A 404 with the setting on, and any page with it off."""
    page.goto(f"{measuring.server.url if 'no' in path else site_url}{path}")
    assert page.locator("script[src*=measure]").count() == 0
    page.goto("about:blank")
    page.wait_for_timeout(200)

    assert api.to(VITALS) == []
