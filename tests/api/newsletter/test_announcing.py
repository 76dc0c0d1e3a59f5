"""A new post is found in the feed, prepared, and sent when its owner says so: once, to everybody who confirmed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from chalicelib.newsletter.finding import find_posts
from chalicelib.outbox.channels import Channels
from chalicelib.postgres import PostgresDatabase
from chalicelib.requests import Request
from chalicelib.routes import answer
from chalicelib.services import Services

from tests.api.conftest import make_services
from tests.api.newsletter.test_subscribing import mails
from tests.api.outbox.test_worker import failing

pytestmark = pytest.mark.integration


class Site(HTTPServer):
    """A site with a feed."""

    feed = b""

    def publish(self, *titles: str) -> None:
        """Have these posts in the feed."""
        items = [
            {"url": f"https://zichkoding.example/{title}/", "title": title, "summary": "Words"} for title in titles
        ]
        self.feed = json.dumps({"items": items}).encode()


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/feeds/all.feed.json" else 404)
        self.send_header("Content-Length", str(len(self.server.feed)))
        self.end_headers()
        self.wfile.write(self.server.feed)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    """Run a site on loopback."""
    server = Site(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def services(site: Site, postgres: PostgresDatabase, tmp_path: Path) -> Services:
    """Return the services of that site."""
    url = f"http://127.0.0.1:{site.server_port}"
    return make_services(postgres, SITE_URL=url, MAIL_FOLDER=str(tmp_path / "mail"))


@pytest.fixture
def channels() -> Channels:
    """Return ways out that are not used here."""
    return failing()[1]


def subscribe(services: Services, address: str, state: str = "confirmed") -> None:
    """Have a subscription."""
    words = "INSERT INTO newsletter_subscriptions (email, state) VALUES (%(email)s, %(state)s)"
    services.database.ask(words, {"email": address, "state": state})


def press_send(services: Services, title: str) -> int:
    """Open the link that the owner got, press its button, and return the status."""
    found = services.database.ask("SELECT id FROM announcements WHERE title = %(title)s", {"title": title})
    token = services.signer.sign("newsletter send", str(found[0][0]))
    shown = answer(Request("GET", "/api/newsletter/send", {"token": token}), services)
    pressed = answer(Request("POST", "/api/newsletter/send", {"token": token}), services)
    assert shown.status in {pressed.status, 410}
    return int(pressed.status)


def test_what_was_there_before_is_announced_to_nobody(site: Site, services: Services, channels: Channels) -> None:
    """A new newsletter does not begin with ten years of posts."""
    site.publish("old", "older")
    for _ in range(2):
        find_posts(services, channels)

    assert mails(services) == []


def test_a_new_post_is_prepared_once_and_sent_by_its_owner_once(
    site: Site, services: Services, channels: Channels
) -> None:
    """However often the feed is read and the button pressed."""
    subscribe(services, "ada@example.org")
    subscribe(services, "eve@example.org", "asked")
    site.publish("old")
    find_posts(services, channels)
    site.publish("new", "old")
    for _ in range(2):
        find_posts(services, channels)
    prepared = [(mail["To"], mail["Subject"]) for mail in mails(services)]
    statuses = [press_send(services, "new") for _ in range(2)]
    sent = mails(services)[1:]

    assert prepared == [("owner@zichkoding.example", "Send the newsletter? new")]
    assert statuses == [200, 410]
    assert [(mail["To"], mail["Subject"]) for mail in sent] == [("ada@example.org", "new")]


def test_an_announcement_can_be_ended_from_the_mail_program(site: Site, services: Services, channels: Channels) -> None:
    """RFC 8058: the header's address takes one POST, without a page."""
    subscribe(services, "ada@example.org")
    site.publish("old")
    find_posts(services, channels)
    site.publish("new", "old")
    find_posts(services, channels)
    press_send(services, "new")
    mail = mails(services)[-1]
    token = mail["List-Unsubscribe"].strip("<>").partition("token=")[2]
    body = mail["List-Unsubscribe-Post"].encode()
    ended = answer(Request("POST", "/api/newsletter/unsubscribe", {"token": token}, {}, body), services)

    assert (body, ended.status) == (b"List-Unsubscribe=One-Click", 200)
    assert services.database.ask("SELECT count(*) FROM newsletter_subscriptions") == [(0,)]


@pytest.mark.parametrize("feed", [b"", b"[]", b'{"items": [1]}', b'{"items": [{}]}', b"\xff"])
def test_a_feed_that_cannot_be_read_is_written_down_and_changes_nothing(
    site: Site, services: Services, channels: Channels, capsys: pytest.CaptureFixture[str], feed: bytes
) -> None:
    """The next hour comes."""
    site.feed = feed
    find_posts(services, channels)

    assert '"event": "feed_unreadable"' in capsys.readouterr().err
    assert services.database.ask("SELECT count(*) FROM announcements") == [(0,)]
