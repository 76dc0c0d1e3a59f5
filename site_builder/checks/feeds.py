"""What may be wrong with the feeds and the sitemap, by the rules that their readers keep to."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

from site_builder.checks.markup import Flaw

ATOM = "{http://www.w3.org/2005/Atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
DAY_OR_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d))?")
RELATIVE = re.compile(r"\s(?:href|src|poster|srcset)=\"(?![a-z][a-z0-9+.-]*:|#|\")[^\"]*\"", re.IGNORECASE)
ACTIVE = re.compile(r"<(?:script|style|iframe|object|embed|form)\b|\sstyle=|\son[a-z]+=", re.IGNORECASE)

Said = tuple[str, str]


def check_feed(path: str, body: bytes, origin: str) -> Iterator[Flaw]:
    """Find what is wrong with a feed, which is told by its name."""
    if path.endswith(".json"):
        yield from _flaws(_check_json(path, body, origin))
        return
    try:
        # The site's own output; the parser resolves no external entity.
        root = ET.fromstring(body)  # noqa: S314
    except ET.ParseError as error:
        line, column = error.position
        yield Flaw(line, column + 1, "feed", f"the feed is no XML: {error}", "Mend what writes it.")
        return
    yield from _flaws(_check_atom(path, root, origin) if root.tag == f"{ATOM}feed" else _check_rss(path, root, origin))


def _flaws(said: Iterator[Said]) -> Iterator[Flaw]:
    for what, todo in said:
        yield Flaw(1, 1, "feed", what, todo)


def _words(element: ET.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _check_atom(path: str, root: ET.Element, origin: str) -> Iterator[Said]:
    for name in ("id", "title", "updated"):
        if not _words(root, ATOM + name):
            yield f"the feed has no <{name}>", "Add it."
    links = {link.get("rel", "alternate"): link.get("href", "") for link in root.findall(f"{ATOM}link")}
    yield from _check_self(path, links.get("self"), origin)
    ids = []
    for entry in root.findall(f"{ATOM}entry"):
        title = _words(entry, f"{ATOM}title") or "an entry"
        ids.append(_words(entry, f"{ATOM}id"))
        for name in ("id", "title", "updated", "published"):
            if not _words(entry, ATOM + name):
                yield f"`{title}` has no <{name}>", "Add it."
        if not ids[-1].startswith(("tag:", "https://", "urn:")):
            yield f"`{title}` has the id `{ids[-1]}`", "An id is a whole address or a tag:."
        for name in ("updated", "published"):
            if not MOMENT.fullmatch(_words(entry, ATOM + name)):
                yield f"`{title}` was {name} on `{_words(entry, ATOM + name)}`", "Write it as 2026-11-21T09:30:00Z."
        if entry.find(f"{ATOM}author/{ATOM}name") is None:
            yield f"`{title}` has no author", "Name one."
        yield from _check_link(title, next((one.get("href", "") for one in entry.findall(f"{ATOM}link")), ""), origin)
        yield from _check_html(title, _words(entry, f"{ATOM}content"))
    yield from _check_ids(ids)


def _check_rss(path: str, root: ET.Element, origin: str) -> Iterator[Said]:
    channel = root.find("channel")
    if root.tag != "rss" or channel is None:
        yield f"the feed begins with <{root.tag}>", "It should be an Atom or an RSS feed."
        return
    for name in ("title", "link", "description", "language", "lastBuildDate"):
        if not _words(channel, name):
            yield f"the feed has no <{name}>", "Add it."
    links = {link.get("rel"): link.get("href") for link in channel.findall(f"{ATOM}link")}
    yield from _check_self(path, links.get("self"), origin)
    guids = []
    for item in channel.findall("item"):
        title = _words(item, "title") or "an item"
        guid = item.find("guid")
        guids.append(_words(item, "guid"))
        if guid is not None and guid.get("isPermaLink", "true") == "true" and not guids[-1].startswith("http"):
            yield f"`{title}` has a guid that is no address, and says that it is", 'Write isPermaLink="false".'
        try:
            parsedate_to_datetime(_words(item, "pubDate"))
        except (TypeError, ValueError):
            yield f"`{title}` has the date `{_words(item, 'pubDate')}`", "Write it as RFC 822 has it."
        author = _words(item, "author")
        if author and "@" not in author:
            yield f"`{title}` has the author `{author}`, who has no address", "Use dc:creator."
        yield from _check_link(title, _words(item, "link"), origin)
        yield from _check_html(title, _words(item, "description"))
    yield from _check_ids(guids)


def _check_json(path: str, body: bytes, origin: str) -> Iterator[Said]:
    try:
        feed: dict[str, Any] = json.loads(body)
    except ValueError as error:
        yield f"the feed is no JSON: {error}", "Mend what writes it."
        return
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield f"the feed is of version `{feed.get('version')}`", "Write that of JSON Feed 1.1."
    for name in ("title", "items", "home_page_url"):
        if name not in feed:
            yield f"the feed has no {name}", "Add it."
    yield from _check_self(path, feed.get("feed_url"), origin)
    for item in feed.get("items", ()):
        title = item.get("title") or "an item"
        if not isinstance(item.get("id"), str) or not (item.get("content_html") or item.get("content_text")):
            yield f"`{title}` has no id or no content", "Add both."
        for name in ("date_published", "date_modified"):
            if name in item and not MOMENT.fullmatch(item[name]):
                yield f"`{title}` has the {name} `{item[name]}`", "Write it as 2026-11-21T09:30:00Z."
        yield from _check_link(title, item.get("url", ""), origin)
        yield from _check_html(title, item.get("content_html", ""))
    yield from _check_ids([str(item.get("id")) for item in feed.get("items", ())])


def _check_self(path: str, address: str | None, origin: str) -> Iterator[Said]:
    if address != f"{origin}/{path}":
        yield f"the feed says that it is at `{address}`", f"It is at {origin}/{path}."


def _check_link(title: str, address: str, origin: str) -> Iterator[Said]:
    if not address.startswith(f"{origin}/"):
        yield f"`{title}` leads to `{address}`", f"A reader needs a whole address, as {origin}/…."


def _check_html(title: str, html: str) -> Iterator[Said]:
    relative = RELATIVE.search(html)
    if relative:
        yield f"`{title}` holds {relative.group().strip()}", "A reader needs whole addresses."
    active = ACTIVE.search(html)
    if active:
        yield f"`{title}` holds {active.group().strip()}", "Readers take that out, or warn of it."


def _check_ids(ids: list[str]) -> Iterator[Said]:
    for name, number in Counter(ids).items():
        if number > 1:
            yield f"{number} entries have the id `{name}`", "Each has its own, for ever."


def check_sitemap(body: bytes, wanted: frozenset[str], place: Callable[[str], str | None]) -> Iterator[Flaw]:
    """Find pages that the sitemap lacks or should not have, and dates that are none."""
    try:
        root = ET.fromstring(body)  # noqa: S314 - as above
    except ET.ParseError as error:
        line, column = error.position
        yield Flaw(line, column + 1, "sitemap", f"it is no XML: {error}", "Mend the template.")
        return
    listed = Counter(_words(url, f"{SITEMAP}loc") for url in root.findall(f"{SITEMAP}url"))
    for address in sorted(wanted - listed.keys()):
        yield Flaw(1, 1, "sitemap", f"{address} is missing", "It is a page for search engines: list it.")
    for address, number in sorted(listed.items()):
        if address not in wanted:
            why = place(address) or "is no page of this site"
            yield Flaw(1, 1, "sitemap", f"{address} {why}", "Take it out.")
        elif number > 1:
            yield Flaw(1, 1, "sitemap", f"{address} is there {number} times", "List it once.")
    for url in root.findall(f"{SITEMAP}url"):
        changed = _words(url, f"{SITEMAP}lastmod")
        if changed and not DAY_OR_MOMENT.fullmatch(changed):
            what = f"{_words(url, f'{SITEMAP}loc')} was changed on `{changed}`"
            yield Flaw(1, 1, "sitemap", what, "Write the day as 2026-11-21.")
