"""One line in the log for each event, without a word of what people wrote."""

from __future__ import annotations

import json
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from pathlib import PurePath
from typing import Any, Final, NamedTuple

from chalicelib.replies import HEADERS, Reply


class Measure(NamedTuple):
    """A figure that an event stands for: each one counts as one, unless one of its facts is the figure."""

    name: str
    unit: str = "Count"
    value: Callable[[Mapping[str, Any]], float] = lambda _facts: 1
    # The fact without which an event does not stand for it.
    of: str = ""


# Which figures an event gives. A series costs money in each hour in which it has a figure, so what is rare is nearly
# free, and each series has alarms or a place on the dashboard: a test holds them together.
MEASURES: Mapping[str, tuple[Measure, ...]] = {
    "request": (
        Measure("RequestMilliseconds", "Milliseconds", lambda facts: facts["milliseconds"]),
        # Nothing as well as one: its average is then the share of requests that failed.
        Measure("RequestsFailed", value=lambda facts: int(facts["status"] >= HTTPStatus.INTERNAL_SERVER_ERROR)),
        Measure("MessagesKept", of="kept"),
    ),
    "message_queued": (Measure("MessagesQueued"),),
    "message_not_kept": (Measure("MessagesNotKept"),),
    "queued_message_refused": (Measure("MessagesRefused"),),
    "delivered": (Measure("Deliveries"),),
    "delivery_dead": (Measure("DeliveriesDead"),),
    "canary_arrived": (Measure("CanaryArrived"), Measure("CanarySeconds", "Seconds", lambda facts: facts["seconds"])),
    "canary_missing": (Measure("CanaryMissing"),),
    "task_failed": (Measure("TasksFailed"),),
    "crash": (Measure("Crashes"),),
    "visit": (
        Measure("SiteUp", value=lambda facts: int(facts["well"])),
        Measure("SiteMilliseconds", "Milliseconds", lambda facts: facts["milliseconds"]),
    ),
}


class _Log:
    """Where figures belong; nothing as long as nobody collects them."""

    namespace = ""


_LOG: Final = _Log()


def measure_in(namespace: str) -> None:
    """Give figures with the events from now on: CloudWatch reads them out of the log, under this namespace."""
    _LOG.namespace = namespace


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
        **reply.facts,
    )
    return Reply(reply.status, reply.body, {**HEADERS, **reply.headers, "X-Request-Id": request_id}, reply.cookies)


def tell(event: str, **facts: object) -> None:
    """Write an event into the log; facts are ids, counts and names of ours, never anybody's words."""
    line = {"event": event, **facts}
    if _LOG.namespace and event in MEASURES:
        line |= _figures([one for one in MEASURES[event] if not one.of or one.of in facts], facts)
    sys.stderr.write(json.dumps(line) + "\n")


def _figures(measures: Sequence[Measure], facts: Mapping[str, Any]) -> dict[str, object]:
    """Return the figures as CloudWatch's embedded metric format has them, in the line that is written anyway."""
    described = {
        "Namespace": _LOG.namespace,
        # One series for each figure: every further dimension would be a series of its own, and paid as such.
        "Dimensions": [[]],
        "Metrics": [{"Name": measure.name, "Unit": measure.unit} for measure in measures],
    }
    head = {"Timestamp": int(time.time() * 1000), "CloudWatchMetrics": [described]}
    return {"_aws": head, **{measure.name: measure.value(facts) for measure in measures}}


def tell_crash(error: BaseException, where: str) -> None:
    """Write down what kind of fault it was and where, and not its words: they may hold what somebody wrote."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    tell(
        "crash",
        where=where,
        error=type(error).__name__,
        frames=[f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames],
    )
