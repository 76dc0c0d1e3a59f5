"""What goes back: one shape for errors, one set of headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from chalicelib.errors import ApiError, InvalidError

# Nothing the API says may be kept by a cache, framed, sniffed or run.
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains; preload",
    "X-Content-Type-Options": "nosniff",
}
RETRY_SECONDS = "60"


@dataclass(frozen=True)
class Reply:
    """A response, before it is anybody's framework's."""

    status: int
    body: object
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(status: int, value: object) -> Reply:
    """Answer a program."""
    # Written here, not by the framework: what it cannot write it would turn into a crash past every handler.
    return Reply(status, json.dumps(value), {"Content-Type": "application/json"})


def html_reply(status: int, page: str) -> Reply:
    """Answer a person."""
    return _with_retry(Reply(status, page, {"Content-Type": "text/html; charset=utf-8"}))


def see_other(path: str) -> Reply:
    """Send a person on to a page, so that reloading it does not send the form again."""
    return Reply(HTTPStatus.SEE_OTHER, "", {"Location": path, "Content-Type": "text/plain; charset=utf-8"})


def error_reply(error: ApiError) -> Reply:
    """Answer a program that something is wrong."""
    fields = error.fields if isinstance(error, InvalidError) else {}
    return _with_retry(_error(error.status, error.code, error.message, fields))


def uniform_error(reply: Reply) -> Reply:
    """Give the framework's own errors the shape of ours."""
    if not isinstance(reply.body, dict) or "Code" not in reply.body:
        return reply
    code = {405: "method_not_allowed", 415: "unsupported_media_type", 500: "internal"}.get(reply.status, "bad_request")
    shaped = _error(reply.status, code, str(reply.body.get("Message", "")), {})
    return replace(shaped, headers={**reply.headers, **shaped.headers})


def _error(status: int, code: str, message: str, fields: Mapping[str, str]) -> Reply:
    return json_reply(status, {"error": {"code": code, "message": message, "fields": dict(fields)}})


def _with_retry(reply: Reply) -> Reply:
    if reply.status != HTTPStatus.SERVICE_UNAVAILABLE:
        return reply
    return replace(reply, headers={**reply.headers, "Retry-After": RETRY_SECONDS})
