"""The API's door to Lambda: every address is handed to `chalicelib`, which knows nothing of Chalice."""

from __future__ import annotations

import os
import uuid
from typing import Any

from chalice.app import Chalice, Rate, Request, Response
from chalicelib import requests
from chalicelib.observe import measure_in, observed
from chalicelib.replies import Reply
from chalicelib.routes import TABLE, answer
from chalicelib.services import open_services
from chalicelib.settings import read_settings, with_secrets

# All of them, and every content type: what is not taken is refused in our own shape, not in the framework's.
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"]

app = Chalice(app_name="zichkoding-api")
# Made once for each process and kept between requests; each part connects when it is first used.
services = open_services(read_settings(with_secrets(os.environ)))
measure_in(services.settings.metrics)


def serve() -> Response:
    """Answer the current request."""
    current = app.current_request or Request({}, None)
    request = _request(current)
    context = current.lambda_context
    known_as = getattr(context, "aws_request_id", None) or str(uuid.uuid4())
    return _response(observed(lambda: answer(request, services), request.method, request.path, known_as))


for path in sorted(TABLE):
    app.route(path, methods=METHODS, content_types=["*/*"], name=path)(serve)


@app.schedule(Rate(1, unit=Rate.MINUTES))
def work(_event: Any) -> dict[str, bool]:  # noqa: ANN401 - Chalice's own object
    """Do what is due: empty the queue, deliver, look after the rest."""
    # Only here: mail and its libraries are no part of a request's cold start.
    from chalicelib.outbox.channels import open_channels  # noqa: PLC0415 - mail and its libraries are no part of a request's cold start
    from chalicelib.tasks import run_tasks  # noqa: PLC0415 - mail and its libraries are no part of a request's cold start

    return {"well": run_tasks(services, open_channels(services.settings))}


def _request(current: Request) -> requests.Request:
    body = current.raw_body or b""
    # Of what comes twice the first counts, as in forms.
    query = current.query_params
    return requests.Request(
        method=current.method,
        path=current.path,
        query={name: query.getlist(name)[0] for name in query} if query else {},
        headers={name.lower(): value for name, value in current.headers.items()},
        body=body if isinstance(body, bytes) else body.encode(),
        address=_viewer(current),
    )


def _viewer(current: Request) -> str:
    """Return the visitor's address; behind the CDN the connection itself is the CDN's."""
    told = str(current.headers.get("cloudfront-viewer-address", ""))
    return told.rpartition(":")[0] or str(current.context.get("identity", {}).get("sourceIp", ""))


def _response(reply: Reply) -> Response:
    return Response(body=reply.body, status_code=int(reply.status), headers=dict(reply.headers))
