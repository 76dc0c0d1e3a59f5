"""What was asked, before any rule has looked at it and free of any framework."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


class Request(NamedTuple):
    """One request; the names of its headers are in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    body: bytes = b""
    address: str = ""

    @property
    def content_type(self) -> str:
        """Return the body's type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def is_form(self) -> bool:
        """Say whether the body comes from a plain HTML form, whose sender wants a page in return."""
        return self.content_type == FORM

    @property
    def wants_page(self) -> bool:
        """Say whether a person waits for the answer, with a browser and perhaps without scripts."""
        return self.is_form or "text/html" in self.headers.get("accept", "").lower()

    def cookie(self, name: str) -> str:
        """Return a cookie's value, or nothing; ours are never quoted, and others are nobody's business here."""
        if "cookie" not in self.headers:
            return ""
        pairs = (one.strip().partition("=") for one in self.headers["cookie"].split(";"))
        return next((value for known, _, value in pairs if known == name), "")
