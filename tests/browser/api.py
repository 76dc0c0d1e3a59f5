"""An API that answers as the real one does, in the process, for forms and islands to talk to.

It keeps what it is given, refuses what the real one refuses, and takes a message once for each key. What it is sent and
what it answers is held to `api/openapi.yaml`, as the real one is.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import jsonschema
import yaml
from playwright.sync_api import Page, Route

CONTRACT: dict[str, Any] = yaml.safe_load((Path(__file__).parents[2] / "api" / "openapi.yaml").read_text())
JSON = "application/json"
WORDS_FOR_NO_ADDRESS = "This is not an email address."
SENT = "2026-01-02T03:04:05Z"


def hold_to_contract(method: str, path: str, body: Any, status: int, answer: Any) -> None:
    """Raise where a request or its answer is none that the API knows."""
    operation = CONTRACT["paths"][path][method.lower()]
    if body is not None:
        jsonschema.validate(body, {**CONTRACT, **operation["requestBody"]["content"][JSON]["schema"]})
    response = operation["responses"][str(status)]
    if "$ref" in response:
        response = CONTRACT["components"]["responses"][response["$ref"].rpartition("/")[2]]
    if answer is None:
        assert "content" not in response, f"{method} {path} is answered with a body"
    else:
        jsonschema.validate(answer, {**CONTRACT, **response["content"][JSON]["schema"]})


@dataclass
class Api:
    """What the API knows, and what it was asked."""

    signed_in: bool = False
    broken: bool = False
    unreachable: bool = False
    asked: list[tuple[str, str, Any]] = field(default_factory=list)
    messages: dict[str, dict[str, str]] = field(default_factory=dict)
    saved: dict[str, str] = field(default_factory=dict)
    letters: list[dict[str, Any]] = field(default_factory=list)
    query: dict[str, str] = field(default_factory=dict)
    me: dict[str, Any] = field(
        default_factory=lambda: {
            "id": str(uuid.uuid4()), "email": "ada@example.org", "name": "Ada", "role": "member", "newsletter": False,
            "since": SENT,
        }
    )  # fmt: skip

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
        self.query = dict(parse_qsl(urlsplit(route.request.url).query))
        if self.unreachable:
            route.abort("internetdisconnected")
            return
        # A token asks no database, so it is given in any case.
        broken = self.broken and path != "/api/contact/token"
        status, answer = (503, _error("unavailable", "Not now.")) if broken else self._decide(method, path, body)
        hold_to_contract(method, path, body, status, answer)
        if answer is None:
            route.fulfill(status=status)
        else:
            route.fulfill(status=status, json=answer)

    def _decide(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        answers: dict[tuple[str, str], Callable[[Any], tuple[int, Any]]] = {
            ("GET", "/api/contact/token"): self._give_key,
            ("POST", "/api/contact"): self._keep_message,
            ("POST", "/api/vitals"): lambda _: (204, None),
            ("POST", "/api/newsletter"): self._take_address,
            ("POST", "/api/session/mail"): self._take_address,
            ("GET", "/api/session"): self._say_who,
            ("GET", "/api/me"): lambda _: self._mine(self.me),
            ("PATCH", "/api/me"): self._change,
            ("GET", "/api/me/messages"): lambda _: self._mine(
                {"messages": [{"id": str(uuid.uuid4()), "subject": "Hello", "sent": SENT, "state": "done"}]}
            ),
            ("GET", "/api/me/saved"): lambda _: self._mine(
                {"saved": [{"path": path, "title": title, "saved": SENT} for path, title in self.saved.items()]}
            ),
            ("PUT", "/api/me/saved"): self._save,
            ("DELETE", "/api/me/saved"): self._forget,
            ("GET", "/api/inbox"): self._list_letters,
            ("POST", "/api/inbox"): self._change_letter,
            ("POST", "/api/people/export"): self._show_person,
            ("POST", "/api/people/erase"): self._erase_person,
        }
        return answers[method, path](body)

    def _say_who(self, _: None) -> tuple[int, Any]:
        name, role = (self.me["name"], self.me["role"]) if self.signed_in else ("", "visitor")
        return 200, {"signed_in": self.signed_in, "name": name, "role": role, "issuer": True}

    def _give_key(self, _: None) -> tuple[int, Any]:
        key = str(uuid.uuid4())
        return 200, {"key": key, "token": f"signed {key}"}

    def _keep_message(self, body: dict[str, str]) -> tuple[int, Any]:
        if "@" not in body["email"] or body["email"].endswith(".invalid"):
            return 422, _error("invalid", "Please look again.", email=WORDS_FOR_NO_ADDRESS)
        known = body["key"] in self.messages
        self.messages.setdefault(body["key"], body)
        return (200 if known else 201), {"id": str(uuid.uuid4()), "status": "received"}

    def _take_address(self, _: dict[str, str]) -> tuple[int, Any]:
        return 202, {"status": "check your mail"}

    def _mine(self, answer: Any) -> tuple[int, Any]:
        if not self.signed_in:
            return 401, _error("not_signed_in", "Please sign in first.")
        return 200, answer

    def _change(self, body: dict[str, Any]) -> tuple[int, Any]:
        self.me.update(body)
        return self._mine(self.me)

    def _save(self, body: dict[str, str]) -> tuple[int, Any]:
        self.saved[body["path"]] = body["title"]
        return self._mine({"path": body["path"], "title": body["title"], "saved": SENT})

    def _forget(self, body: dict[str, str]) -> tuple[int, Any]:
        self.saved.pop(body["path"], None)
        return self._mine({"path": body["path"], "removed": True})

    def _list_letters(self, _: None) -> tuple[int, Any]:
        label = {"messages": "ham", "spam": "spam"}[self.query.get("folder", "messages")]
        words = self.query.get("q", "").lower()
        found = [one for one in self.letters if one["label"] == label and words in str(one).lower()]
        return self._mine({"messages": found})

    def _change_letter(self, body: dict[str, str]) -> tuple[int, Any]:
        (letter,) = (one for one in self.letters if one["id"] == body["id"])
        if body["action"] in {"ham", "spam"}:
            letter["label"] = body["action"]
        else:
            letter["done"] = body["action"] == "done"
        return self._mine({"id": letter["id"], "label": letter["label"], "done": letter["done"]})

    def _show_person(self, body: dict[str, str]) -> tuple[int, Any]:
        held: dict[str, Any] = {name: [] for name in ("identities", "saved", "sessions", "sign_in_links", "deliveries")}
        messages = [one for one in self.letters if one["email"] == body["email"]]
        return self._mine({**held, "account": None, "newsletter": None, "messages": messages})

    def _erase_person(self, body: dict[str, str]) -> tuple[int, Any]:
        before = len(self.letters)
        self.letters = [one for one in self.letters if one["email"] != body["email"]]
        deleted = {"messages": before - len(self.letters), "sessions": 0}
        return self._mine({"deleted": deleted, "at": SENT, "receipt": str(uuid.uuid4())})


def letter_from(name: str, label: str = "ham", message: str = "Hello") -> dict[str, Any]:
    """Return a message as the inbox has it."""
    return {
        "id": str(uuid.uuid4()), "received": SENT, "name": name, "email": f"{name.lower()}@example.org",
        "subject": f"From {name}", "message": message, "label": label, "reason": "", "done": False,
    }  # fmt: skip


def _error(code: str, message: str, **fields: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "fields": fields}}
