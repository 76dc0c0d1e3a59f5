"""What goes back: one shape for errors, one set of headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, NamedTuple

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


NONE: Final[Mapping[str, Any]] = {}


class Reply(NamedTuple):
    """A response, before it is anybody's framework's."""

    status: int
    body: str
    headers: Mapping[str, str] = NONE
    # The values of Set-Cookie, the one header that may come several times.
    cookies: tuple[str, ...] = ()
    # What the request's line in the log says of it besides.
    facts: Mapping[str, object] = NONE


def json_reply(
    status: int,
    value: object,
    headers: Mapping[str, str] = NONE,
    cookies: tuple[str, ...] = (),
    facts: Mapping[str, object] = NONE,
) -> Reply:
    """Answer a program."""
    # Written here, not by the framework: what it cannot write it would turn into a crash past every handler.
    return Reply(status, json.dumps(value), {"Content-Type": "application/json", **headers}, cookies, facts)


def html_reply(status: int, page: str, headers: Mapping[str, str] = NONE, cookies: tuple[str, ...] = ()) -> Reply:
    """Answer a person."""
    return Reply(status, page, {"Content-Type": "text/html; charset=utf-8", **headers}, cookies)


def see_other(path: str, cookies: tuple[str, ...] = (), facts: Mapping[str, object] = NONE) -> Reply:
    """Send a person on to a page, so that reloading it does not send the form again."""
    headers = {"Location": path, "Content-Type": "text/plain; charset=utf-8"}
    return Reply(HTTPStatus.SEE_OTHER, "", headers, cookies, facts)


def nothing(headers: Mapping[str, str]) -> Reply:
    """Answer that there is nothing to say."""
    return Reply(HTTPStatus.NO_CONTENT, "", {"Content-Type": "text/plain; charset=utf-8", **headers})


def error_reply(error: ApiError) -> Reply:
    """Answer a program that something is wrong."""
    fields = error.fields if isinstance(error, InvalidError) else {}
    words = {"code": error.code, "message": error.message, "fields": fields}
    return json_reply(error.status, {"error": words}, error.headers)
