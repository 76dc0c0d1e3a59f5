"""An API that answers as the real one does, in the process, for forms and islands to talk to.

It keeps what it is given, refuses what the real one refuses in the same shape, and takes a message once for each key.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Route

WORDS_FOR_NO_ADDRESS = "This is not an email address."


@dataclass
class Api:
    """What the API knows, and what it was asked."""

    signed_in: bool = False
    broken: bool = False
    unreachable: bool = False
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    messages: dict[str, dict[str, str]] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)
    me: dict[str, Any] = field(default_factory=lambda: {"name": "Ada", "newsletter": False})

    def serve(self, page: Page) -> None:
        """Answer this page's requests."""
        page.route("**/api/**", self._answer)

    def to(self, path: str, method: str = "POST") -> list[Any]:
        """Return what was sent to a path."""
        return [body for asked, to, body in self.asked if (asked, to) == (method, path)]

    def _answer(self, route: Route) -> None:
        method, path = route.request.method, urlsplit(route.request.url).path
        body = json.loads(route.request.post_data or "null")
        self.asked.append((method, path, body))
        if self.unreachable:
            route.abort("internetdisconnected")
            return
        if self.broken:
            route.fulfill(status=503, json={"error": {"code": "unavailable", "message": "Not now.", "fields": {}}})
            return
        answers: dict[tuple[str, str], Callable[[Any], tuple[int, Any]]] = {
            ("GET", "/api/contact/token"): self._give_key,
            ("POST", "/api/contact"): self._keep_message,
            ("POST", "/api/newsletter"): self._take_address,
            ("POST", "/api/session/mail"): self._take_address,
            ("GET", "/api/session"): lambda _: (200, {"signed_in": self.signed_in, "issuer": True}),
            ("GET", "/api/me"): lambda _: self._mine(self.me),
            ("PATCH", "/api/me"): self._change,
            ("GET", "/api/me/messages"): lambda _: self._mine(
                {"messages": [{"id": 1, "subject": "Hello", "sent": "2026-01-02T03:04:05Z", "state": "read"}]}
            ),
            ("GET", "/api/me/saved"): lambda _: self._mine(
                {"saved": [{"path": path, "title": title} for path, title in self.saved.items()]}
            ),
            ("PUT", "/api/me/saved"): self._save,
            ("DELETE", "/api/me/saved"): self._forget,
        }
        status, answer = answers[method, path](body)
        route.fulfill(status=status, json=answer)

    def _give_key(self, _: None) -> tuple[int, Any]:
        key = f"key {len(self.asked)}"
        return 200, {"key": key, "token": f"signed {key}"}

    def _keep_message(self, body: dict[str, str]) -> tuple[int, Any]:
        if "@" not in body["email"] or body["email"].endswith(".invalid"):
            faults = {"email": WORDS_FOR_NO_ADDRESS}
            return 422, {"error": {"code": "invalid", "message": "Please look again.", "fields": faults}}
        known = body["key"] in self.messages
        self.messages.setdefault(body["key"], body)
        return (200 if known else 201), {"id": body["key"], "status": "kept"}

    def _take_address(self, _: dict[str, str]) -> tuple[int, Any]:
        return 202, {"status": "check your mail"}

    def _mine(self, answer: Any) -> tuple[int, Any]:
        if not self.signed_in:
            return 401, {"error": {"code": "nobody", "message": "Sign in first.", "fields": {}}}
        return 200, answer

    def _change(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.me.update(body)
        return self._mine(self.me)

    def _save(self, body: dict[str, str]) -> tuple[int, Any]:
        self.saved[body["path"]] = body["title"]
        return self._mine({})

    def _forget(self, body: dict[str, str]) -> tuple[int, Any]:
        self.saved.pop(body["path"], None)
        return self._mine({})
