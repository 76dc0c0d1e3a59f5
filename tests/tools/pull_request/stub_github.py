"""A GitHub of this machine: comments of pull requests, by pages, with a token, as its REST API documents them."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

TOKEN = "ghs_good"  # noqa: S105 - no server but this one takes it
BOT = "github-actions[bot]"
LIST = re.compile(r"/repos/ours/site/issues/(?P<number>\d+)/comments")
ONE = re.compile(r"/repos/ours/site/issues/comments/(?P<id>\d+)")
Said = tuple[int, object, dict[str, str]]


@dataclass
class StubGitHub:
    """What it knows, and what it was asked."""

    pulls: dict[int, list[dict[str, Any]]] = field(default_factory=lambda: {7: []})
    # Answers that come before any other, one for each request.
    moods: list[Said] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""
    made: int = 0

    def write(self, number: int, author: str, text: str) -> dict[str, Any]:
        """Put a comment there."""
        self.made += 1
        comment = {"id": self.made, "user": {"login": author}, "body": text}
        self.pulls[number].append(comment)
        return comment

    def answer(self, method: str, target: str, token: str, body: Any) -> Said:
        """Answer one request."""
        path, _, query = target.partition("?")
        self.asked.append((method, path))
        if self.moods:
            return self.moods.pop(0)
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}, {}
        listed, one = LIST.fullmatch(path), ONE.fullmatch(path)
        if listed and int(listed["number"]) in self.pulls:
            return self._listed(method, int(listed["number"]), query, body)
        for comments in self.pulls.values():
            for comment in comments:
                if one and method == "PATCH" and comment["id"] == int(one["id"]):
                    comment["body"] = body["body"]
                    return 200, comment, {}
        return 404, {"message": "Not Found"}, {}

    def _listed(self, method: str, number: int, query: str, body: Any) -> Said:
        if method == "POST":
            # What a person reads back has the line ends of the web.
            return 201, self.write(number, BOT, body["body"].replace("\n", "\r\n")), {}
        asked = parse_qs(query)
        size, page = int(asked["per_page"][0]), int(asked["page"][0])
        return 200, self.pulls[number][size * (page - 1) : size * page], {}


@contextmanager
def serving_github() -> Iterator[StubGitHub]:
    """Run a GitHub until the block ends."""
    stub = StubGitHub()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = self.headers.get("Authorization", "")
            status, said, headers = stub.answer(self.command, self.path, token, json.loads(sent or b"null"))
            body = json.dumps(said).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PATCH = do_GET  # noqa: N815 - http.server's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    stub.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
