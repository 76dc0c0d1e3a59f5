"""The key of the smoke tests for an environment of the local cloud, made as its owner makes one: by signing in."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from site_builder.preview.functions import OWNER
from site_builder.preview.mail import read_mails

MAIL_SECONDS = 30
REFUSED = 400
LINK = re.compile(r"https?://[^/\s]+(?P<path>/api/session/link\?token=\S+)")
SCOPES = ("messages:read", "tests:erase")


class NoKeyError(Exception):
    """No key could be made; the message says where it ended."""


def make_key(url: str, mail: Path) -> str:
    """Sign in as the owner, by the mail that is sent, and return a key as the owner makes one."""
    asking = Asking(url)
    asking.post("/api/session/mail", {"email": OWNER})
    asking.post(_link_for_owner(mail), {})
    return str(asking.post("/api/keys", {"name": "smoke tests", "scopes": SCOPES, "days": 1})["key"])


@dataclass
class Asking:
    """A browser as far as signing in needs one."""

    url: str
    cookie: str = ""

    def post(self, path: str, body: Mapping[str, object]) -> Any:  # noqa: ANN401 - each address answers what it answers
        """Send JSON as one of the site's own pages does, keep the cookie, and return what is answered."""
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", "Cookie": self.cookie}
        with closing(HTTPConnection(urlsplit(self.url).netloc, timeout=MAIL_SECONDS)) as connection:
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read().decode()
        if answer.status >= REFUSED:
            raise NoKeyError(f"{path} answered {answer.status}: {said}")
        self.cookie = next((one for one in answer.msg.get_all("Set-Cookie", []) if "session=" in one), self.cookie)
        self.cookie = self.cookie.partition(";")[0]
        return json.loads(said) if said.startswith("{") else said


def _link_for_owner(mail: Path) -> str:
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        for one in read_mails(mail):
            if one.recipient == OWNER and (link := LINK.search(one.text)):
                return link["path"]
        time.sleep(0.05)
    raise NoKeyError(f"no mail with a link to sign in has come to {mail} within {MAIL_SECONDS} seconds")
