"""Members for tests: signed in, and asking as their browsers do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from chalicelib.accounts.sessions import COOKIE, hash_of, make_token
from chalicelib.replies import Reply
from chalicelib.requests import FORM, JSON, Request
from chalicelib.routes import answer
from chalicelib.services import Services

ENTER = """
    WITH who AS (INSERT INTO members (email, name, role) VALUES (%(email)s, 'Ada', %(role)s) RETURNING id)
    INSERT INTO sessions (token_hash, member_id) SELECT %(hash)s, id FROM who
"""


@dataclass
class Browser:
    """Somebody's browser: it keeps cookies, and says where its requests come from."""

    services: Services
    cookies: dict[str, str] = field(default_factory=dict)
    site: str = "same-origin"

    def ask(self, method: str, address: str, body: object = None, kind: str = JSON, **headers: str) -> Reply:
        """Send a request and keep the cookies that come back."""
        path, _, query = address.partition("?")
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            named["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if self.site:
            named["sec-fetch-site"] = self.site
        sent = b""
        if body is not None:
            named["content-type"] = kind
            sent = (urlencode(body) if kind == FORM else json.dumps(body)).encode()  # type: ignore[arg-type]
        pairs = dict(pair.split("=", 1) for pair in query.split("&") if pair)
        reply = answer(Request(method, path, pairs, named, sent, "192.0.2.1"), self.services)
        for cookie in reply.cookies:
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            if "Max-Age=0;" in cookie:
                del self.cookies[name]
        return reply

    def json(self, method: str, address: str, body: object = None, kind: str = JSON, **headers: str) -> Any:
        """Send a request and return the JSON that comes back."""
        return json.loads(self.ask(method, address, body, kind, **headers).body)


def sign_in(services: Services, role: str = "member", email: str = "ada@example.org") -> Browser:
    """Return the browser of a member who is signed in."""
    token = make_token()
    services.database.ask(ENTER, {"email": email, "role": role, "hash": hash_of(token)})
    return Browser(services, {COOKIE: token})
