"""The API's door to Lambda: every address is handed to `chalicelib`, which knows nothing of Chalice."""

from __future__ import annotations

import gc

# All that is loaded here stays: to look for garbage in it meanwhile is a twentieth of a cold start.
gc.disable()

import base64
import os
import uuid
from collections.abc import Mapping
from typing import Any

from chalice.app import Chalice, Rate
from chalicelib.observe import measure_in, observed
from chalicelib.replies import Reply
from chalicelib.requests import Request
from chalicelib.routes import TABLE, answer, handler_of
from chalicelib.services import open_services
from chalicelib.settings import read_settings, with_secrets

# All of them, and every content type: what is not taken is refused in our own shape, not in the framework's.
METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE", "TRACE"]


class Api(Chalice):
    """Chalice's application: it knows the addresses and the schedule, and hands a request over as it came.

    Of the framework's own way through a request nothing is needed here, and each step of it is paid for each time.
    """

    def __call__(self, event: Any, context: Any) -> dict[str, Any]:  # noqa: ANN401 - as Lambda has them
        """Answer the request that an event of API Gateway (payload 1.0) tells of."""
        request = _request(event)
        known_as = getattr(context, "aws_request_id", None) or str(uuid.uuid4())
        return _response(observed(lambda: answer(request, services), request.method, request.path, known_as))


app = Api(app_name="zichkoding-api")
# Made once for each process and kept between requests; each part connects when it is first used.
services = open_services(read_settings(with_secrets(os.environ)))
measure_in(services.settings.metrics)
# What must not wait is loaded while Lambda still gives a whole processor; the rest when it is asked for.
handler_of(TABLE["/api/contact"]["POST"].handler)

for path in sorted(TABLE):
    # For the local server and whoever lists them: a request does not come this way.
    app.route(path, methods=METHODS, content_types=["*/*"], name=path)(answer)

# Nor is any of it looked at later.
gc.freeze()
gc.enable()


@app.schedule(Rate(1, unit=Rate.MINUTES))
def work(_event: Any) -> dict[str, bool]:  # noqa: ANN401 - Chalice's own object
    """Do what is due: empty the queue, deliver, look after the rest."""
    # Only here: mail and its libraries are no part of a request's cold start.
    from chalicelib.outbox.channels import open_channels  # noqa: PLC0415 - mail and its libraries are no part of a request's cold start
    from chalicelib.tasks import run_tasks  # noqa: PLC0415 - mail and its libraries are no part of a request's cold start

    return {"well": run_tasks(services, open_channels(services.settings))}


def _request(event: Mapping[str, Any]) -> Request:
    # What is no request at all has no path, and there is nothing at no path.
    context = event.get("requestContext") or {}
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    return Request(
        method=context.get("httpMethod", ""),
        path=context.get("resourcePath", ""),
        # Of what comes twice the first counts, as in forms.
        query={name: values[0] for name, values in (event.get("multiValueQueryStringParameters") or {}).items()},
        headers=headers,
        body=_body(event),
        address=_viewer(headers, context),
    )


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or b""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body)
    return body if isinstance(body, bytes) else body.encode()


def _viewer(headers: Mapping[str, str], context: Mapping[str, Any]) -> str:
    """Return the visitor's address; behind the CDN the connection itself is the CDN's."""
    told = headers.get("cloudfront-viewer-address", "")
    return told.rpartition(":")[0] or str(context.get("identity", {}).get("sourceIp", ""))


def _response(reply: Reply) -> dict[str, Any]:
    """Return the answer as API Gateway takes it: what may have several values in a mapping of its own."""
    several = {"Set-Cookie": list(reply.cookies)} if reply.cookies else {}
    status = int(reply.status)
    return {"statusCode": status, "headers": reply.headers, "multiValueHeaders": several, "body": reply.body}
