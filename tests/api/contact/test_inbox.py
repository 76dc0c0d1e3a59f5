"""Messages lie in two folders; nothing is hidden, and what people wrote is never run."""

from __future__ import annotations

import csv
import io

import pytest
from chalicelib.contact.keeping import write_submission
from chalicelib.database import Database
from chalicelib.requests import FORM
from chalicelib.services import Services

from tests.api.accounts.test_me import waiting, write
from tests.api.members import Browser, sign_in

pytestmark = pytest.mark.integration


def test_a_message_is_moved_both_ways(services: Services) -> None:
    """And says that a person did it."""
    write(services, points=9)
    editor = sign_in(services, "editor")
    (spam,) = editor.json("GET", "/api/inbox?folder=spam")["messages"]
    moved = editor.json("POST", "/api/inbox", {"id": spam["id"], "action": "ham"})
    (message,) = editor.json("GET", "/api/inbox")["messages"]
    editor.ask("POST", "/api/inbox", {"id": spam["id"], "action": "spam"})

    assert moved == {"id": spam["id"], "label": "ham", "done": False}
    assert message["reason"] == "moved by hand"
    assert editor.json("GET", "/api/inbox") == {"messages": []}


def test_a_message_is_marked_and_opened_again(services: Services) -> None:
    """Marking it twice is marking it once."""
    write(services)
    editor = sign_in(services, "editor")
    (message,) = editor.json("GET", "/api/inbox")["messages"]
    states = [
        editor.json("POST", "/api/inbox", {"id": message["id"], "action": action})["done"]
        for action in ("done", "done", "open")
    ]

    assert states == [True, True, False]


def test_words_are_found_wherever_they_stand(services: Services) -> None:
    """Taken as they are: no sign in them means anything else."""
    write(services, "About prices")
    write(services, "100% sure_")
    editor = sign_in(services, "editor")

    def found(words: str) -> list[str]:
        return [one["message"] for one in editor.json("GET", f"/api/inbox?q={words}")["messages"]]

    assert (found("PRICES"), found("100%"), found("sure_"), found("_rices")) == (
        ["About prices"],
        ["100% sure_"],
        ["100% sure_"],
        [],
    )
    assert len(found("ada@example.org")) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [({"id": "x", "action": "done"}, 422), ({"action": "burn"}, 422), ({"id": "0" * 32, "action": "done"}, 404)],
)
def test_what_cannot_be_done_is_said(services: Services, body: dict[str, str], status: int) -> None:
    """Which field, or that there is no such message."""
    assert sign_in(services, "editor").ask("POST", "/api/inbox", body).status == status


def test_a_folder_that_is_none_is_refused(services: Services) -> None:
    """There are two."""
    assert sign_in(services, "editor").ask("GET", "/api/inbox?folder=trash").status == 422


def test_a_table_for_a_spreadsheet_runs_nothing(services: Services) -> None:
    """What begins like a formula is a text."""
    write(services, '=HYPERLINK("https://evil.example")\nline, two')
    reply = sign_in(services, "editor").ask("GET", "/api/inbox/export")
    head, row = list(csv.reader(io.StringIO(reply.body)))

    assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert dict(zip(head, row, strict=True))["message"] == '\'=HYPERLINK("https://evil.example")\nline, two'


def test_an_admin_gives_out_and_erases_what_is_held_of_somebody_without_an_account(
    services: Services, owner: Database
) -> None:
    """By the address, across tables and queue; each leaves a line that names a pseudonym."""
    write(services, email="eve@example.org")
    services.queue.put(write_submission(waiting("eve@example.org")))
    admin = sign_in(services, "admin")
    held = admin.json("POST", "/api/people/export", {"email": "EVE@example.org"})
    receipt = admin.json("POST", "/api/people/erase", {"email": "eve@example.org"})

    assert [one["message"] for one in held["messages"]] == ["Hello", "In the queue"]
    assert receipt["deleted"]["messages"] == 2
    lines = owner.ask("SELECT actor, action, person FROM audit ORDER BY at")
    assert [line[:2] for line in lines] == [("admin", "export"), ("admin", "erase")]
    assert lines[0][2] == lines[1][2] == services.signer.pseudonym("person", "eve@example.org")


def test_the_key_of_tests_erases_what_tests_wrote_and_nothing_of_a_person(services: Services, owner: Database) -> None:
    """However much an address of a person looks like one of theirs."""
    test = "success+smoke-1@simulator.amazonses.com"
    people = ("ada@example.org", "success@simulator.amazonses.com", f"x{test}", f"{test}.example", "success+a b@x.org")
    for email in (test, *people):
        write(services, email=email)
    key = sign_in(services, "admin").json("POST", "/api/keys", {"name": "smoke", "scopes": ["tests:erase"]})["key"]
    program = Browser(services, site="")

    def status_for(email: str) -> int:
        return program.ask("POST", "/api/people/erase", {"email": email}, authorization=f"Bearer {key}").status

    assert [status_for(email) for email in (test, *people)] == [200, 403, 403, 403, 403, 422]
    assert {row[0] for row in owner.ask("SELECT email FROM contact_messages")} == set(people)
    assert owner.ask("SELECT actor, action FROM audit") == [("tests", "erase")]


def test_without_scripts_the_inbox_is_a_page(services: Services) -> None:
    """With what people wrote as text, an answer that has the subject, and a way to the other folder."""
    write(services, "<script>bad()</script>\nsecond line")
    page = sign_in(services, "editor").ask("GET", "/api/inbox", accept="text/html")

    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert "&lt;script&gt;bad()&lt;/script&gt;<br>\nsecond line" in page.body
    assert 'href="mailto:ada@example.org?subject=Re%3A%20' in page.body
    assert '<a href="/api/inbox?folder=spam">' in page.body


def test_without_scripts_a_message_is_moved_and_marked_by_its_buttons(services: Services) -> None:
    """And the folder is shown again."""
    write(services)
    editor = sign_in(services, "editor")
    (message,) = editor.json("GET", "/api/inbox")["messages"]
    fields = {"id": message["id"], "folder": "messages"}
    done = editor.ask("POST", "/api/inbox", {**fields, "action": "done"}, FORM)
    marked = editor.ask("GET", "/api/inbox", accept="text/html").body
    moved = editor.ask("POST", "/api/inbox", {**fields, "action": "spam", "folder": "https://x.example"}, FORM)
    left = editor.ask("GET", "/api/inbox", accept="text/html").body
    spam = editor.ask("GET", "/api/inbox?folder=spam", accept="text/html").body

    assert (done.status, done.headers["Location"]) == (303, "/api/inbox?folder=messages")
    assert ('value="open">Not done yet' in marked, "Nothing here." in left) == (True, True)
    assert (moved.status, moved.headers["Location"]) == (303, "/api/inbox")
    assert ("This is no spam" in spam, "moved by hand; done" in spam) == (True, True)


def test_without_scripts_a_fault_is_a_page_too(services: Services) -> None:
    """As for every form."""
    reply = sign_in(services, "editor").ask("POST", "/api/inbox", {"id": "x", "action": "burn"}, FORM)

    assert (reply.status, reply.headers["Content-Type"]) == (422, "text/html; charset=utf-8")
