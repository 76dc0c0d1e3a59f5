"""The headers that are really served are graded as the MDN HTTP Observatory grades them.

Its rules, as its grader has them: 100 to begin with; what is missing or unsafe takes points, and what is better than
asked adds some, but only from 90 on. Being on the browsers' own list of HTTPS hosts adds five more, which no header can
show; so the most for a page without scripts is 150, and each page that loads scripts by their digest gets 155.
"""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import pytest

from tests.serving import GONE

BASE = 100
LEAST_FOR_EXTRA = 90
SIX_MONTHS = 15_768_000
PRIVATE_REFERRERS = {"no-referrer", "same-origin", "strict-origin", "strict-origin-when-cross-origin"}
SCRIPT = re.compile(r"<script\b([^>]*)>")

Grade = tuple[str, int]


def directives(policy: str) -> Mapping[str, list[str]]:
    """Return what a content security policy says of each kind of thing."""
    parts = [part.split() for part in policy.lower().split(";") if part.strip()]
    return {name: sources for name, *sources in parts}


def grade_policy(policy: str) -> Iterator[Grade]:
    """Grade a content security policy, and what it says of frames."""
    said = directives(policy)
    every = [source for sources in said.values() for source in sources]
    scripts = said.get("script-src", said.get("default-src", ["*"]))
    if not policy:
        yield "no policy", -25
    elif not {"'unsafe-inline'", "data:", "https:", "*"}.isdisjoint(scripts):
        yield "any script", -20
    elif "'unsafe-eval'" in every:
        yield "scripts made of text", -10
    elif any("unsafe" in source for source in every) or said.get("default-src") != ["'none'"]:
        yield "something is open", 0
    else:
        yield "nothing is open", 10 if said.get("form-action") in (["'self'"], ["'none'"]) else 5
    ancestors = said.get("frame-ancestors")
    yield "frames", 5 if ancestors and "*" not in ancestors else -20


def grade_headers(headers: Mapping[str, str]) -> Iterator[Grade]:
    """Grade everything that an answer's headers say."""
    yield from grade_policy(headers.get("content-security-policy", ""))
    for name, best in (
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-embedder-policy", "require-corp"),
        ("cross-origin-resource-policy", "same-origin"),
    ):
        yield name, 10 if headers.get(name) == best else 0
    yield "referrer", 5 if headers.get("referrer-policy") in PRIVATE_REFERRERS else 0
    yield "nosniff", 0 if headers.get("x-content-type-options") == "nosniff" else -5
    age = re.search(r"max-age=(\d+)", headers.get("strict-transport-security", "max-age=0"))
    yield "https only", 0 if age and int(age[1]) >= SIX_MONTHS else -10
    yield "cookies", 0 if "set-cookie" not in headers else -20
    yield "shared", -50 if headers.get("access-control-allow-credentials") == "true" else 0


def grade_scripts(page: str) -> Iterator[Grade]:
    """Grade how a page loads its scripts."""
    loaded = [attributes for attributes in SCRIPT.findall(page) if "src=" in attributes]
    elsewhere = [attributes for attributes in loaded if not re.search(r'src="/[^/]', attributes)]
    if elsewhere:
        yield "scripts of others", -5
    elif loaded:
        yield "scripts", 5 if all("integrity=" in attributes for attributes in loaded) else 0


def score(headers: Mapping[str, str], page: str) -> int:
    """Return the score of an answer."""
    grades = [*grade_headers(headers), *grade_scripts(page)]
    lost = BASE + sum(points for _, points in grades if points < 0)
    return lost + sum(points for _, points in grades if points > 0) if lost >= LEAST_FOR_EXTRA else lost


def ask(url: str, path: str) -> tuple[Mapping[str, str], str]:
    """Return an answer's headers and text."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("path", ["/", "/about/", "/archive/", "/topics/", "/no/such/page/", GONE])
def test_a_page_without_scripts_gets_full_marks(site_url: str, path: str) -> None:
    """Everything that the grader knows, from what is really served."""
    assert score(*ask(site_url, path)) == 150


@pytest.mark.parametrize("path", ["/blog/two-commands/", "/contact/", "/search/", "/account/", "/newsletter/"])
def test_a_page_with_scripts_loads_them_by_their_digest(site_url: str, path: str) -> None:
    """Which the grader thanks for."""
    assert score(*ask(site_url, path)) == 155


@pytest.mark.parametrize(
    ("headers", "page", "points"),
    [
        ({}, "", 100 - 25 - 20 - 5 - 10),
        ({"content-security-policy": "default-src 'none'; form-action 'self'; frame-ancestors 'none'"}, "", 85),
        ({"content-security-policy": "default-src 'self'; script-src 'unsafe-inline'"}, "", 45),
        ({"content-security-policy": "default-src 'self'", "set-cookie": "a=b"}, "", 45),
    ],
)
def test_the_grader_takes_points(headers: dict[str, str], page: str, points: int) -> None:
    """A grader that gives everybody full marks grades nothing."""
    assert score(headers, page) == points


@pytest.mark.parametrize(
    ("page", "points"),
    [
        ("<p>", 150),
        ('<script src="/a.js">', 150),
        ('<script src="/a.js" integrity="sha256-x">', 155),
        ('<script src="//other.example/a.js">', 145),
    ],
)
def test_the_grader_looks_at_scripts(site_url: str, page: str, points: int) -> None:
    """Those without a digest, and those of others."""
    headers, _ = ask(site_url, "/")

    assert score(headers, page) == points
