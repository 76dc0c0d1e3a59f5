"""Collect where pages were before, and what is gone: the edge answers these addresses with a redirect or a 410."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pelican import signals

from site_builder.errors import BuildError
from site_builder.sources.addresses import read_addresses

# What it does depends on its arguments and the files it opens; see site_builder.engine.trust.
PURE = True
REDIRECTS = "REDIRECTS"
PERMANENT, GONE = 308, 410


Redirects = dict[str, dict[str, Any]]
ARTICLES = ("articles", "translations", "hidden_articles", "hidden_translations")
PAGES = ("pages", "translations", "hidden_pages", "hidden_translations")


def redirects_of(contents: Iterable[Any], known: Redirects) -> Redirects:
    """Return what each alias of these texts is answered with, added to what is known of others."""
    found = dict(known)
    for content in contents:
        for alias in getattr(content, "aliases", None) or ():
            target = f"/{content.url}"
            if found.get(alias, {"to": target}).get("to") != target:
                what = f"its alias {alias} leads to {found[alias]['to']} already"
                raise BuildError(str(content.source_path), what, "Keep it in one of the two texts.")
            found[alias] = {"to": target, "status": PERMANENT}
    return found


def refuse_live(contents: Iterable[Any], redirects: Redirects) -> None:
    """Refuse an alias at which a page is: nobody would ever see that page."""
    for content in contents:
        if f"/{content.url}" in redirects:
            what = f"its address /{content.url} is an alias of the page {redirects[f'/{content.url}']['to']}"
            raise BuildError(str(content.source_path), what, "Take the alias out.")


def _collect_articles(generator: Any) -> None:
    contents = [content for name in ARTICLES for content in getattr(generator, name)]
    generator.context[REDIRECTS] = redirects_of(contents, {})


def _collect_pages(generator: Any) -> None:
    """Complete the list; articles come before pages in every build."""
    context = generator.context
    contents = [content for name in PAGES for content in getattr(generator, name)]
    found = redirects_of(contents, context.get(REDIRECTS) or {})
    refuse_live([*contents, *context["articles"], *context["hidden_articles"]], found)
    gone = read_addresses(Path(generator.settings["PATH"])).gone
    found.update({path: {"status": GONE} for path in gone})
    context[REDIRECTS] = dict(sorted(found.items()))


def register() -> None:
    """Connect to Pelican."""
    signals.article_generator_finalized.connect(_collect_articles)
    signals.page_generator_finalized.connect(_collect_pages)
