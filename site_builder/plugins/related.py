"""Tell each post which others are about the same.

Likeness is of content: the rare words that two posts share, and their tags. What a post is about is settled when it is
read, as a handful of words; the comparison then is of these alone, so that a site of ten thousand posts can afford it.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from pelican import signals
from pelican.contents import Static

from site_builder.plugins.reading import read_words

# What it does depends on its arguments; see site_builder.engine.trust.
PURE = True
WORD = re.compile(r"[^\W\d_]{4,}")
ABOUT = 12
OFTEN = 4
RELATED = 3
# A word that more posts share than this tells little of any of them.
MOST_SHARED = 60
WORTH_OF_A_TAG, WORTH_OF_A_CATEGORY = 2.0, 0.5
COMMON = frozenset(
    {
        "about", "above", "after", "again", "against", "also", "another", "because", "been", "before", "being",
        "below", "between", "both", "cannot", "could", "does", "doing", "done", "down", "during", "each", "every",
        "from", "further", "have", "having", "here", "into", "itself", "just", "like", "made", "make", "makes",
        "many", "more", "most", "much", "must", "need", "needs", "never", "nothing", "once", "only", "other", "ours",
        "over", "same", "should", "since", "some", "such", "than", "that", "their", "them", "then", "there", "these",
        "they", "thing", "things", "this", "those", "through", "under", "until", "upon", "used", "uses", "using",
        "very", "want", "wants", "well", "were", "what", "when", "where", "whether", "which", "while", "will", "with",
        "within", "without", "would", "your", "yours",
    }
)  # fmt: skip


def about(title: str, html: str) -> tuple[str, ...]:
    """Return the few words that a text is about, in the order of the alphabet."""
    counts = Counter(_stem(word) for word in WORD.findall(read_words(html)) if word.lower() not in COMMON)
    for word in WORD.findall(title):
        counts[_stem(word)] += OFTEN
    # A word that stands there once or twice may go with the next edit; what the text is about should not.
    ranked = sorted(
        ((word, count) for word, count in counts.items() if count >= OFTEN), key=lambda one: (-one[1], one[0])
    )
    return tuple(sorted(word for word, _ in ranked[:ABOUT]))


def _stem(word: str) -> str:
    word = word.lower()
    for ending in ("ing", "ies", "ed", "es", "s"):
        if len(word) > len(ending) + 3 and word.endswith(ending):
            return word[: -len(ending)]
    return word


def relate(articles: Sequence[Any]) -> None:
    """Set `related` on each of the articles: those that share the rarest words and tags, the newest first of equals."""
    holders: dict[tuple[str, str], list[int]] = defaultdict(list)
    marks = [list(_marks(article)) for article in articles]
    for number, own in enumerate(marks):
        for mark in own:
            holders[mark].append(number)
    for number, (article, own) in enumerate(zip(articles, marks, strict=True)):
        scores: dict[int, float] = defaultdict(float)
        for mark in own:
            those = holders[mark]
            if 1 < len(those) <= MOST_SHARED:
                worth = _worth(mark[0]) / math.log2(1 + len(those))
                for other in those:
                    scores[other] += worth
        scores.pop(number, None)
        best = sorted(scores.items(), key=lambda one: (-one[1], one[0]))[:RELATED]
        article.related = [articles[other] for other, _ in best]


def _worth(kind: str) -> float:
    return WORTH_OF_A_TAG if kind == "tag" else WORTH_OF_A_CATEGORY if kind == "category" else 1.0


def _marks(article: Any) -> Iterable[tuple[str, str]]:
    yield from (("word", word) for word in getattr(article, "about", ()))
    yield from (("tag", tag.slug) for tag in getattr(article, "tags", ()))
    yield ("category", article.category.slug)


def _note(content: Any) -> None:
    # Pelican makes Static objects of files too; they have no text.
    if not isinstance(content, Static) and isinstance(content._content, str):  # noqa: SLF001 - Pelican has no other door
        content.about = about(str(content.metadata.get("title", "")), content._content)  # noqa: SLF001


def _relate(generator: Any) -> None:
    relate(generator.articles)


def register() -> None:
    """Connect to Pelican."""
    signals.content_object_init.connect(_note)
    signals.article_generator_finalized.connect(_relate)
