"""Write whole addresses into feeds.

A page's links are root-relative, so that it is the same in every environment. A feed is read far from the site, where
such a link leads nowhere and an entry's id would be nobody's. So in feeds, and only there, every address begins with
production's origin.
"""

from __future__ import annotations

from typing import Any

from pelican import signals
from pelican.writers import Writer

# What it does depends on its arguments; see site_builder.engine.trust.
PURE = True


class FeedWriter(Writer):  # type: ignore[misc] # Pelican is not typed.
    """Pelican's writer, which believes while it writes a feed that the site has an origin."""

    def write_feed(self, elements: Any, context: dict[str, Any], *arguments: Any, **options: Any) -> Any:
        """Write a feed with whole addresses."""
        return super().write_feed(elements, {**context, "SITEURL": context["SITE_ORIGIN"]}, *arguments, **options)


def _offer(_pelican: Any) -> type[FeedWriter]:
    return FeedWriter


def register() -> None:
    """Connect to Pelican."""
    signals.get_writer.connect(_offer)
