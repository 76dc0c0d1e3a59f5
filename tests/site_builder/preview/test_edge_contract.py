"""The preview answers as the edge function's cases say: they hold for the whole way, not for the function alone."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from site_builder.preview.server import SiteServer
from site_builder.preview.stack import Project, running_site
from site_builder.release.stores import StoredObject

ROOT = Path(__file__).resolve().parents[3]
CASES = json.loads((ROOT / "tests" / "contracts" / "edge.json").read_text())


def is_askable(case: dict[str, Any]) -> bool:
    """Say whether a browser on this machine can ask it: with its own address, and in bytes that HTTP can carry."""
    path = case["request"]["uri"]
    is_sendable = path.isascii() and path.isprintable() and " " not in path and path.startswith("/")
    return "canary" not in case["kvs"].get("live", "") and is_sendable and not path.startswith("/api/")


ASKABLE = [case for case in CASES if is_askable(case)]


class Asked:
    """An origin that has everything, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def get(self, key: str) -> StoredObject:
        """Return something for any key."""
        self.keys.append(key)
        return StoredObject(b"x", "text/plain", "no-store")


class Edge:
    """A running preview of nothing, with a KeyValueStore that a case fills."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.origin = Asked()
        self.server: SiteServer | None = None


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Run the preview once for all cases."""
    made = Edge()
    with running_site(
        Project(ROOT, tmp_path_factory.mktemp("edge")), made.origin, lambda: made.values, port=0
    ) as server:
        made.server = server
        yield made


def test_most_cases_can_be_asked() -> None:
    """What is left out is what no client here can send."""
    assert len(ASKABLE) > len(CASES) * 0.6


@pytest.mark.parametrize("case", ASKABLE, ids=lambda case: case["name"])
def test_the_preview_answers_as_the_case_says(edge: Edge, case: dict[str, Any]) -> None:
    """The same status and the same address, or the same object that is asked for."""
    assert edge.server
    request, expected = case["request"], case["expected"]
    edge.values, edge.origin.keys[:] = case["kvs"], []
    connection = http.client.HTTPConnection("127.0.0.1", edge.server.server_port, timeout=20)
    query = f"?{request['querystring']}" if request["querystring"] else ""
    connection.request(request["method"], request["uri"] + query, headers=request.get("headers", {}))
    answer = connection.getresponse()
    answer.read()
    connection.close()

    if "uri" in expected:
        assert edge.origin.keys == [unquote(expected["uri"]).lstrip("/")]
    assert answer.status == expected.get("status", 200)
    assert answer.headers["Location"] == expected.get("location")
