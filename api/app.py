"""The API's routes: parse, call, respond. The rules are in chalicelib, which knows nothing of Chalice."""

from __future__ import annotations

import os
from collections.abc import Callable

from chalice.app import Chalice, Request, Response
from chalicelib.contact import take_message
from chalicelib.observe import observed
from chalicelib.postgres import PostgresMessageStore
from chalicelib.replies import Reply, json_reply, uniform_error
from chalicelib.settings import read_settings

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

app = Chalice(app_name="zichkoding-api")
# Made once for each process and kept between requests; it connects when it is first used.
messages = PostgresMessageStore(read_settings(os.environ).database_url)


@app.route("/api/health", methods=["GET"])
def health() -> Response:
    """Say that the function runs; it asks nothing else."""
    return _respond(json_reply(200, {"status": "ok"}))


@app.route("/api/contact", methods=["POST"], content_types=[FORM, JSON])
def contact() -> Response:
    """Keep a message, from a plain form or as JSON."""
    request = app.current_request or Request({}, None)
    body = request.raw_body or b""
    return _respond(
        take_message(
            request.headers.get("content-type", ""), body if isinstance(body, bytes) else body.encode(), messages
        )
    )


@app.middleware("http")
def observe(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Give every answer one shape, one set of headers and one line in the log."""
    context = getattr(request, "lambda_context", None)

    def answer() -> Reply:
        response = get_response(request)
        return uniform_error(
            Reply(response.status_code, response.body, {name: str(value) for name, value in response.headers.items()})
        )

    route = getattr(request, "context", {}).get("resourcePath", "unknown")
    return _respond(observed(answer, request.method, route, getattr(context, "aws_request_id", None)))


def _respond(reply: Reply) -> Response:
    return Response(body=reply.body, status_code=reply.status, headers=dict(reply.headers))
