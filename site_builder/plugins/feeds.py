"""Feeds that every reader understands: Atom, RSS and JSON Feed, for all posts and for each tag and topic.

A page's links are root-relative, so that it is the same in every environment. A feed is read far from the site, where
such a link leads nowhere; so in feeds, and only there, every address begins with production's origin. An entry's id is
its first address, for ever: a reader must not see a post again because its title or its slug was mended.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from feedgenerator import Atom1Feed, Rss201rev2Feed
from feedgenerator.django.utils.feedgenerator import SyndicationFeed, rfc3339_date
from markupsafe import Markup
from pelican import signals
from pelican.utils import set_date_tzinfo
from pelican.writers import Writer

# What it does depends on its arguments; see site_builder.engine.trust.
PURE = True
ROOTED = re.compile(r'(?P<before>\s(?:href|src|poster)=")/(?!/)')
SOURCES = re.compile(r'(?P<before>\ssrcset=")(?P<files>[^"]*)')
# What a feed reader cannot use, and a validator warns of: widths for our column, a stop for the keyboard.
OF_THE_PAGE = re.compile(r'\s(?:tabindex|sizes|loading|decoding)="[^"]*"')
HEADER_LINK = re.compile(r'<a class="headerlink"[^>]*>[^<]*</a>')


def whole_addresses(html: str, origin: str) -> str:
    """Return HTML that can be read anywhere: each address of the site begins with its origin."""
    html = HEADER_LINK.sub("", OF_THE_PAGE.sub("", html))
    html = ROOTED.sub(rf"\g<before>{origin}/", html)
    return SOURCES.sub(lambda found: found["before"] + _whole_files(found["files"], origin), html)


def _whole_files(files: str, origin: str) -> str:
    return ", ".join(f"{origin}{file}" if file.startswith("/") else file for file in files.split(", "))


def entry_id(origin: str, first_address: str, since: int) -> str:
    """Return the name of an entry that no change of its title, date or address changes."""
    host = origin.partition("//")[2]
    return f"tag:{host},{since}:{first_address}"


class JsonFeed(SyndicationFeed):  # type: ignore[misc] # The library is not typed.
    """A feed by jsonfeed.org, version 1.1."""

    def write(self, outfile: Any, encoding: str) -> None:  # noqa: ARG002 - the library's signature
        """Write the feed."""
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self.feed["title"],
            "home_page_url": self.feed["link"],
            "feed_url": self.feed["feed_url"],
            "description": self.feed["description"] or None,
            "language": self.feed["language"],
            "items": [_without_nothing(self._item(item)) for item in self.items],
        }
        json.dump(_without_nothing(feed), outfile, ensure_ascii=False, indent=1)
        outfile.write("\n")

    @staticmethod
    def _item(item: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": item["unique_id"],
            "url": item["link"],
            "title": item["title"],
            "summary": item["description"],
            "content_html": item["content"],
            "image": item["image"],
            "date_published": rfc3339_date(item["pubdate"]),
            "date_modified": rfc3339_date(item["updateddate"]) if item["updateddate"] else None,
            "authors": [{"name": name} for name in item["authors"]],
            "tags": list(item["categories"]),
            "language": item["language"],
        }


def _without_nothing(fields: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value or name == "items"}


class AtomFeed(Atom1Feed):  # type: ignore[misc] # As above.
    """The library's Atom, with every author of an entry."""

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add an entry's elements."""
        super().add_item_elements(handler, item)
        for name in item["authors"]:
            handler.startElement("author", {})
            handler.addQuickElement("name", name)
            handler.endElement("author")


class RssFeed(Rss201rev2Feed):  # type: ignore[misc] # As above.
    """The library's RSS, with the whole text beside the summary, and authors who need no address."""

    def rss_attributes(self) -> dict[str, str]:
        """Name the vocabularies."""
        return {**super().rss_attributes(), "xmlns:dc": "http://purl.org/dc/elements/1.1/"}

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        """Add an entry's elements."""
        super().add_item_elements(handler, item)
        for name in item["authors"]:
            handler.addQuickElement("dc:creator", name)


FORMS: dict[str, type] = {"atom": AtomFeed, "rss": RssFeed, "json": JsonFeed}


class FeedWriter(Writer):  # type: ignore[misc] # Pelican is not typed.
    """Pelican's writer, with feeds of ours."""

    def write_feed(self, elements: Any, context: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        """Write a feed with whole addresses."""
        return super().write_feed(elements, {**context, "SITEURL": context["SITE_ORIGIN"]}, *arguments, **options)

    def _create_new_feed(self, feed_type: str, feed_title: str | None, context: dict[str, Any]) -> Any:
        name = f"{context['SITENAME']}: {feed_title}" if feed_title else context["SITENAME"]
        return FORMS[feed_type](
            title=_plain(name),
            link=f"{self.site_url}/",
            feed_url=self.feed_url,
            description=context["DESCRIPTION"],
            # RSS calls it a description, Atom a subtitle.
            subtitle=context["DESCRIPTION"],
            language=context["DEFAULT_LANG"],
        )

    def _add_item_to_the_feed(self, feed: Any, item: Any) -> None:
        origin = self.site_url
        zone = self.settings.get("TIMEZONE")
        modified = getattr(item, "modified", None)
        authors = [str(author) for author in getattr(item, "authors", ())]
        content = whole_addresses(item.get_content(origin), origin)
        summary = _plain(item.summary)
        feed.add_item(
            title=_plain(item.title),
            link=f"{origin}/{item.url}",
            unique_id=entry_id(origin, _first_address(item), self.settings["SITE_SINCE"]),
            unique_id_is_permalink=False,
            description=summary if not isinstance(feed, RssFeed) else content,
            content=content,
            categories=list(dict.fromkeys(map(str, _labels(item)))) or None,
            authors=authors,
            pubdate=_moment(item.date, zone),
            updateddate=_moment(modified or item.date, zone),
            image=f"{origin}{item.card}" if getattr(item, "card", "") else None,
            language=item.lang if item.lang != self.settings["DEFAULT_LANG"] else None,
        )


def _plain(html: Any) -> str:
    """Return the words of what may hold tags; nothing is made of them but words."""
    return Markup(html).striptags()  # noqa: S704


def _first_address(item: Any) -> str:
    aliases = getattr(item, "aliases", None) or ()
    return str(aliases[0]) if aliases else f"/{item.url}"


def _labels(item: Any) -> Iterator[Any]:
    if hasattr(item, "category"):
        yield item.category
    yield from getattr(item, "tags", ())


def _moment(date: Any, zone: Any) -> datetime:
    moment: datetime = set_date_tzinfo(date, zone)
    return moment


def _offer(_pelican: Any) -> type[FeedWriter]:
    return FeedWriter


def _write_json_feeds(generator: Any, writer: Any) -> None:
    """Write the third form of each feed, which Pelican does not know of."""
    settings, context = generator.settings, generator.context
    if settings.get("FEED_ALL_JSON"):
        path = settings["FEED_ALL_JSON"]
        writer.write_feed(generator.articles, context, path, path, feed_type="json")
    for setting, labels in (("CATEGORY_FEED_JSON", generator.categories), ("TAG_FEED_JSON", generator.tags.items())):
        for label, articles in labels if settings.get(setting) else ():
            path = settings[setting].format(slug=label.slug)
            writer.write_feed(articles, context, path, path, feed_type="json", feed_title=label.name)


def register() -> None:
    """Connect to Pelican."""
    signals.get_writer.connect(_offer)
    signals.article_writer_finalized.connect(_write_json_feeds)
