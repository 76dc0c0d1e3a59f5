"""What must hold on a live site, whichever environment it is."""

from __future__ import annotations

import urllib.error
import urllib.request
import uuid
from email.message import Message

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.smoke.conftest import Deployed

pytestmark = [pytest.mark.browser, pytest.mark.integration]


def fetch(url: str) -> tuple[int, Message, str]:
    """Return an address's status, headers and text."""
    try:
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - the address is the tester's own
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read().decode()


def test_home_leads_to_a_post(page: Page, deployed: Deployed) -> None:
    """A visitor gets from the home page to something to read."""
    page.goto(deployed.url)
    page.get_by_role("link", name="Blog", exact=True).first.click()
    page.locator("main article a, main h2 a, main h3 a").first.click()

    expect(page.locator("article h1")).to_be_visible()


def test_no_page_of_the_menu_complains(page: Page, deployed: Deployed) -> None:
    """No console error, no failed request, on any page that the menu leads to."""
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: faults.append(request.url))
    page.on("response", lambda answer: faults.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    page.goto(deployed.url)
    for target in [link.get_attribute("href") for link in page.locator("header nav a").all()]:
        # Until nothing is loading any more: what is left behind half loaded counts as failed.
        page.goto(f"{deployed.url}{target}", wait_until="networkidle")

    assert faults == []


def test_a_page_carries_its_release_and_its_headers(deployed: Deployed) -> None:
    """Every response says which release it is of, and keeps to itself."""
    status, headers, _ = fetch(f"{deployed.url}/blog/")

    assert status == 200
    assert deployed.release in (None, headers["x-amz-meta-release"])
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_what_is_not_there_is_a_real_404_with_the_sites_page(deployed: Deployed) -> None:
    """Neither a bare error nor a page that claims to be there."""
    status, _, text = fetch(f"{deployed.url}/there/is/no/such/page/")

    assert status == 404
    assert "<h1" in text


@pytest.mark.parametrize("path", ["manifests/", "releases/", "ledger/1.json", ".git/config", "%2e%2e/manifests/"])
def test_what_is_not_for_visitors_is_not_there(path: str, deployed: Deployed) -> None:
    """No address reaches behind the site."""
    status, _, _ = fetch(f"{deployed.url}/{path}")

    assert status in (400, 404)


def test_the_api_is_alive_on_the_same_origin(deployed: Deployed) -> None:
    """The form's address answers."""
    status, _, text = fetch(f"{deployed.url}/api/health")

    assert (status, '"ok"' in text) == (200, True)


def test_a_form_with_a_mistake_comes_back_with_its_text(browser: Browser, deployed: Deployed) -> None:
    """Without JavaScript, and without the browser's own checks: what was written is still there."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{deployed.url}/contact/")
    page.get_by_label("name").fill("Ada")
    page.get_by_label("email").fill("ada@example")
    page.get_by_label("message").fill("A long text")
    page.locator("main form button").click()
    told, kept = page.get_by_role("alert").inner_text(), page.get_by_label("Your message").input_value()
    context.close()

    assert "cannot be taken" in told
    assert kept == "A long text"


def test_a_message_goes_from_the_page_into_the_database(page: Page, deployed: Deployed) -> None:
    """The whole road: page, form, API, row; then it is cleaned up."""
    if not deployed.database:
        pytest.skip("the database of this environment is not within reach: name it with --database-url")
    marker = f"Smoke test {uuid.uuid4()}"
    page.goto(f"{deployed.url}/contact/")
    page.get_by_label("name").fill("Smoke Test")
    page.get_by_label("email").fill("smoke@example.com")
    page.get_by_label("message").fill(marker)
    page.locator("main form button").click()
    page.wait_for_url("**/contact/thank-you/")

    with psycopg.connect(deployed.database, autocommit=True) as connection:
        statement = "DELETE FROM contact_messages WHERE message = %s RETURNING name, email, label"
        rows = connection.execute(statement, [marker]).fetchall()

    assert rows == [("Smoke Test", "smoke@example.com", "ham")]
