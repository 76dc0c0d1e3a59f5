"""What a visitor sends arrives: through page, script, edge and API into the database, and is erased again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import APIRequestContext, expect

from tests.smoke.conftest import Visit
from tests.smoke.looks import DESKTOP, PHONE
from tests.smoke.site import Inbox, Site

pytestmark = [pytest.mark.browser, pytest.mark.integration]


def test_a_message_arrives_and_is_erased(visit: Visit, inbox: Inbox, nobody: str) -> None:
    """The whole road: page, form, API, row; it is found with a key, and then nothing of it is left.

    Several runs within minutes are many messages of one sender, which the API labels: that is no fault of the road.
    """
    visit.go("/contact/")
    visit.page.get_by_label("name").fill("Smoke test")
    visit.page.get_by_label("email").fill(nobody)
    visit.page.get_by_label("Subject").fill("A smoke test; it erases this itself")
    visit.page.get_by_label("message").fill(f"Nobody has to answer this.\nIt was sent as {nobody}.")
    visit.page.get_by_role("button", name="Send the message").click()
    visit.page.wait_for_url("**/contact/thank-you/")
    found = inbox.wait_for(nobody)
    erased = inbox.erase(nobody)

    assert (found["name"], found["email"], nobody in found["message"]) == ("Smoke test", nobody, True)
    assert found["label"] == "ham" or "many messages" in found["reason"]
    assert erased["messages"] == 1
    assert list(inbox.search(nobody)) == []


@pytest.mark.parametrize("view", [DESKTOP, PHONE], ids=lambda view: view.name)
def test_a_form_with_a_mistake_comes_back_with_its_text(visiting: Callable[..., Visit], api: str) -> None:
    """Without scripts, and without the browser's own checks: what was written is still there, and nothing is kept."""
    assert api
    visit = visiting(scripts=False)
    visit.go("/contact/")
    visit.page.get_by_label("name").fill("Ada")
    visit.page.get_by_label("email").fill("ada@example")
    visit.page.get_by_label("message").fill("A long text")
    visit.page.get_by_role("button", name="Send the message").click()

    expect(visit.page.get_by_role("alert")).to_contain_text("cannot be taken")
    expect(visit.page.get_by_label("Your message")).to_have_value("A long text")
    # The answer to a mistake is a 422, and the browser says so.
    visit.faults[:] = [fault for fault in visit.faults if "422" not in fault]


def test_a_link_to_sign_in_is_asked_for(visit: Visit, nobody: str) -> None:
    """As far as somebody gets without a mailbox: the mail goes to nobody, and what is kept of it is erased."""
    visit.go("/account/")
    visit.page.get_by_label("Your email address").fill(nobody)
    visit.page.get_by_role("button", name="Send me the link").click()
    visit.page.wait_for_url("**/account/check-your-mail/")

    expect(visit.page.locator("h1")).to_be_visible()


def test_a_forged_link_signs_nobody_in(site: Site, api: str, asking: APIRequestContext) -> None:
    """Neither the page with the button nor the button, and no cookie is set."""
    shown = asking.get(f"{api}/session/link", params={"token": "forged"})
    # As a browser says it: the API knows the site's own address, and not that of a preview.
    said = {"Origin": site.url, "Sec-Fetch-Site": "same-origin"}
    used = asking.post(f"{api}/session/link", params={"token": "forged"}, headers=said)
    session = asking.get(f"{api}/session")

    # The API's own words, or the site's page: a CDN that has a page for 404 shows it for the API as well.
    assert (shown.status, used.status) == (404, 404)
    assert "set-cookie" not in used.headers
    assert session.json()["signed_in"] is False
