"""What only a preview has: news for browsers, what is wrong with a page, and what is not published yet.

All of it lies under `/_dev/`, and one line at the end of a page that a person looks at loads it. Whoever asks for a
page in another way, a test or a program, gets the very bytes that visitors get.
"""

from __future__ import annotations

import hashlib
import json
import queue
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from site_builder.preview.answers import Answer, plain
from site_builder.preview.board import Board
from site_builder.preview.cockpit import cockpit_page, page_of
from site_builder.preview.mail import mail_list, mail_page, read_mails
from site_builder.preview.texts import about, texts_ahead
from site_builder.release.manifest import content_type

PREFIX = "/_dev/"
EVENTS = "/_dev/events"
THEME = "/_dev/theme/"
MAIL = "/_dev/mail/"
OWN = Path(__file__).parent / "page"
OWN_FILES = {"/_dev/preview.js": "preview.js", "/_dev/preview.css": "preview.css"}
# A browser that went away without a word is noticed by a beat that it does not take.
HEARTBEAT = 15
# Another site that got its name to lead to this machine must not read what is here.
OWN_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
END = b"</body>"

Findings = Callable[[], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Development:
    """The preview's own part of the site."""

    board: Board
    output: Path
    content: Path
    theme: Path
    findings: Findings
    # Where the API puts the mail that it would send.
    mail: Path

    def answer(self, path: str, query: str, host: str) -> Answer:
        """Answer what is asked under `/_dev/`."""
        if host.rpartition(":")[0].lower() not in OWN_HOSTS and host.lower() not in OWN_HOSTS:
            return plain(403, f"{host} is not this machine.")
        return self._answer(path, parse_qs(query))

    def _answer(self, path: str, query: Mapping[str, Sequence[str]]) -> Answer:
        if path in OWN_FILES:
            return _file(OWN / OWN_FILES[path])
        if path.startswith(THEME):
            return self._theme_file(path.removeprefix(THEME))
        if path == "/_dev/page":
            return self._about(query.get("path", ["/"])[0])
        if path == PREFIX:
            ahead = texts_ahead(self.output, self.content)
            return _page(cockpit_page(self.board.faults, ahead, self.findings()))
        if path.startswith(MAIL):
            return self._mail(path.removeprefix(MAIL))
        return plain(404, f"The preview has nothing at {path}.")

    def injected(self, answer: Answer, build: str) -> Answer:
        """Return a page with the line that loads what only a preview has, and the build that it is at least of."""
        if not answer.header("Content-Type").startswith("text/html"):
            return answer
        line = f'<script src="/_dev/preview.js" data-build="{build}" defer></script>'.encode()
        before, end, after = answer.body.rpartition(END)
        body = b"".join((before, line, end, after)) if end else answer.body + line
        kept = tuple((name, value) for name, value in answer.headers if name.lower() != "etag")
        return replace(answer, headers=(*kept, ("ETag", _tag(body)), ("Vary", "Sec-Fetch-Dest")), body=body)

    def events(self, query: str) -> Generator[bytes]:
        """Yield the news for one open page, until its browser has gone."""
        asked = parse_qs(query)
        path, build = asked.get("path", ["/"])[0], asked.get("build", [""])[0]
        with self.board.listening(path, build) as news:
            while True:
                try:
                    one = news.get(timeout=HEARTBEAT)
                except queue.Empty:
                    yield b":\n\n"
                else:
                    yield f"data: {json.dumps(one)}\n\n".encode()

    def _about(self, path: str) -> Answer:
        found = about(self.output, self.content, path, self.findings())
        return _fresh("application/json", json.dumps(found).encode())

    def _mail(self, key: str) -> Answer:
        mails = read_mails(self.mail)
        if not key:
            return _page(page_of(mail_list(mails)))
        wanted = next((mail for mail in mails if mail.key == key), None)
        return _page(page_of(mail_page(wanted))) if wanted else plain(404, "There is no such mail.")

    def _theme_file(self, name: str) -> Answer:
        static = (self.theme / "static").resolve()
        file = (static / name).resolve()
        if not file.is_relative_to(static) or not file.is_file():
            return plain(404, f"The theme has no file static/{name}.")
        return _file(file)


def _file(file: Path) -> Answer:
    return _fresh(content_type(file.name), file.read_bytes())


def _page(text: str) -> Answer:
    return _fresh("text/html; charset=utf-8", text.encode())


def _fresh(kind: str, body: bytes) -> Answer:
    return Answer(200, (("Content-Type", kind), ("Cache-Control", "no-store")), body)


def _tag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
