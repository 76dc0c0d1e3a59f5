"""The local cloud answers as AWS does, as far as a release can tell."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from site_builder.preview.cloud import Asked, Bell, DelayedView, LocalEnvironment, answer_key_values, running_cloud
from site_builder.release.descriptor import Places, find_descriptor
from site_builder.release.memory import MemoryKeyValues
from tests.site_builder.release.cloud import ROUTER

HEADERS = {"X-Frame-Options": "DENY"}


def ask(
    url: str, path: str, method: str = "GET", body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Ask an edge."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    got = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    connection.close()
    return got


def test_a_view_arrives_late_whole_and_never_goes_back() -> None:
    """Whatever the delays of two changes, the second never comes before the first."""
    now = [0.0]
    values = MemoryKeyValues()
    for _ in range(50):
        view = DelayedView(values, longest=10.0, clock=lambda: now[0])
        seen: list[Mapping[str, str]] = []
        for number in (1, 2):
            values.update(values.version().etag, {"live": f"{now[0]}-{number}", "r": str(number)})
            view.changed()
        last = values.items()
        while not seen or seen[-1] != last:
            known = view.seen()
            if known and (not seen or known != seen[-1]):
                seen.append(known)
            now[0] += 0.25
        assert [one["r"] for one in seen] in (["1", "2"], ["2"])


def test_a_bell_rings_at_the_first_failure_and_ends_after_a_while_without_one() -> None:
    """Each of them once, however many answers there are; what is refused for good reason is no failure."""
    now, told, waiting = [100.0], list[str](), list[tuple[float, Callable[[], None]]]()
    bell = Bell(told.append, clock=lambda: now[0], later=lambda seconds, do: waiting.append((now[0] + seconds, do)))

    def pass_seconds() -> None:
        now[0], do = waiting.pop(0)
        do()

    for status in (200, 404, 502, 500, 200):
        bell.answered(status, "/blog/")
    now[0] += 4
    bell.answered(503, "/")
    pass_seconds()
    still = list(told)
    pass_seconds()
    ended = list(told)
    bell.answered(500, "/again/")
    bell.close()
    pass_seconds()

    assert still == ["/blog/ was answered 502"]
    assert ended == ["/blog/ was answered 502", ""]
    assert (told[2:], waiting) == (["/again/ was answered 500"], [])


def test_each_environment_is_described_while_it_runs(tmp_path: Path) -> None:
    """And not a moment longer."""
    with running_cloud(tmp_path, ROUTER.parent, HEADERS, port=0, delay=0) as cloud:
        found = [find_descriptor(one.name, Places(None, tmp_path, lambda _: None)) for one in cloud.environments]

    assert [one.stage for one in found] == ["dev", "staging", "production"]
    assert list(tmp_path.iterdir()) == []


def test_an_edge_that_knows_of_no_release_says_so_with_every_header(tmp_path: Path) -> None:
    """Noindex everywhere but on production; what is no page is refused."""
    with running_cloud(tmp_path, ROUTER.parent, HEADERS, port=0, delay=0) as cloud:
        dev, _, production = cloud.environments
        answers = [ask(one.urls[0], "/") for one in (dev, production)]
        posted = ask(dev.urls[1], "/", "POST")
        head = ask(dev.urls[0], "/", "HEAD")

    assert [status for status, _, _ in answers] == [503, 503]
    assert [headers.get("x-robots-tag") for _, headers, _ in answers] == ["noindex", None]
    assert {headers["x-frame-options"] for _, headers, _ in answers} == {"DENY"}
    assert (posted[0], head[0], head[2]) == (405, 503, b"")


def test_ports_that_are_in_use_are_passed_over(tmp_path: Path) -> None:
    """Up to a limit, and then it is said."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with running_cloud(tmp_path, ROUTER.parent, HEADERS, port=port, delay=0) as cloud:
            first = urlsplit(cloud.environments[0].urls[0]).port

    assert first is not None
    assert first > port


@pytest.mark.parametrize(
    ("asked", "status", "error"),
    [
        (Asked("GET", "", {}, "", b""), 200, ""),
        (Asked("GET", "/keys", {"MaxResults": "1"}, "", b""), 200, ""),
        (Asked("GET", "/keys/none", {}, "", b""), 404, "ResourceNotFoundException"),
        (Asked("POST", "/keys", {}, "old", b'{"Puts":[]}'), 409, "ConflictException"),
        (Asked("POST", "/keys", {}, "v1", json.dumps({"Puts": [{"Key": "k" * 600, "Value": ""}]}).encode()), 400,
         "ValidationException"),
    ],
)  # fmt: skip
def test_the_key_value_store_answers_as_it_is_documented(asked: Asked, status: int, error: str) -> None:
    """Versions, conflicts, limits and pages."""
    environment = LocalEnvironment("one", MemoryKeyValues(), [])
    environment.update("v0", {"a": "1", "b": "2"}, [])
    got = answer_key_values(environment, asked)

    assert (got[0], got[3]) == (status, error)
    assert got[1].get("NextToken") == ("1" if asked.query else None)
