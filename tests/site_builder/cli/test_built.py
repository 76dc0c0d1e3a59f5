"""Pages and API go through the commands together, on the local cloud with a real API and a real database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from site_builder.preview.cloud import RunningCloud
from site_builder.preview.database import PostgresServer
from site_builder.release.descriptor import FOLDER_VARIABLE
from tests.site_builder.cli.test_publish import Site, made_site
from tests.site_builder.preview.test_cloud import ask
from tests.site_builder.release.test_functions import API, packaged

ENVIRONMENTS = ("local-staging", "local-production")
NAMES = (Path("dist") / "artefact" / "names", Path("dist") / "names")
pytestmark = pytest.mark.integration


@pytest.fixture
def site(
    api_cloud: tuple[RunningCloud, PostgresServer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Site]:
    """Return a small site in a repository of its own, with an API's package in dist/."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(api_cloud[0].folder))
    one = made_site(tmp_path / "site", monkeypatch, capsys)
    write_api(one)
    yield one
    for environment in api_cloud[0].environments[1:]:
        environment.update(environment.values.version().etag, {}, list(environment.values.items()))


def write_api(site: Site, **changed: str) -> None:
    """Write a package whose files are changed so."""
    file = site.folder / "dist" / "api.zip"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(packaged(changed))


def app(words: str) -> dict[str, str]:
    """Return an API that differs from others in a comment."""
    return {"app.py": f"{(API / 'app.py').read_text()}\n# {words}\n"}


def version(cloud: RunningCloud, number: int) -> str:
    """Ask the API of an environment which version it is."""
    said: dict[str, str] = json.loads(ask(cloud.environments[number].urls[0], "/api/version")[2])
    return said["release"]


def test_pages_and_api_go_live_and_come_back_together(
    site: Site, api_cloud: tuple[RunningCloud, PostgresServer]
) -> None:
    """To staging, judged there as a pair, to production as a canary, finished, and taken back by one command."""
    cloud = api_cloud[0]
    write_api(site, **app("one"))
    for _ in range(2):
        assert site.run("deploy", "local-staging")[0] == 0
    site.run("verdict", "local-staging", "passed")
    first = site.run("promote", "local-staging", "local-production")
    one = site.json("status", "local-production")["local-production"]
    site.write("index.html", "<h1>Two</h1>", 2)
    write_api(site, **app("two"))
    site.run("deploy", "local-staging")
    refused = site.run("promote", "local-staging", "local-production")
    site.run("verdict", "local-staging", "passed")
    canary = site.run("promote", "local-staging", "local-production", "--percent", "10")
    during = site.json("status", "local-production")["local-production"]
    site.run("canary", "local-production", "--finish")
    two = site.json("status", "local-production")["local-production"]
    number = version(cloud, 2)
    verified = site.run("verify", "local-production")
    back = site.json("rollback", "local-production")
    after = site.json("status", "local-production")["local-production"]
    assert isinstance(one, dict)
    assert isinstance(two, dict)
    assert isinstance(during, dict)
    assert isinstance(after, dict)

    assert (first[0], refused[0], canary[0], verified[0]) == (0, 3, 0, 0)
    assert f"with the API {two['api']}" in refused[2]
    assert (one["drift"], two["drift"], during["drift"], after["drift"]) == ([], [], [], [])
    assert one["api"] != two["api"]
    assert during["serving"]["canary"] == {**two["serving"], "percent": 10}
    assert during["serving"]["package"] == one["api"]
    assert number == two["serving"]["version"]
    assert (back["live"], back["api"]) == (one["live"], one["api"]) == (after["live"], after["serving"]["package"])
    assert version(cloud, 2) == one["serving"]["version"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"app.py": "raise RuntimeError('broken on purpose')"}, "broken on purpose"),
        ({"migrations/0999_bad.sql": "ALTER TABLE nowhere ADD COLUMN x int;"}, "0999_bad.sql"),
    ],
    ids=["does not start", "cannot be migrated for"],
)
def test_an_api_that_is_no_good_stops_before_anybody_meets_it(
    site: Site, api_cloud: tuple[RunningCloud, PostgresServer], changed: dict[str, str], words: str
) -> None:
    """Pages and API stay what they were; nobody was answered by it."""
    site.run("deploy", "local-staging")
    before = version(api_cloud[0], 1), site.json("status", "local-staging")
    site.write("index.html", "<h1>Two</h1>", 2)
    write_api(site, **changed)
    code, _, err = site.run("deploy", "local-staging")
    after = version(api_cloud[0], 1), site.json("status", "local-staging")

    assert (code, words in err, "It got no traffic" in err) == (1, True, True)
    assert before == after


def test_pages_and_api_can_go_alone(site: Site) -> None:
    """Each with what is live of the other; a dry run says it and does nothing."""
    site.run("deploy", "local-staging")
    write_api(site, **app("alone"))
    dry = site.json("deploy", "local-staging", "--api-only", "--dry-run")
    both = site.json("status", "local-staging")["local-staging"]
    alone = site.run("deploy", "local-staging", "--api-only")
    api = site.json("status", "local-staging")["local-staging"]
    site.write("index.html", "<h1>Three</h1>", 3)
    (site.folder / "dist" / "api.zip").unlink()
    lacking = site.run("deploy", "local-staging")
    pages = site.run("deploy", "local-staging", "--site-only")
    last = site.json("status", "local-staging")["local-staging"]
    assert isinstance(both, dict)
    assert isinstance(api, dict)
    assert isinstance(last, dict)
    actions = [one["action"] for one in dry["actions"]]  # type: ignore[attr-defined]

    assert actions == ["StorePackage", "Publish", "Migrate", "Check", "Shift", "Point"]
    assert (alone[0], lacking[0], "--site-only" in lacking[2], pages[0]) == (0, 1, True, 0)
    assert (both["live"] == api["live"], both["api"] == api["api"]) == (True, False)
    assert (last["live"] == api["live"], last["api"] == api["api"]) == (False, True)


def test_what_was_sealed_is_deployed_whatever_was_built_since(site: Site) -> None:
    """Pages, API and commit are the artefact's; one that was changed is refused."""
    sealed = site.json("seal")
    site.write("index.html", "<h1>Built since</h1>", 4)
    write_api(site, **app("packaged since"))
    said = site.run("sealed")
    deployed = site.run("deploy", "local-staging", "--artefact", "dist/artefact")
    live = site.json("status", "local-staging")["local-staging"]
    named = site.json("named", "local-staging", "--commit", sealed["commit"]["id"])  # type: ignore[index]
    names = [{one.name: one.read_bytes() for one in (site.folder / folder).iterdir()} for folder in NAMES]
    unknown = site.run("named", "local-staging", "--commit", "f" * 40)
    (site.folder / "dist" / "artefact" / "output" / "index.html").write_text("<h1>Changed</h1>")
    changed = site.run("deploy", "local-staging", "--artefact", "dist/artefact")
    assert isinstance(live, dict)

    assert (said[0], "each as it was sealed" in said[1], deployed[0]) == (0, True, 0)
    assert (live["live"], live["api"]) == (sealed["release"], sealed["api"])
    assert live["commit"] == sealed["commit"]["id"]  # type: ignore[index]
    assert (named["release"], names[0]) == (sealed["release"], names[1])
    assert (unknown[0], "nothing was live there" in unknown[2]) == (1, True)
    assert (changed[0], "not as it was sealed: output/index.html" in changed[2]) == (1, True)


def test_an_interrupted_shift_is_seen_and_settled(site: Site, api_cloud: tuple[RunningCloud, PostgresServer]) -> None:
    """Whoever looks is told; the next command puts it right."""
    site.run("deploy", "local-staging")
    api = api_cloud[0].environments[1].api
    assert api is not None
    name = api.names["app"]
    alias = api.functions[name].alias
    assert alias is not None
    other = next(one.number for one in api.functions[name].versions if one.number != alias.version)
    api.point(name, other, {})
    seen = site.run("status", "local-staging")
    verified = site.run("verify", "local-staging", "--patience", "0")
    code, _, _ = site.run("deploy", "local-staging")
    after = site.run("verify", "local-staging")

    assert "local-staging: the API: its requests go to" in seen[1]
    assert (verified[0], code, after[0]) == (4, 0, 0)
