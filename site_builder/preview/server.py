"""One address for site and API: what CloudFront is in production, on the loopback interface.

Pages go through the edge function itself and then to the origin; `/api/*` is passed on to the API. The headers
are those that the distribution adds, read from the same file.
"""

from __future__ import annotations

import gzip
import json
import socket
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

from site_builder.errors import PreviewError, SiteError
from site_builder.preview.answers import Answer, plain
from site_builder.preview.backend import API, ask_api, no_api
from site_builder.preview.cdn import BARE, EdgeCache
from site_builder.preview.development import EVENTS, PREFIX, Development
from site_builder.preview.edge import EdgeRequest

PORTS_TO_TRY = 20
COMPRESSIBLE = ("text/", "application/json", "application/xml", "application/atom+xml", "image/svg+xml")
SMALLEST_COMPRESSED = 1000  # CloudFront leaves smaller bodies as they are.


@dataclass(frozen=True)
class Site:
    """What is served: pages by way of an edge, with what its store holds, the headers, and where the API is."""

    edge: EdgeCache
    key_values: Callable[[], Mapping[str, str]]
    headers: Mapping[str, str]
    api: str | None
    # What only a preview has; None where the site is served as its visitors get it.
    development: Development | None = None


def read_security_headers(file: Path) -> Mapping[str, str]:
    """Read the one file that says which headers every page carries."""
    headers: dict[str, str] = json.loads(file.read_text())["security"]
    return headers


def answer_page(site: Site, request: EdgeRequest) -> Answer:
    """Answer for a page as the CDN would."""
    viewed = site.edge.answer(request, site.key_values(), time.monotonic())
    if viewed.body == BARE:
        # As CloudFront says it, it is of no use to whoever has to mend it.
        return plain(404, "There is no such page, and the site has no 404.html, which CloudFront would answer with.")
    headers = {**viewed.headers, **({"X-Cache": viewed.cache} if site.edge.keeps else {})}
    return Answer(viewed.status, tuple(headers.items()), viewed.body)


def compressed(answer: Answer, accepted: str) -> Answer:
    """Compress what is worth it, as the CDN does."""
    worth = answer.header("Content-Type").startswith(COMPRESSIBLE) and len(answer.body) >= SMALLEST_COMPRESSED
    if not worth or "gzip" not in accepted:
        return answer
    headers = (*answer.headers, ("Content-Encoding", "gzip"), ("Vary", "Accept-Encoding"))
    return replace(answer, headers=headers, body=gzip.compress(answer.body, 6, mtime=0))


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A response is written in pieces; without these two each piece waits for the last one's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = 65536
    server_version = "zichkoding-preview"
    sys_version = ""
    site: ClassVar[Site]

    def do_GET(self) -> None:
        self._respond()

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing: the browser's own tools show requests better than a terminal does."""

    @property
    def _target(self) -> str:
        """What was asked for, as it was sent: http.server itself folds doubled slashes, and the edge must see them."""
        return self.requestline.split()[1]

    def _edge_request(self) -> EdgeRequest:
        path, _, query = self._target.partition("?")
        headers = dict(self.headers.items())
        if self._is_opened:
            # What a browser has of a page that is opened has a line more, and so another tag.
            headers.pop("If-None-Match", None)
        return EdgeRequest(self.command, path, query, self.client_address[0], headers)

    @property
    def _is_opened(self) -> bool:
        return self.site.development is not None and self.headers.get("Sec-Fetch-Dest") == "document"

    def _respond(self) -> None:
        # The body is read in any case, or what is left of it would be taken for the next request.
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self._target.startswith(API):
            self._send(self._from_api(body))
            return
        if self._target.startswith(PREFIX) and self.site.development:
            self._develop(self.site.development)
            return
        development = self.site.development if self._is_opened else None
        # Asked before the page is read: one that becomes another in between is loaded again, and never left as it was.
        build = development.board.build if development else ""
        try:
            answer = answer_page(self.site, self._edge_request())
        except SiteError as error:
            # In CloudFront a function that fails is a 503 for everybody; here its author is told why.
            answer = plain(503, str(error))
        if development:
            answer = development.injected(answer, build)
        if answer.status == 200 and answer.header("ETag") == self.headers.get("If-None-Match"):  # noqa: PLR2004
            answer = replace(answer, status=304, body=b"")
        answer = compressed(answer, self.headers.get("Accept-Encoding", ""))
        self._send(replace(answer, headers=(*answer.headers, *self.site.headers.items())))

    def _from_api(self, body: bytes) -> Answer:
        if self.site.api is None:
            return no_api("There is no API here: the site is served alone. `make up` runs both.")
        return ask_api(self.site.api, self.command, self._target, dict(self.headers.items()), body)

    def _develop(self, development: Development) -> None:
        path, _, query = self._target.partition("?")
        if path == EVENTS:
            self._tell(development.events(query))
            return
        answer = compressed(development.answer(path, query, self.headers.get("Host", "")), "")
        self._send(replace(answer, headers=(*answer.headers, *self.site.headers.items())))

    def _tell(self, news: Generator[bytes]) -> None:
        """Send news as they come, until nobody listens any more."""
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        with closing(news):
            for one in news:
                self.wfile.write(one)
                self.wfile.flush()

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)


class SiteServer(ThreadingHTTPServer):
    """Serves a site on the loopback interface until it is shut down."""

    daemon_threads = True

    def __init__(self, site: Site, port: int) -> None:
        super().__init__(("127.0.0.1", port), type("Handler", (_Handler,), {"site": site}))

    @property
    def url(self) -> str:
        """Return the address to open."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: socket.socket | tuple[bytes, socket.socket], client_address: object) -> None:
        """Let a browser that went away go quietly; say anything else as usual."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def first_free(port: int) -> int:
    """Return the port, or the next one, that can be listened on at this moment; for 0, any."""
    for candidate in range(port, port + PORTS_TO_TRY):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", candidate))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return port


def open_server(site: Site, port: int) -> SiteServer:
    """Listen on the port, or on the next free one."""
    for candidate in range(port, port + PORTS_TO_TRY):
        try:
            return SiteServer(site, candidate)
        except OSError:
            continue
    raise PreviewError(
        f"127.0.0.1:{port}",
        f"this port and the next {PORTS_TO_TRY - 1} are all in use",
        "Free one, or name another: make up PORT=9000.",
    )
