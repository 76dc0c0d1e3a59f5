"""One line in the log for each event, without a word of what people wrote."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

from chalicelib.replies import HEADERS, Reply


def observed(answer: Callable[[], Reply], method: str, route: str, request_id: str) -> Reply:
    """Get the answer, write down how it went, and add what every answer carries."""
    started = time.perf_counter()
    reply = answer()
    milliseconds = round((time.perf_counter() - started) * 1000, 2)
    tell(
        "request",
        request_id=request_id,
        method=method,
        route=route,
        status=int(reply.status),
        milliseconds=milliseconds,
    )
    return replace(reply, headers={**HEADERS, **reply.headers, "X-Request-Id": request_id})


def tell(event: str, **facts: object) -> None:
    """Write an event into the log; facts are ids, counts and names of ours, never anybody's words."""
    sys.stderr.write(json.dumps({"event": event, **facts}) + "\n")


def tell_crash(error: BaseException, where: str) -> None:
    """Write down what kind of fault it was and where, and not its words: they may hold what somebody wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    tell(
        "crash",
        where=where,
        error=type(error).__name__,
        frames=[f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    )
