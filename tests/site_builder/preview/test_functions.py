"""The local Lambda runs versions of the API as processes, and its alias shares requests among them."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from site_builder.preview.cloud import RunningCloud, database_name
from site_builder.preview.database import PostgresServer
from site_builder.preview.functions import LATEST, Function, FunctionError, code_of, unpacked
from tests.site_builder.preview.test_cloud import ask
from tests.site_builder.release.cloud import ROUTER

API = ROUTER.parents[2] / "api"


def messages(server: PostgresServer, environment: str) -> int:
    """Count what was kept in an environment's database."""
    with psycopg.connect(server.url(database_name(environment))) as connection:
        row = connection.execute("SELECT count(*) FROM contact_messages").fetchone()
        assert row is not None
        return int(row[0])


@pytest.mark.integration
def test_each_environment_has_an_api_with_a_database_of_its_own(api_cloud: tuple[RunningCloud, PostgresServer]) -> None:
    """A message that is left at an edge of one is in no other's database."""
    cloud, server = api_cloud
    dev, staging, _ = cloud.environments
    token = json.loads(ask(dev.urls[1], "/api/contact/token")[2])
    said = {"name": "A", "email": "a@b.example", "message": "Hello there", "website": "", **token}
    posted = ask(
        dev.urls[1],
        "/api/contact",
        "POST",
        json.dumps(said).encode(),
        **{"Content-Type": "application/json", "Origin": dev.urls[0]},
    )

    assert posted[0] == 201, posted[2]
    assert posted[1]["cache-control"] == "no-store"
    assert (messages(server, dev.name), messages(server, staging.name)) == (1, 0)


@pytest.mark.integration
def test_the_api_says_its_version_and_that_it_is_ready(api_cloud: tuple[RunningCloud, PostgresServer]) -> None:
    """At every edge; the headers of pages are not put on it, and what it has not is the site's 404 page."""
    cloud, _ = api_cloud
    for where, url in ((one, url) for one in cloud.environments for url in one.urls):
        assert where.api is not None
        alias = where.api.functions[where.api.names["app"]].alias
        assert alias is not None
        assert json.loads(ask(url, "/api/version")[2])["release"] == alias.version
        status, headers, _ = ask(url, "/api/ready")
        assert (status, "x-robots-tag" in headers, "x-cache" in headers) == (200, False, False)
    status, headers, _ = ask(cloud.environments[0].urls[0], "/api/nowhere")
    assert (status, "json" in headers["content-type"]) == (404, False)


def test_a_function_numbers_its_versions_and_never_gives_a_number_twice() -> None:
    """The same code right after itself is no new version; one that the alias leads to cannot be removed."""
    function = Function("f")
    numbers = [function.publish(code, Path()).number for code in ("a", "a", "b", "a")]
    function.point("1", {"2": 0.1})
    with pytest.raises(FunctionError, match="leads to version 2"):
        function.remove("2")
    function.remove("3")

    assert numbers == ["1", "1", "2", "3"]
    assert function.publish("c", Path()).number == "4"


def test_what_was_uploaded_last_is_run_by_who_names_no_version() -> None:
    """With a version made of it or without one; it is no version itself, and is not removed."""
    function = Function("f")
    function.publish("a", Path())
    function.upload("b", Path())
    with pytest.raises(FunctionError, match="not removed"):
        function.remove(LATEST)

    assert (function.version("").code_sha256, function.version("1").code_sha256) == ("b", "a")
    assert [one.number for one in function.listed] == [LATEST, "1"]


@pytest.mark.parametrize(
    ("version", "others", "words"),
    [
        ("9", {}, "no version 9"),
        ("1", {"9": 0.1}, "no version 9"),
        ("1", {"1": 0.1}, "no such routing"),
        ("1", {"2": 1.1}, "no such routing"),
    ],
)
def test_an_alias_leads_only_where_it_can(version: str, others: dict[str, float], words: str) -> None:
    """And stays as it was otherwise."""
    function = Function("f")
    for code in ("a", "b"):
        function.publish(code, Path())
    before = function.point("2", {"1": 0.5})
    with pytest.raises(FunctionError, match=words):
        function.point(version, others)

    assert function.alias == before


def test_only_the_code_is_taken_out_of_a_package(tmp_path: Path) -> None:
    """And it is the same as was put in; what is no package is refused and leaves nothing."""
    package = code_of(API)
    folder = unpacked(package, tmp_path / "one", API / "serve.py")
    with pytest.raises(FunctionError, match="no zip"):
        unpacked(b"PK", tmp_path / "two", API / "serve.py")

    assert code_of(folder) == package
    assert (folder / "app.py").read_bytes() == (API / "app.py").read_bytes()
    assert not (tmp_path / "two").exists()
