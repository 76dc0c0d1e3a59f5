"""One line in the log for each request, without a word of what was in it."""

from __future__ import annotations

import json
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import replace

from chalicelib.replies import HEADERS, Reply


def observed(answer: Callable[[], Reply], method: str, route: str, request_id: str | None) -> Reply:
    """Get the answer, write down how it went, and add what every answer carries."""
    started = time.perf_counter()
    known_as = request_id or str(uuid.uuid4())
    reply = answer()
    line = {
        "event": "request",
        "request_id": known_as,
        "method": method,
        "route": route,
        "status": int(reply.status),
        "milliseconds": round((time.perf_counter() - started) * 1000, 2),
    }
    sys.stderr.write(json.dumps(line) + "\n")
    return replace(reply, headers={**HEADERS, **reply.headers, "X-Request-Id": known_as})
