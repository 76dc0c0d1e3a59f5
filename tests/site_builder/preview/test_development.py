"""What only a preview has is there for people on this machine, and never in a visitor's bytes."""

from __future__ import annotations

import http.client
import json
import mailbox
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from site_builder.engine.build import BuildRequest, build_site
from site_builder.preview.board import Board
from site_builder.preview.development import Development
from site_builder.preview.faults import Fault
from site_builder.preview.mail import read_mails
from site_builder.preview.origin import Early, FolderOrigin, working_values
from site_builder.preview.server import SiteServer
from site_builder.preview.stack import Project, running_site

ROOT = Path(__file__).resolve().parents[3]


class Served:
    """A small site that is served with what a preview has."""

    def __init__(self, site: Path) -> None:
        self.asked = ExitStack()
        self.output = build_site(BuildRequest(site / "pelicanconf.py", site / "output", drafts=True)).output
        self.board, self.early = Board(), Early()
        self.findings: list[Mapping[str, Any]] = []
        development = Development(
            self.board, self.output, site / "content", site / "theme", lambda: self.findings, site / "mail"
        )
        origin = FolderOrigin(self.output, self.early)
        values = partial(working_values, self.output)
        served = running_site(Project(ROOT, site), origin, values, port=0, development=development)
        self.server: SiteServer = self.asked.enter_context(served)

    def ask(self, path: str, **headers: str) -> http.client.HTTPResponse:
        """Ask for a path, as it is."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=20)
        connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        self.asked.callback(connection.close)
        response = connection.getresponse()
        self.asked.callback(response.close)
        return response


@pytest.fixture
def served(tiny_site: Path) -> Iterator[Served]:
    """Serve a copy of the smallest site, which has a draft."""
    draft = tiny_site / "content" / "posts" / "sketch.md"
    draft.write_text("Title: A <sketch>\nDate: 2026-01-01\nSummary: S.\nCategory: Notes\nStatus: draft\n\nWords.\n")
    made = Served(tiny_site)
    yield made
    made.asked.close()


def test_a_page_that_a_person_opens_has_one_more_line(served: Served) -> None:
    """With the build that it is of; a program gets what visitors get."""
    plain = served.ask("/blog/first/").read()
    opened = served.ask("/blog/first/", Sec_Fetch_Dest="document")
    body = opened.read()

    line = f'<script src="/_dev/preview.js" data-build="{served.board.build}" defer></script>'.encode()
    assert body == plain.replace(b"</body>", line + b"</body>")
    assert opened.headers["Vary"] == "Sec-Fetch-Dest"


def test_the_two_kinds_of_answer_are_never_taken_for_each_other(served: Served) -> None:
    """Each has its own tag, so a browser's cache does not mix them."""
    opened = served.ask("/blog/first/", Sec_Fetch_Dest="document").headers["ETag"]
    plain = served.ask("/blog/first/").headers["ETag"]
    again = served.ask("/blog/first/", Sec_Fetch_Dest="document", If_None_Match=opened).status

    assert (opened != plain, again) == (True, 304)


def test_a_missing_page_has_the_line_too_so_it_shows_the_page_when_it_is_there(served: Served) -> None:
    """The 404 page is a page."""
    answer = served.ask("/no/such/page/", Sec_Fetch_Dest="document")

    assert (answer.status, b"/_dev/preview.js" in answer.read()) == (404, True)


def test_a_page_that_is_early_is_served_before_it_is_in_its_place(served: Served) -> None:
    """With the stylesheet that it loads."""
    staging = served.output.with_name(".output.building") / "assets"
    staging.mkdir(parents=True)
    (staging / "site.1111111111.css").write_text("body {}")
    served.early.put("blog/first/index.html", b"<p>Early.</p>")
    early, style = served.ask("/blog/first/").read(), served.ask("/assets/site.1111111111.css").read()
    served.early.clear()

    assert (early, style) == (b"<p>Early.</p>", b"body {}")
    assert b"Early" not in served.ask("/blog/first/").read()


def test_a_page_that_becomes_another_while_it_is_served_is_known_to_be_old(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or its browser would take the old words for the new build's, and show them until the next one."""
    before = served.board.build

    def build_meanwhile(_file: str) -> bytes:
        served.board.built(["blog/first/index.html"])
        return b"<p>Old.</p>"

    monkeypatch.setattr(served.early, "get", build_meanwhile)
    body = served.ask("/blog/first/", Sec_Fetch_Dest="document").read()

    assert b"Old." in body
    assert f'data-build="{before}"'.encode() in body
    assert served.board.build != before


def test_news_come_as_they_are(served: Served) -> None:
    """In the form that a browser's EventSource reads."""
    stream = served.ask(f"/_dev/events?path=/blog/first/&build={served.board.build}")
    first = stream.readline(), stream.readline()
    served.board.built(["blog/first/index.html"])
    news = json.loads(stream.readline().removeprefix(b"data: "))
    stream.close()

    assert stream.headers["Content-Type"] == "text/event-stream"
    assert first == (b'data: {"kind": "faults", "faults": []}\n', b"\n")
    assert (news["kind"], news["changed"]) == ("built", ["/blog/first/"])


def test_a_page_is_known_with_its_text_and_what_is_wrong_with_it(served: Served) -> None:
    """Its own findings, and how many others there are."""
    text = served.output.parent / "content" / "posts" / "sketch.md"
    served.findings = [{"path": str(text), "line": 1}, {"path": "elsewhere", "line": 1}]
    known = json.loads(served.ask("/_dev/page?path=/drafts/sketch/").read())

    assert known["source"].endswith("sketch.md")
    assert known["ahead"] == {"title": "A <sketch>", "address": "/drafts/sketch/", "appears": ""}
    assert (known["findings"], known["elsewhere"]) == ([{"path": str(text), "line": 1}], 1)


def test_a_page_of_no_text_is_known_as_such(served: Served) -> None:
    """The home page is made from all of them; an address may be of nothing at all."""
    home, nothing = (json.loads(served.ask(f"/_dev/page?path={path}").read()) for path in ("/", "/nothing"))

    assert (home["source"], home["ahead"], nothing["source"]) == ("", None, "")


def test_the_cockpit_lists_what_is_not_published_and_what_stands_in_the_way(served: Served) -> None:
    """Whatever texts say of themselves is text there, not markup."""
    served.board.failed([Fault("content/x.md:1", "it is <wrong>", "Mend it.")])
    page = served.ask("/_dev/").read().decode()

    assert "A &lt;sketch&gt;" in page
    assert "it is &lt;wrong&gt;" in page


def test_the_mail_that_would_go_out_is_read_here(served: Served) -> None:
    """The newest first; a link in it can be followed, and what looks like markup is text."""
    none_yet = served.ask("/_dev/mail/").read().decode()
    box = mailbox.Maildir(served.output.parent / "mail", create=True)
    for number, subject in enumerate(["The first", "<b>The second</b>"]):
        mail = EmailMessage()
        mail["Subject"], mail["To"], mail["Date"] = subject, "ann@example.org", "Sat, 21 Nov 2026 10:00:00 +0000"
        mail.set_content("Press <here>: http://127.0.0.1:8000/api/session/link?token=a&b=c.\n")
        key = box.add(mail)
        os.utime(served.output.parent / "mail" / "new" / key, (number, number))
    listed = served.ask("/_dev/mail/").read().decode()
    shown = served.ask(f"/_dev/mail/{key}").read().decode()

    assert "None was sent yet" in none_yet
    assert listed.index("&lt;b&gt;The second&lt;/b&gt;") < listed.index("The first")
    assert '<a href="http://127.0.0.1:8000/api/session/link?token=a&amp;b=c">' in shown
    assert "Press &lt;here&gt;:" in shown
    assert served.ask("/_dev/mail/no-such").status == 404


def test_a_maildir_that_is_being_made_at_this_moment_holds_nothing(tmp_path: Path) -> None:
    """Its three folders come one after the other, and another process makes them."""
    seen = [read_mails(tmp_path / "mail")]
    for name in ("", "tmp", "new", "cur"):
        (tmp_path / "mail" / name).mkdir()
        seen.append(read_mails(tmp_path / "mail"))

    assert seen == [[]] * 5


def test_a_stylesheet_of_the_theme_is_served_as_it_is_written(served: Served) -> None:
    """And nothing that lies outside."""
    style = served.ask("/_dev/theme/css/site.css")
    outside = served.ask("/_dev/theme/../templates/base.html").status

    assert (style.read(), outside) == (b"body { color: #222 }\n", 404)


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", ""])
def test_another_site_whose_name_leads_here_reads_nothing(served: Served, host: str) -> None:
    """The name in the address is not this machine's."""
    assert served.ask("/_dev/page?path=/", Host=host).status == 403


def test_without_an_api_that_is_said_in_its_own_form(served: Served) -> None:
    """A form's script understands it."""
    answer = served.ask("/api/health")

    assert answer.status == 503
    assert "make up" in json.loads(answer.read())["error"]["message"]
