"""Give each text the card that stands for it where somebody shares it, and the site one for all its lists."""

from __future__ import annotations

import re
from typing import Any

from pelican import signals
from pelican.contents import Static

from site_builder.pictures.cards import Card, prepare_card
from site_builder.plugins.pictures import pictures_cache

# What it does depends on its arguments and the files it opens; see site_builder.engine.trust.
PURE = True


def _card(settings: dict[str, Any], title: str, slug: str) -> Card:
    host = str(settings["SITE_ORIGIN"]).partition("//")[2]
    return prepare_card(title, host, slug, pictures_cache(settings))


def _add_card(content: Any) -> None:
    # Pelican makes Static objects of files too; they have no title of their own.
    title = content.metadata.get("title")
    if isinstance(content, Static) or not title:
        return
    plain = re.sub(r"<[^>]*>", "", str(title))
    card = _card(content.settings, plain, str(getattr(content, "slug", "") or "page"))
    content.card = f"/{card.name}"
    content.pictures = (*getattr(content, "pictures", ()), (card.name, str(card.file)))


def _offer_site_card(pelican: Any) -> None:
    card = _card(pelican.settings, pelican.settings["SITENAME"], "site")
    pelican.settings["SITE_CARD"] = f"/{card.name}"
    pelican.settings["SITE_PICTURES"] = ((card.name, str(card.file)),)


def register() -> None:
    """Connect to Pelican."""
    signals.initialized.connect(_offer_site_card)
    signals.content_object_init.connect(_add_card)
