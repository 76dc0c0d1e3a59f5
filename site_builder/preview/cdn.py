"""A CDN that behaves like CloudFront, as values and functions: no socket, and the time is given.

What it keeps of CloudFront, because mistakes there are seen by visitors: the edge function runs before the cache is
looked up; the key of the cache is the rewritten path, without query, host or cookie; an object is kept for as long as
its s-maxage or max-age says, then asked for again with its ETag; a 404 of the origin is not kept, and answered with the
site's own page, which is fetched without the edge function; each edge has a cache of its own, and learns of a change in
the KeyValueStore in its own time, all of the change at once and never an older one again.
"""

from __future__ import annotations

import hashlib
import re
import threading
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote

from site_builder.preview.edge import EdgeForward, EdgeFunction, EdgeRequest, EdgeResponse, StatusFunction
from site_builder.release.stores import StoredObject

# As Terraform sets them: infra/modules/site/distribution.tf.
ERROR_PAGE = "404.html"
# What S3 itself says of what it does not have, in short.
BARE = b"<Error><Code>NoSuchKey</Code></Error>"
LONGEST_SECONDS = 31_536_000
OK, NOT_MODIFIED, NOT_FOUND, UNAVAILABLE = 200, 304, 404, 503
AGE = re.compile(r"(?<![\w-])(?P<name>s-maxage|max-age)=(?P<seconds>\d+)")
UNCACHED = re.compile(r"(?<![\w-])(?:no-store|no-cache|private)(?![\w-])")


@dataclass(frozen=True)
class Viewed:
    """What a viewer gets, and how the edge came by it."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    # As CloudFront says in X-Cache: hit, miss, refresh, error or function.
    cache: str


class Origin(Protocol):
    """Answers for a key as the bucket behind the CDN does; raises OSError while it is not well."""

    def get(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is none."""


class Views:
    """What the KeyValueStore held when: each edge sees it as it was some seconds ago."""

    def __init__(self, values: Mapping[str, str], now: float) -> None:
        self._times = [now]
        self._values = [dict(values)]

    def changed(self, values: Mapping[str, str], now: float) -> None:
        """Say that the store holds this from now on."""
        if values != self._values[-1]:
            self._times.append(now)
            self._values.append(dict(values))

    def seen(self, now: float, delay: float) -> Mapping[str, str]:
        """Return what an edge sees that is so late."""
        return self._values[max(0, bisect_right(self._times, now - delay) - 1)]

    def possible(self, now: float, delay: float) -> Sequence[Mapping[str, str]]:
        """Return everything that an edge may see that is at most so late."""
        return self._values[max(0, bisect_right(self._times, now - delay) - 1) :]


@dataclass
class _Kept:
    stored: StoredObject | None
    etag: str
    until: float


@dataclass
class EdgeCache:
    """One edge and its cache."""

    decide: Callable[[EdgeRequest, Mapping[str, str]], EdgeForward | EdgeResponse]
    origin: Origin
    # Called for each answer before it goes out, unless the origin said that it is an error.
    finish: Callable[[int, Mapping[str, str]], tuple[int, Mapping[str, str]]]
    # Whoever works on a site wants to see each page as it is at this moment, however long it may be kept elsewhere.
    keeps: bool = True
    _kept: dict[str, _Kept] = field(default_factory=dict)

    def answer(self, request: EdgeRequest, values: Mapping[str, str], now: float) -> Viewed:
        """Answer a viewer: function, cache, origin, error page, function, in CloudFront's order."""
        decision = self.decide(request, values)
        if not isinstance(decision, EdgeForward):
            return Viewed(decision.status, decision.headers, decision.body.encode(), "function")
        try:
            kept, how = self._fetched(decision.uri, now)
            if kept.stored is None:
                return self.error_page(now)
        except OSError as error:
            return Viewed(UNAVAILABLE, {"content-type": "text/plain"}, f"{error}\n".encode(), "error")
        viewed = _conditional(_viewed(kept, OK, how), request)
        status, headers = self.finish(viewed.status, viewed.headers)
        return replace(viewed, status=status, headers=headers)

    def _fetched(self, uri: str, now: float) -> tuple[_Kept, str]:
        kept = self._kept.get(uri)
        if kept and now < kept.until:
            return kept, "hit" if kept.stored else "error"
        try:
            # What travels in an address is encoded; a key in the bucket is not.
            found = self.origin.get(unquote(uri).lstrip("/"))
        except OSError:
            # Better an old page than none: CloudFront serves what it has while the origin is not well.
            if kept and kept.stored:
                return kept, "hit"
            raise
        etag = _etag(found) if found else ""
        how = "refresh" if kept and kept.stored and kept.etag == etag else "miss"
        fresh = _Kept(found, etag, now + (lifetime(found.cache_control) if found else 0))
        if self.keeps:
            self._kept[uri] = fresh
        return fresh, how

    def error_page(self, now: float) -> Viewed:
        """Answer with the site's own page for what is not there."""
        page, _ = self._fetched(f"/{ERROR_PAGE}", now)
        if page.stored is None:
            return Viewed(NOT_FOUND, {"content-type": "application/xml"}, BARE, "error")
        return _viewed(page, NOT_FOUND, "error")


class Functions:
    """Lets the edge functions, loaded once, decide for several edges, each with its own view of the store."""

    def __init__(self, functions: Path) -> None:
        self._values: Mapping[str, str] = {}
        self._function = EdgeFunction((functions / "router.js").read_text(), lambda: self._values)
        self._status = StatusFunction((functions / "status.js").read_text())
        self._lock = threading.Lock()

    def __call__(self, request: EdgeRequest, values: Mapping[str, str]) -> EdgeForward | EdgeResponse:
        """Decide about one request, as if the store held these values."""
        with self._lock:
            self._values = values
            return self._function.handle(request)

    def finish(self, status: int, headers: Mapping[str, str]) -> tuple[int, Mapping[str, str]]:
        """Return the status and the headers with which an answer goes out."""
        return self._status.finish(status, headers)

    def close(self) -> None:
        """Let the engines go."""
        self._function.close()
        self._status.close()


def lifetime(cache_control: str) -> float:
    """Return for how many seconds the CDN keeps an object: s-maxage counts before max-age."""
    if UNCACHED.search(cache_control):
        return 0.0
    said = {found["name"]: int(found["seconds"]) for found in AGE.finditer(cache_control)}
    return float(min(LONGEST_SECONDS, said.get("s-maxage", said.get("max-age", 0))))


def _etag(stored: StoredObject) -> str:
    return f'"{hashlib.md5(stored.body, usedforsecurity=False).hexdigest()}"'


def _viewed(kept: _Kept, status: int, how: str) -> Viewed:
    stored = kept.stored
    assert stored is not None  # noqa: S101 - both callers have looked
    headers = {"content-type": stored.content_type, "cache-control": stored.cache_control, "etag": kept.etag}
    headers |= {f"x-amz-meta-{name}": value for name, value in stored.metadata.items()}
    return Viewed(status, headers, stored.body, how)


def _conditional(viewed: Viewed, request: EdgeRequest) -> Viewed:
    """Answer a browser that has the page already with that word alone."""
    asked = {name.lower(): value for name, value in request.headers.items()}.get("if-none-match", "")
    known = {tag.strip().removeprefix("W/") for tag in asked.split(",")}
    if viewed.headers["etag"] in known or asked.strip() == "*":
        return replace(viewed, status=NOT_MODIFIED, body=b"")
    return viewed
