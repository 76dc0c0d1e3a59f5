"""The visitor sees what a visitor would, and says it in figures."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import visitor
from chalicelib.observe import measure_in

pytestmark = pytest.mark.integration


class Site(ThreadingHTTPServer):
    """A site whose answers a test chooses."""

    statuses: dict[str, int]


class _Handler(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        status = self.server.statuses.get(self.path, 404)
        self.send_response(status)
        # Announced and not sent: a page that breaks off.
        self.send_header("Content-Length", "2" if self.path != "/broken" else "9")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Run a site on loopback, and name it to the visitor."""
    server = Site(("127.0.0.1", 0), _Handler)
    server.statuses = {"/": 200, "/api/health": 200, "/broken": 200, "/api/ready": 503}
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("SITE_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("METRICS", "zichkoding-test")
    yield server
    measure_in("")
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.usefixtures("site")
@pytest.mark.parametrize(
    ("paths", "unwell"),
    [
        ("/ /api/health", {}),
        ("/ /api/ready", {"/api/ready": "503"}),
        ("/ /nothing", {"/nothing": "404"}),
        ("/ /broken", {"/broken": "IncompleteRead"}),
    ],
)
def test_all_is_well_if_every_path_is(
    paths: str, unwell: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise it says which, and what came instead."""
    monkeypatch.setenv("PATHS", paths)
    found = visitor.work({}, None)
    told = json.loads(capsys.readouterr().err)

    assert (found, told["unwell"]) == ({"well": not unwell}, unwell)
    assert (told["SiteUp"], told["SiteMilliseconds"]) == (int(not unwell), told["milliseconds"])


@pytest.mark.usefixtures("site")
def test_a_site_that_is_not_there_is_said_to_be_down(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the function does not die of it: then nobody would be told."""
    monkeypatch.setenv("SITE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("PATHS", "/")

    assert visitor.work({}, None) == {"well": False}
    assert json.loads(capsys.readouterr().err)["SiteUp"] == 0
