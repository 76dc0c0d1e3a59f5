"""A plugin that reads the text of every article, and changes a tag in place."""

from pelican import signals


def count_words(generator):
    """Say of each article how long it is, and of the longest that it is."""
    for article in generator.articles:
        article.words = len(article.content.split())
    generator.context["LONGEST"] = max(
        generator.articles, key=lambda article: (article.words, article.slug), default=None
    )
    for article in generator.articles:
        for tag in getattr(article, "tags", []):
            if tag.slug == "rare" and len(generator.articles) > 4:
                tag.name = f"rare among {len(generator.articles)}"


def register():
    """Connect to Pelican."""
    signals.article_generator_finalized.connect(count_words)
