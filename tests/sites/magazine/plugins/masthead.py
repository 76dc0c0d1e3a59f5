"""A plugin that reads a file of its own and gives each article what others are like: the engine knows nothing of it."""

import json
from pathlib import Path

from pelican import signals

MARK = "-"


def add_masthead(generators):
    """Put the editors into the context, and a list of related articles into each article."""
    for generator in generators:
        editors = Path(generator.path).parent / "data" / "editors.json"
        generator.context["EDITORS"] = json.loads(editors.read_text())
        articles = getattr(generator, "articles", [])
        for article in articles:
            mine = {tag.slug for tag in getattr(article, "tags", [])}
            article.related = [
                other
                for other in articles
                if other is not article and mine & {tag.slug for tag in getattr(other, "tags", [])}
            ]
            article.mark = MARK * len(article.related)


def register():
    """Connect to Pelican."""
    signals.all_generators_finalized.connect(add_masthead)
