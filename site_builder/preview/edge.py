"""Run the CloudFront function itself: the very file, in a JavaScript engine, with a KeyValueStore of ours."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import quickjs

from site_builder.errors import SiteError

IMPORT_LINE = "import cf from 'cloudfront';"
SECONDS = 1
FIRST_ERROR = 400
# What CloudFront gives a function: its two megabytes are not the engine's own, so the limit here is looser.
BYTES = 32 * 1024 * 1024

# The service's store answers a missing key with a rejected promise, and so must this one.
RUNTIME = """
const cf = {
  kvs: function () {
    return {
      get: async function (key, options) {
        if (!keyValues.has(key)) { throw new Error('KeyValueStore: no such key: ' + key); }
        const value = keyValues.get(key);
        return options && options.format === 'json' ? JSON.parse(value) : value;
      },
      exists: async function (key) { return keyValues.has(key); }
    };
  }
};
let keyValues = new Map();
const fill = function (pairs) { keyValues = new Map(JSON.parse(pairs)); };
"""
CALL = """
(function (event) {
  globalThis.outcome = undefined;
  Promise.resolve(handler(JSON.parse(event))).then(
    function (value) { globalThis.outcome = JSON.stringify({ value: value }); },
    function (error) { globalThis.outcome = JSON.stringify({ error: String(error), stack: error && error.stack }); }
  );
})
"""


class EdgeError(SiteError):
    """The edge function failed, which in CloudFront would be a 503 for everybody."""


@dataclass(frozen=True)
class EdgeRequest:
    """A viewer's request, as far as the edge looks at it."""

    method: str
    uri: str
    querystring: str = ""
    ip: str = "127.0.0.1"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EdgeForward:
    """The request goes on to the origin, under this address."""

    uri: str


@dataclass(frozen=True)
class EdgeResponse:
    """The edge answers by itself."""

    status: int
    headers: Mapping[str, str]
    body: str = ""


class _Engine:
    """One function file, loaded once and called for each event."""

    def __init__(self, name: str, source: str, kvs: Callable[[], Mapping[str, str]]) -> None:
        self._name = name
        self._source = source
        self._kvs = kvs
        # The engine measures its stack from the thread that made it, so it lives and works in one thread. That
        # thread is the lock as well: requests from several threads are decided one after the other.
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="edge")
        self._thread.submit(self._load).result()

    def call(self, event: dict[str, Any]) -> object:
        """Return what the function makes of an event."""
        outcome = self._thread.submit(self._call, json.dumps(event), self._kvs()).result()
        if "error" in outcome:
            raise self.failed(f"{outcome['error']}\n{outcome.get('stack') or ''}".strip())
        return outcome.get("value")

    def close(self) -> None:
        """Let the engine's thread end."""
        self._thread.shutdown()

    def failed(self, words: str) -> EdgeError:
        """Return the error that says so."""
        return EdgeError(f"infra/edge/{self._name}", f"the edge function failed: {words}", "Mend the function.")

    def _load(self) -> None:
        context = quickjs.Context()
        context.set_memory_limit(BYTES)
        context.set_time_limit(SECONDS)
        try:
            context.eval(RUNTIME)
            # By itself, and the import leaves its line empty: the engine then counts the file's own lines.
            context.eval(self._source.replace(IMPORT_LINE, ""))
            context.set("call", context.eval(CALL))
            context.set("refill", context.eval("fill"))
        except quickjs.JSException as error:
            raise self.failed(str(error)) from error
        self._context = context
        self._filled: Mapping[str, str] = {}

    def _call(self, event: str, values: Mapping[str, str]) -> dict[str, Any]:
        try:
            return self._decide(event, values)
        except EdgeError:
            # What was cut off is still in the engine and would go on with the next request.
            self._load()
            raise

    def _decide(self, event: str, values: Mapping[str, str]) -> dict[str, Any]:
        try:
            # The engine cannot call back into Python under a time limit, so the values go in beforehand.
            if values != self._filled:
                self._context.get("refill")(json.dumps(list(values.items())))
                self._filled = dict(values)
            self._context.get("call")(event)
            self._finish()
            outcome = self._context.get("outcome")
        except quickjs.JSException as error:
            raise self.failed(str(error)) from error
        if outcome is None:
            raise self.failed("it never came to a decision")
        decided: dict[str, Any] = json.loads(outcome)
        return decided

    def _finish(self) -> None:
        """Run what the function awaits; the engine's own limit is for each piece, this one for all of them."""
        end = time.monotonic() + SECONDS
        while self._context.execute_pending_job():
            if time.monotonic() > end:
                raise self.failed("it was interrupted: it awaits without end")


class EdgeFunction:
    """The function that decides about a request before the cache is looked up."""

    def __init__(self, source: str, kvs: Callable[[], Mapping[str, str]]) -> None:
        """Load the function's source; the mapping stands for what the KeyValueStore holds at each moment."""
        self._engine = _Engine("router.js", source, kvs)

    def handle(self, request: EdgeRequest) -> EdgeForward | EdgeResponse:
        """Decide about one request."""
        value = self._engine.call(_request_event(request))
        decision = _decision(value)
        if decision is None:
            raise self._engine.failed(f"it returned {json.dumps(value)}, which is neither a request nor a response")
        return decision

    def close(self) -> None:
        """Let the engine's thread end."""
        self._engine.close()


class StatusFunction:
    """The function that gives an answer its status before it goes to the visitor."""

    def __init__(self, source: str) -> None:
        """Load the function's source."""
        self._engine = _Engine("status.js", source, dict)

    def finish(self, status: int, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        """Return the status and the headers with which an answer is sent."""
        if status >= FIRST_ERROR:
            # CloudFront does not call it for what the origin says is an error.
            return status, dict(headers)
        value = self._engine.call(_response_event(status, headers))
        if not isinstance(value, dict) or not isinstance(value.get("statusCode"), int):
            raise self._engine.failed(f"it returned {json.dumps(value)}, which is no response")
        return value["statusCode"], {name: one["value"] for name, one in value["headers"].items()}

    def close(self) -> None:
        """Let the engine's thread end."""
        self._engine.close()


def _response_event(status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    """Write the response as CloudFront hands it to a function."""
    return {
        "version": "1.0",
        "context": {"eventType": "viewer-response"},
        "request": {"method": "GET", "uri": "/", "querystring": {}, "headers": {}, "cookies": {}},
        "response": {
            "statusCode": status,
            "headers": {name.lower(): {"value": value} for name, value in headers.items()},
            "cookies": {},
        },
    }


def _request_event(request: EdgeRequest) -> dict[str, Any]:
    """Write the request as CloudFront hands it to a function."""
    return {
        "version": "1.0",
        "context": {"eventType": "viewer-request"},
        "viewer": {"ip": request.ip},
        "request": {
            "method": request.method,
            "uri": request.uri,
            "querystring": _query(request.querystring),
            "headers": {name.lower(): {"value": value} for name, value in request.headers.items()},
            "cookies": {},
        },
    }


def _query(text: str) -> dict[str, Any]:
    """Split a query string as CloudFront does: names and values stay encoded, repeated names are listed."""
    query: dict[str, Any] = {}
    for part in filter(None, text.split("&")):
        name, _, value = part.partition("=")
        if name in query:
            query[name].setdefault("multiValue", [{"value": query[name]["value"]}]).append({"value": value})
        else:
            query[name] = {"value": value}
    return query


def _decision(value: object) -> EdgeForward | EdgeResponse | None:
    """Read what the function returned: a request that goes on, or a response; None where it is neither."""
    if isinstance(value, dict) and isinstance(value.get("statusCode"), int):
        headers = {name: header["value"] for name, header in value.get("headers", {}).items()}
        body = value.get("body", "")
        return EdgeResponse(value["statusCode"], headers, body if isinstance(body, str) else body.get("data", ""))
    if isinstance(value, dict) and isinstance(value.get("uri"), str):
        return EdgeForward(value["uri"])
    return None
