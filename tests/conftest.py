"""What every test shares: real parts, started once, and a small real site to work on."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from site_builder.engine.build import BuildRequest
from site_builder.guarded import build_guarded
from site_builder.preview.database import PostgresServer, running_postgres
from tests.serving import serving
from tools.browser import find_browser

ROOT = Path(__file__).resolve().parents[1]
# A slow machine is no fault, so a property states no time; nightly looks harder: HYPOTHESIS_PROFILE=nightly.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.register_profile("nightly", deadline=None, max_examples=2000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))
# What a browser shows at last is a rule; how soon a busy machine shows it is none.
expect.set_options(timeout=30_000)
# Bounded, and the same on every machine: no test may reach AWS, whatever is in the developer's environment.
os.environ.update(
    AWS_ACCESS_KEY_ID="test",
    AWS_SECRET_ACCESS_KEY="test",  # noqa: S106 - a placeholder that no server takes
    AWS_DEFAULT_REGION="eu-central-1",
    AWS_EC2_METADATA_DISABLED="true",
)
for variable in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "ZICHKODING_DESCRIPTOR", "SOURCE_DATE_EPOCH"):
    os.environ.pop(variable, None)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let the smoke tests look at a deployed site; `make smoke` gives these."""
    parser.addoption("--site-url", default="", help="run the smoke tests against this site, not one made here")
    parser.addoption("--site-release", default="", help="the release that must be live there")
    parser.addoption("--site-api-release", default="", help="the release that its API must say")
    parser.addoption("--site-environment", default="", help="which environment it is")
    parser.addoption("--browsers", default="chromium", help="some of chromium,firefox,webkit")
    parser.addoption("--approve", action="store_true", help="take what the pages look like now for right")


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Return the folder that holds the whole project."""
    return ROOT


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run a real PostgreSQL for the whole session; its data need not survive, so it skips fsync."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-tests-") as folder:
        # A root user's server runs as somebody else, who must be able to walk through to the data.
        Path(folder).chmod(0o711)
        with running_postgres(Path(folder) / "postgres", durable=False) as server:
            yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """Return the address of the server's maintenance database, with a superuser's rights."""
    return postgres_server.url("postgres")


@pytest.fixture
def tiny_site(tmp_path: Path) -> Path:
    """Return a copy of the smallest real site, to be changed at will."""
    return Path(shutil.copytree(ROOT / "tests" / "sites" / "tiny", tmp_path / "tiny"))


@pytest.fixture(scope="session")
def site_output(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the real site once, and return the folder that it lies in; nobody changes it."""
    return build_guarded(BuildRequest(ROOT / "pelicanconf.py", tmp_path_factory.mktemp("site") / "output")).output


@pytest.fixture(scope="session")
def site_url(site_output: Path) -> Iterator[str]:
    """Serve the real site, and return its address."""
    with serving(site_output) as url:
        yield url


@pytest.fixture(scope="session")
def closed_url(site_output: Path) -> Iterator[str]:
    """Serve the real site while it is closed for a while, and return its address."""
    with serving(site_output, closed=True) as url:
        yield url


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Return what drives browsers; there can be one in a process."""
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Run one real browser for the whole session."""
    program = find_browser()
    if program is None:
        pytest.fail("no Chromium was found: run `make setup`, or name one in the variable CHROMIUM")
    running = playwright.chromium.launch(executable_path=program)
    yield running
    running.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Return a fresh page that knows nothing of other tests."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
