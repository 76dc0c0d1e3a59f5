"""With scripts, forms are kinder: nothing that was written is lost, faults stand at their fields, a press is one."""

from __future__ import annotations

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Route, expect

from tests.browser.api import WORDS_FOR_NO_ADDRESS, Api, letter_from
from tests.browser.test_accessibility import run_axe

pytestmark = pytest.mark.browser

TEXT = "It took me an hour to write this."
POST = "/blog/two-commands/"


@pytest.fixture
def api(page: Page) -> Api:
    """Return the API that the page talks to."""
    served = Api()
    served.serve(page)
    return served


def write(page: Page, url: str, email: str = "ada@example.org") -> None:
    """Fill the contact form in."""
    page.goto(f"{url}/contact/")
    page.get_by_label("Your name").fill("Ada")
    page.get_by_label("Your email address").fill(email)
    page.get_by_label("Your message").fill(TEXT)


def send(page: Page) -> None:
    """Press the button."""
    page.get_by_role("button", name="Send the message").click()


def drafts(page: Page) -> object:
    """Return what the browser keeps of forms."""
    return page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('draft:'))")


def test_a_field_that_is_wrong_comes_into_view_with_its_name(page: Page, site_url: str, api: Api) -> None:  # noqa: ARG001 - it answers
    """On a phone the button is a screen below it; what stands over the field says which one it is."""
    page.set_viewport_size({"width": 390, "height": 844})
    write(page, site_url, email="ada@example.invalid")
    send(page)

    expect(page.get_by_label("Your email address")).to_be_focused()
    expect(page.locator("label[for=email]")).to_be_in_viewport(ratio=1)


def test_a_message_is_sent_thanked_for_and_then_forgotten(page: Page, site_url: str, api: Api) -> None:
    """The browser keeps the draft until it is acknowledged, and not a moment longer."""
    write(page, site_url)

    assert drafts(page) == ["draft:contact"]
    send(page)
    expect(page.locator("h1")).to_have_text("Thank you")
    assert drafts(page) == []
    [message] = api.messages.values()
    assert message["message"] == TEXT
    assert message["token"] == f"signed {message['key']}"
    page.goto(f"{site_url}/contact/")
    expect(page.get_by_label("Your message")).to_have_value("")


def test_nothing_is_asked_before_somebody_begins_to_write(page: Page, site_url: str, api: Api) -> None:
    """And then once, however often the focus moves."""
    page.goto(f"{site_url}/contact/", wait_until="networkidle")

    assert api.asked == []
    for label in ("Your name", "Your message", "Your name"):
        page.get_by_label(label).focus()
    expect(page.locator("[name=token]").first).not_to_have_value("")
    assert len(api.to("/api/contact/token", "GET")) == 1


def test_two_presses_are_one_message(page: Page, site_url: str, api: Api) -> None:
    """Also when the answer takes its time."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/contact", hold)
    write(page, site_url)
    button = page.get_by_role("button", name="Send the message")
    button.dblclick()
    button.click()
    page.wait_for_timeout(100)
    assert len(held) == 1
    held[0].fallback()
    expect(page.locator("h1")).to_have_text("Thank you")

    assert len(api.messages) == 1


def test_a_fault_is_said_at_its_field(page: Page, site_url: str, api: Api) -> None:
    """In the API's words, tied to the field, and the keyboard stands there; mended, it goes."""
    write(page, site_url, email="ada@example.invalid")
    send(page)
    field = page.get_by_label("Your email address")

    expect(field).to_be_focused()
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(f"Only to answer you. {WORDS_FOR_NO_ADDRESS}")
    expect(page.get_by_role("alert")).to_have_text("Please look again.")
    page.evaluate(AXE_SCRIPT)
    assert run_axe(page)[0] == []
    field.fill("ada@example.org")
    send(page)
    expect(page.locator("h1")).to_have_text("Thank you")
    assert len(api.messages) == 1


def test_a_failed_network_loses_nothing(page: Page, site_url: str, api: Api) -> None:
    """It is said kindly, the text stays, through a reload too, and the next press is the same message."""
    write(page, site_url)
    expect(page.locator("[name=token]").first).not_to_have_value("")
    api.unreachable = True
    send(page)

    expect(page.get_by_role("alert")).to_contain_text("Your words are safe")
    expect(page.get_by_label("Your message")).to_have_value(TEXT)
    api.unreachable = False
    key = page.locator("[name=key]").input_value()
    page.reload()
    expect(page.get_by_label("Your message")).to_have_value(TEXT)
    expect(page.get_by_role("alert")).to_have_text("Here is what you had written and not sent yet.")
    send(page)
    expect(page.locator("h1")).to_have_text("Thank you")
    assert list(api.messages) == [key]


def test_an_api_that_is_down_loses_nothing(page: Page, site_url: str, api: Api) -> None:
    """What is pressed again unchanged is the same message; what was changed since is another."""
    api.broken = True
    write(page, site_url)
    for words in (TEXT, TEXT, f"{TEXT} And more."):
        page.get_by_label("Your message").fill(words)
        send(page)
        expect(page.get_by_role("alert")).to_contain_text("Your words are safe")
    first, second, third = (body["key"] for body in api.to("/api/contact"))

    assert first == second
    assert third != second


def test_other_words_after_a_failure_get_a_key_and_its_token_of_their_own(page: Page, site_url: str, api: Api) -> None:
    """A token is good for its key alone, so both are asked for anew while somebody writes on."""
    write(page, site_url)
    expect(page.locator("[name=token]").first).not_to_have_value("")
    first = page.locator("[name=key]").input_value()
    api.unreachable = True
    send(page)
    expect(page.get_by_role("alert")).to_contain_text("Your words are safe")
    api.unreachable = False
    page.get_by_label("Your message").fill(f"{TEXT} And more.")
    send(page)
    expect(page.locator("h1")).to_have_text("Thank you")
    [message] = api.messages.values()

    assert message["key"] != first
    assert message["token"] == f"signed {message['key']}"


def test_a_draft_survives_without_a_press(page: Page, site_url: str, api: Api) -> None:
    """Whoever closes the page by mistake finds the words again."""
    write(page, site_url)
    page.goto(site_url)
    page.goto(f"{site_url}/contact/")

    expect(page.get_by_label("Your message")).to_have_value(TEXT)
    assert api.messages == {}


def test_a_form_works_where_the_browser_keeps_nothing(page: Page, site_url: str, api: Api) -> None:
    """Storage may be forbidden; then there is no draft, and all else is as ever."""
    page.add_init_script("Object.defineProperty(window, 'localStorage', { get() { throw new Error('forbidden'); } })")
    write(page, site_url)
    send(page)
    expect(page.locator("h1")).to_have_text("Thank you")

    assert len(api.messages) == 1


@pytest.mark.parametrize(
    ("path", "button", "to"),
    [
        ("/newsletter/", "Send it to me", "/api/newsletter"),
        ("/blog/", "Send it to me", "/api/newsletter"),
        ("/account/", "Send me the link", "/api/session/mail"),
    ],
)
def test_an_address_is_sent_and_answered_by_mail(
    page: Page, site_url: str, api: Api, path: str, button: str, to: str
) -> None:
    """The newsletter and the way in ask for nothing else, and say where to look next."""
    page.goto(site_url + path)
    page.get_by_label("Your email address").fill("ada@example.org")
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/check-your-mail/")
    [sent] = api.to(to)

    assert sent["email"] == "ada@example.org"
    assert sent["website"] == ""


def test_an_account_shows_what_is_somebodys(page: Page, site_url: str, api: Api) -> None:
    """Name, letters, saved posts and messages; a change is kept, and the page is well for everybody."""
    api.signed_in = True
    api.saved = {POST: "Two commands", "//elsewhere.example/": "Not ours"}
    page.goto(f"{site_url}/account/")
    expect(page.get_by_label("Your name")).to_have_value("Ada")
    links = page.locator("#saved a").evaluate_all("(all) => all.map((one) => one.href)")

    assert links[0] == site_url + POST
    assert [link for link in links if not link.startswith(f"{site_url}/")] == []
    expect(page.locator("#messages")).to_contain_text("Hello 2026-01-02 · answered")
    expect(page.get_by_role("button", name="Send me the link")).to_be_hidden()
    page.get_by_label("Your name").fill("Ada L.")
    page.get_by_label("Send me the newsletter").check()
    page.get_by_role("button", name="Keep the changes").click()
    expect(page.get_by_role("status")).to_have_text("Kept.")
    assert (api.me["name"], api.me["newsletter"]) == ("Ada L.", True)
    page.evaluate(AXE_SCRIPT)
    assert run_axe(page)[0] == []


def test_an_account_of_nobody_is_the_way_in(page: Page, site_url: str, api: Api) -> None:
    """By mail, and by another account where that is set up; nothing is asked for but who is there."""
    page.goto(f"{site_url}/account/")

    expect(page.get_by_role("link", name="Or sign in with another account")).to_be_visible()
    expect(page.get_by_role("button", name="Keep the changes")).to_be_hidden()
    assert api.asked == [("GET", "/api/session", None)]


def test_an_editor_reads_moves_and_marks_messages(page: Page, site_url: str, api: Api) -> None:
    """In both folders; what people wrote is shown as text and never run."""
    api.signed_in, api.me["role"] = True, "editor"
    api.letters = [letter_from("Ada", message="One\n<b>two</b>"), letter_from("Eve", "spam")]
    page.goto(f"{site_url}/inbox/")
    ada = page.locator("#letters section", has_text="From Ada")

    expect(ada).to_contain_text("<b>two</b>")
    expect(ada.get_by_role("link")).to_have_attribute("href", "mailto:ada%40example.org?subject=Re%3A%20From%20Ada")
    expect(page.get_by_role("button", name="Erase everything")).to_be_hidden()
    ada.get_by_role("button", name="Done", exact=True).click()
    expect(ada).to_contain_text("answered")
    page.get_by_role("button", name="Spam", exact=True).click()
    page.get_by_role("button", name="This is no spam").click()
    expect(page.locator("#inbox .said").first).to_have_text("Nothing yet.")
    page.get_by_role("button", name="Messages", exact=True).click()
    expect(page.locator("#letters section")).to_have_count(2)
    page.get_by_label("Words that a message has").fill("from eve")
    page.get_by_role("button", name="Find").click()
    expect(page.locator("#letters section")).to_have_count(1)
    page.evaluate(AXE_SCRIPT)
    assert run_axe(page)[0] == []


def test_an_admin_erases_somebody_after_a_look_and_a_question(page: Page, site_url: str, api: Api) -> None:
    """Saying no changes nothing."""
    api.signed_in, api.me["role"] = True, "admin"
    api.letters = [letter_from("Ada"), letter_from("Eve")]
    page.goto(f"{site_url}/inbox/")
    page.get_by_label("Their email address").fill("eve@example.org")
    page.get_by_role("button", name="What do we hold?").click()
    expect(page.locator("#person .said")).to_have_text("messages: 1")
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_role("button", name="Erase everything").click()
    assert len(api.letters) == 2
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Erase everything").click()
    expect(page.locator("#letters section")).to_have_count(1)

    assert [one["name"] for one in api.letters] == ["Ada"]


@pytest.mark.parametrize("role", ["visitor", "member"])
def test_the_inbox_is_closed_to_everybody_else(page: Page, site_url: str, api: Api, role: str) -> None:
    """Nothing is asked for but who is there."""
    api.signed_in = role == "member"
    page.goto(f"{site_url}/inbox/")
    expect(page.get_by_text("shown to those who answer it")).to_be_visible()

    expect(page.locator("#inbox")).to_be_hidden()
    assert api.asked == [("GET", "/api/session", None)]


def test_an_inbox_that_cannot_be_asked_says_so(page: Page, site_url: str, api: Api) -> None:
    """And keeps what it shows."""
    api.signed_in, api.me["role"] = True, "editor"
    api.letters = [letter_from("Ada")]
    page.goto(f"{site_url}/inbox/")
    expect(page.locator("#letters section")).to_have_count(1)
    api.broken = True
    page.get_by_role("button", name="Done", exact=True).click()

    expect(page.locator("#inbox .said").first).to_contain_text("did not work")
    expect(page.locator("#letters section")).to_have_count(1)


def test_a_post_can_be_saved_by_whoever_has_signed_in(page: Page, site_url: str, api: Api) -> None:
    """The account's page leaves a mark in the browser; with it a post asks, and offers."""
    api.signed_in = True
    page.goto(f"{site_url}/account/")
    expect(page.get_by_label("Your name")).to_be_visible()
    page.goto(site_url + POST)
    page.get_by_role("button", name="Save for later").click()
    expect(page.get_by_role("button", name="Saved", pressed=True)).to_be_visible()

    assert api.saved == {POST: "Two commands"}
    page.get_by_role("button", name="Saved").click()
    expect(page.get_by_role("button", name="Save for later")).to_be_visible()
    assert api.saved == {}


def test_a_post_asks_nothing_for_everybody_else(page: Page, site_url: str, api: Api) -> None:
    """No request without the mark; and a mark that has run out goes."""
    page.goto(site_url + POST, wait_until="networkidle")

    assert api.asked == []
    page.evaluate("localStorage.setItem('signed-in', '1')")
    page.reload(wait_until="networkidle")
    assert api.to("/api/me/saved", "GET") == [None]
    assert page.evaluate("localStorage.getItem('signed-in')") is None
    expect(page.get_by_role("button", name="Save for later")).to_have_count(0)
