"""A feed can be read far from the site."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from site_builder.engine.build import BuildRequest, build_site

ATOM = "{http://www.w3.org/2005/Atom}"
ORIGIN = "https://tiny.example"


@pytest.fixture
def feed(tiny_site: Path) -> ET.Element:
    """Build the smallest site and return its feed."""
    output = build_site(BuildRequest(tiny_site / "pelicanconf.py", tiny_site / "output")).output
    return ET.fromstring((output / "feeds" / "all.atom.xml").read_bytes())  # noqa: S314 - made by us a moment ago


def test_every_address_of_a_feed_is_whole(feed: ET.Element) -> None:
    """The feed's own, its entries', and those within the texts."""
    links = [link.get("href", "") for link in feed.iter(f"{ATOM}link")]
    texts = [content.text or "" for content in feed.iter(f"{ATOM}content")]

    assert [link for link in links if not link.startswith(f"{ORIGIN}/")] == []
    assert f'href="{ORIGIN}/blog/second/"' in texts[0]
    assert f'src="{ORIGIN}/assets/square.' in texts[0]


def test_every_id_of_a_feed_is_the_sites(feed: ET.Element) -> None:
    """So that no two sites' entries are one."""
    ids = [element.text or "" for element in feed.iter(f"{ATOM}id")]

    assert len(ids) == len(set(ids)) == 3
    assert [one for one in ids if "tiny.example" not in one] == []


def test_pages_stay_root_relative(tiny_site: Path) -> None:
    """Writing the feed leaves the pages as they are."""
    output = build_site(BuildRequest(tiny_site / "pelicanconf.py", tiny_site / "output")).output

    page = (output / "blog" / "first" / "index.html").read_text()

    # The canonical address alone is whole.
    assert page.count(ORIGIN) == page.count(f'<link rel="canonical" href="{ORIGIN}/') == 1
