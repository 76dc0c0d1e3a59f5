"""The preview answers as CloudFront would: through the edge function, with the headers, and with a real 404."""

from __future__ import annotations

import gzip
import http.client
import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from site_builder.errors import PreviewError
from site_builder.preview import server as preview
from site_builder.preview.origin import WORKING_RELEASE, FolderOrigin, StoreOrigin, working_values
from site_builder.preview.server import SiteServer, open_server, read_security_headers
from site_builder.preview.stack import Project, running_site
from site_builder.release.memory import MemoryObjectStore
from site_builder.release.stores import StoredObject

ROOT = Path(__file__).resolve().parents[3]
SECURITY = read_security_headers(ROOT / "infra" / "edge" / "headers.json")
LONG = "word " * 1000


@dataclass(frozen=True)
class Answer:
    """What a browser got."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def ask(server: SiteServer, path: str, method: str = "GET", body: bytes | None = None, **headers: str) -> Answer:
    """Send one request as it is, without following or mending anything."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    response = connection.getresponse()
    answer = Answer(response.status, response.headers, response.read())
    connection.close()
    return answer


class Api(BaseHTTPRequestHandler):
    """An API that says what it was asked."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer with the request."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        told = json.dumps({"path": self.path, "body": body.decode(), "type": self.headers["Content-Type"]}).encode()
        self.send_response(303)
        self.send_header("Location", "/thanks/")
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def serving(server: ThreadingHTTPServer) -> Iterator[ThreadingHTTPServer]:
    """Run a server until the test has ended."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def api() -> Iterator[str]:
    """Run an API and return its address."""
    for server in serving(ThreadingHTTPServer(("127.0.0.1", 0), Api)):
        yield f"http://127.0.0.1:{server.server_port}"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Return a small built folder."""
    for name, text in {
        "index.html": "<h1>Home</h1>",
        "404.html": "<h1>Nothing</h1>",
        "410.html": "<h1>Gone</h1>",
        "503.html": "<h1>Closed</h1>",
        "blog/index.html": LONG,
        "robots.txt": "User-agent: *",
        "assets/site.0123456789.css": "body {}",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.fixture
def server(output: Path, api: str) -> Iterator[SiteServer]:
    """Serve the folder, through the real edge function."""
    project = Project(ROOT, output.parent)
    with running_site(project, FolderOrigin(output), partial(working_values, output), port=0, api=api) as made:
        yield made


def test_where_a_page_was_before_leads_to_it(server: SiteServer, output: Path) -> None:
    """And what is gone is said to be gone, as soon as a build has written it."""
    before = ask(server, "/old/").status
    (output / "redirects.json").write_text('{"/old/": {"to": "/blog/", "status": 308}, "/gone/": {"status": 410}}')
    moved, gone = ask(server, "/old/"), ask(server, "/gone/")

    assert (before, moved.status, moved.headers["Location"], gone.status) == (404, 308, "/blog/", 410)
    assert gone.body == b"<h1>Gone</h1>"


def test_a_page_is_served_with_every_header(server: SiteServer) -> None:
    """The same file of headers as in production."""
    answer = ask(server, "/")

    assert (answer.status, answer.body) == (200, b"<h1>Home</h1>")
    assert {name: answer.headers[name] for name in SECURITY} == dict(SECURITY)
    assert answer.headers["x-amz-meta-release"] == WORKING_RELEASE


def test_the_edge_functions_redirects_are_the_previews(server: SiteServer) -> None:
    """A wrong one shows at home."""
    answer = ask(server, "/blog?a=1")

    assert (answer.status, answer.headers["Location"]) == (308, "/blog/?a=1")


def test_what_is_not_there_is_a_404_with_the_sites_page(server: SiteServer) -> None:
    """And carries the headers of any page."""
    answer = ask(server, "/no/such/page/")

    assert (answer.status, answer.body) == (404, b"<h1>Nothing</h1>")
    assert "Content-Security-Policy" in answer.headers


@pytest.mark.parametrize("path", ["/../pyproject.toml", "/%2e%2e/x", "/..%2fx", "/.git/config", "//etc/passwd"])
def test_no_address_reaches_a_file_outside(server: SiteServer, path: str) -> None:
    """The preview runs on somebody's machine."""
    assert ask(server, path).status in (308, 400, 404)


def test_the_folder_is_guarded_even_behind_the_edge(output: Path) -> None:
    """If the edge function let one through, the origin would not."""
    (output.parent / "secret.txt").write_text("secret")

    assert FolderOrigin(output).get("releases/working/../../secret.txt") is None
    assert FolderOrigin(output).get("../secret.txt") is None


def test_an_asset_is_kept_for_ever_and_a_page_is_not(server: SiteServer) -> None:
    """Caching mistakes show at home."""
    assert "immutable" in ask(server, "/assets/site.0123456789.css").headers["Cache-Control"]
    assert "max-age=0" in ask(server, "/").headers["Cache-Control"]


def test_a_page_that_a_browser_has_is_not_sent_again(server: SiteServer) -> None:
    """By its tag."""
    tag = ask(server, "/").headers["ETag"]
    answer = ask(server, "/", If_None_Match=tag)

    assert (answer.status, answer.body) == (304, b"")


def test_a_long_page_is_compressed_for_who_can_read_it(server: SiteServer) -> None:
    """As the CDN does."""
    packed = ask(server, "/blog/", Accept_Encoding="gzip, br")
    plain = ask(server, "/blog/")

    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == plain.body == LONG.encode()
    assert "Content-Encoding" not in ask(server, "/", Accept_Encoding="gzip").headers


def test_head_is_get_without_the_body(server: SiteServer) -> None:
    """The headers are the same, the length included."""
    head, full = ask(server, "/", "HEAD"), ask(server, "/")

    assert (head.status, head.body, head.headers["Content-Length"]) == (200, b"", full.headers["Content-Length"])


def test_the_api_is_on_the_same_origin(server: SiteServer) -> None:
    """Path, query and body pass through, and the answer comes back unfollowed."""
    answer = ask(server, "/api/contact?a=1", "POST", b"name=A", Content_Type="application/x-www-form-urlencoded")
    told = json.loads(answer.body)

    assert (answer.status, answer.headers["Location"]) == (303, "/thanks/")
    assert told == {"path": "/api/contact?a=1", "body": "name=A", "type": "application/x-www-form-urlencoded"}


def test_an_api_that_is_away_is_said_to_be(output: Path) -> None:
    """A sentence, not a hanging page."""
    away = "http://127.0.0.1:1"
    with running_site(Project(ROOT, output.parent), FolderOrigin(output), dict, port=0, api=away) as made:
        answer = ask(made, "/api/contact", "POST", b"")

    assert (answer.status, b"did not answer" in answer.body) == (502, True)


def test_a_file_with_any_letters_in_its_name_is_found(server: SiteServer, output: Path) -> None:
    """An address is encoded; the file's name is not."""
    (output / "café au lait.txt").write_text("hot")

    assert ask(server, "/caf%c3%a9%20au%20lait.txt").body == b"hot"


def test_an_edge_function_that_fails_says_why(output: Path, tmp_path: Path) -> None:
    """In the browser of whoever is writing it, and without a traceback in the terminal."""
    functions = tmp_path / "infra" / "edge"
    shutil.copytree(ROOT / "infra" / "edge", functions)
    (functions / "router.js").write_text("async function handler(event) { return event.no.such; }")
    with running_site(Project(tmp_path, output.parent), FolderOrigin(output), dict, port=0) as made:
        answer = ask(made, "/")

    assert (answer.status, b"the edge function failed" in answer.body) == (503, True)


def test_an_edge_that_keeps_says_how_an_answer_came_about(output: Path) -> None:
    """A page is fetched once for each release, and what is missing is looked for each time."""
    release = "one"
    project = Project(ROOT, output.parent)
    values = lambda: working_values(output, release)  # noqa: E731 - it reads the name as it is by then
    with running_site(project, FolderOrigin(output), values, port=0, keeps=True) as made:
        first = [ask(made, path).headers["X-Cache"] for path in ("/", "/", "/new/")]
        (output / "new").mkdir()
        (output / "new" / "index.html").write_text("<h1>New</h1>")
        (output / "index.html").write_text("<h1>Another</h1>")
        still = ask(made, "/").body, ask(made, "/new/").status
        release = "two"
        then = ask(made, "/").body, ask(made, "/new/").status

    assert first == ["miss", "hit", "error"]
    assert still == (b"<h1>Home</h1>", 200)
    assert then == (b"<h1>Another</h1>", 200)


def test_without_a_404_page_it_is_said_in_words(output: Path) -> None:
    """CloudFront would answer with a few lines of XML."""
    (output / "404.html").unlink()
    with running_site(
        Project(ROOT, output.parent), FolderOrigin(output), partial(working_values, output), port=0
    ) as made:
        answer = ask(made, "/nowhere/")

    assert (answer.status, b"no 404.html" in answer.body) == (404, True)


def test_posting_to_a_page_is_refused_and_the_connection_lives_on(server: SiteServer) -> None:
    """What was sent is not taken for the next request."""
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=20)
    statuses = []
    for method, body in (("POST", b"x" * 5000), ("GET", None)):
        connection.request(method, "/", body)
        response = connection.getresponse()
        response.read()
        statuses.append(response.status)
    connection.close()

    assert statuses == [405, 200]


def test_a_busy_port_is_passed_over(server: SiteServer) -> None:
    """The next free one is taken."""
    second = open_server(server.RequestHandlerClass.site, server.server_port)  # type: ignore[attr-defined]
    taken = second.server_port
    second.server_close()

    assert taken > server.server_port


def test_when_no_port_is_free_it_is_said(server: SiteServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the option that names another."""
    monkeypatch.setattr(preview, "PORTS_TO_TRY", 1)

    with pytest.raises(PreviewError, match="PORT="):
        open_server(server.RequestHandlerClass.site, server.server_port)  # type: ignore[attr-defined]


def test_a_store_is_served_like_a_folder() -> None:
    """A deployed release comes from the object store."""
    objects = MemoryObjectStore()
    page = StoredObject(b"x", "text/html", "no-store", {"release": "a1"})
    objects.put("releases/a1/index.html", page)

    assert StoreOrigin(objects).get("releases/a1/index.html") == page
    assert StoreOrigin(objects).get("releases/a1/no.html") is None
