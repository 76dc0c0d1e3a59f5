"""What addresses of a live site answer, without a browser."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import APIRequestContext, APIResponse

from site_builder.release.descriptor import STAGES
from tests.smoke.site import GONE, MOVED, POST, RELEASE_HEADER, SECURITY, Site, read_json

pytestmark = [pytest.mark.browser, pytest.mark.integration]

ASSET = re.compile(r'(?:href|src)="(/assets/[^"]+)"')
FEED = re.compile(r'<link rel="alternate" type="application/(atom\+xml|rss\+xml|feed\+json)" href="([^"]+)"')
A_YEAR = 31_536_000
PAGES = ("/", "/blog/", POST, "/contact/", "/search/", "/sitemap.xml", "/robots.txt")


Asks = Callable[[str], APIResponse]


@pytest.fixture
def ask(asking: APIRequestContext) -> Asks:
    """Return what asks the site for a path."""
    return asking.get


def test_every_page_is_of_the_release_that_was_deployed(site: Site, ask: Asks) -> None:
    """Of one and the same release, and of the one that was named."""
    found = {path: ask(path) for path in PAGES}
    releases = {answer.headers.get(RELEASE_HEADER, "") for answer in found.values()}

    assert {path: answer.status for path, answer in found.items()} == dict.fromkeys(PAGES, 200)
    assert len(releases) == 1
    assert releases != {""}
    assert site.release in {"", *releases}


@pytest.mark.parametrize("path", ["/", POST, "/no/such/page/", GONE, "/contact-us/"])
def test_every_answer_has_the_security_headers(ask: Asks, path: str) -> None:
    """Exactly those that were written down; a page that is not there has them too."""
    headers = ask(path).headers

    assert {name: headers.get(name.lower()) for name in SECURITY} == dict(SECURITY)


def test_only_production_is_for_search_engines(site: Site, ask: Asks) -> None:
    """Every other environment says of each page that it is not to be found."""
    if site.stage not in STAGES:
        pytest.skip("which environment this is was not said")
    told = ask("/").headers.get("x-robots-tag")

    assert told == (None if site.stage == "production" else "noindex")


def test_what_is_not_there_is_a_real_404_with_the_sites_page(ask: Asks) -> None:
    """Neither a bare error nor a page that claims to be there."""
    answer = ask("/there/is/no/such/page/")

    assert answer.status == 404
    assert "<h1" in answer.text()


def test_what_is_gone_says_so(ask: Asks) -> None:
    """With a status of its own, and a page that helps."""
    answer = ask(GONE)

    assert answer.status == 410
    assert "<h1" in answer.text()


@pytest.mark.parametrize(("path", "to"), MOVED.items())
def test_what_has_moved_leads_to_where_it_is(ask: Asks, path: str, to: str) -> None:
    """For good, and with what was asked besides."""
    answer = ask(f"{path}?a=b")

    assert (answer.status, answer.headers["location"]) == (308, f"{to}?a=b")
    assert ask(to).status == 200


@pytest.mark.parametrize("path", ["manifests/", "releases/", "ledger/1.json", ".git/config", "%2e%2e/manifests/"])
def test_what_is_not_for_visitors_is_not_there(ask: Asks, path: str) -> None:
    """No address reaches behind the site."""
    assert ask(f"/{path}").status in {400, 404}


def test_every_asset_of_a_page_is_there_for_a_year(ask: Asks) -> None:
    """Its name changes when it does, so nobody has to ask again."""
    assets = set(ASSET.findall(ask("/").text() + ask(POST).text()))
    answers = {path: ask(path) for path in assets}

    assert len(assets) >= 3
    for path, answer in answers.items():
        assert (answer.status, "immutable" in answer.headers["cache-control"]) == (200, True), path
        assert f"max-age={A_YEAR}" in answer.headers["cache-control"], path


def test_every_feed_can_be_read_and_its_posts_are_there(ask: Asks) -> None:
    """All three that the pages name, each with the newest posts."""
    feeds = {kind: ask(path) for kind, path in FEED.findall(ask("/").text())}
    newest = {}
    for kind, answer in feeds.items():
        assert (answer.status, kind) == (200, answer.headers["content-type"].partition(";")[0].rpartition("/")[2])
        newest[kind] = _links(kind, answer.text())
    first = {urlsplit(links[0]).path for links in newest.values()}

    assert set(feeds) == {"atom+xml", "rss+xml", "feed+json"}
    assert len(first) == 1
    assert ask(first.pop()).status == 200


def _links(kind: str, text: str) -> list[str]:
    if kind == "feed+json":
        return [item["url"] for item in json.loads(text)["items"]]
    feed = ET.fromstring(text)  # noqa: S314 - our own feed
    if kind == "rss+xml":
        return [str(item.findtext("link")) for item in feed.iter("item")]
    atom = "{http://www.w3.org/2005/Atom}"
    return [str(link.get("href")) for entry in feed.iter(f"{atom}entry") for link in entry.findall(f"{atom}link")]


def test_every_address_of_the_sitemap_is_on_the_canonical_host(ask: Asks) -> None:
    """And the first and the last are there."""
    places = re.findall(r"<loc>([^<]+)</loc>", ask("/sitemap.xml").text())
    hosts = {urlsplit(place).netloc for place in places}

    assert len(hosts) == 1
    assert [ask(urlsplit(place).path).status for place in (places[0], places[-1])] == [200, 200]


def test_the_api_is_alive_ready_and_of_the_release(site: Site, api: str, asking: APIRequestContext) -> None:
    """On the site's own origin, with its database, and never cached."""
    ready, version = (asking.get(f"{api}/{name}") for name in ("ready", "version"))

    assert read_json(ready)["ready"] is True
    assert read_json(version)["migration"]
    assert site.api_release in {"", read_json(version)["release"]}
    assert "no-store" in version.headers["cache-control"]


@pytest.mark.parametrize("path", ["/me", "/inbox", "/keys", "/stats"])
def test_what_is_somebodys_is_closed_to_everybody_else(api: str, asking: APIRequestContext, path: str) -> None:
    """No session, no key: no answer."""
    assert asking.get(api + path).status == 401
