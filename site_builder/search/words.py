"""What a page is found by: its words, folded so that case and accents do not matter, each with a weight."""

from __future__ import annotations

import html
import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass

WORD = re.compile(r"[^\W_]+")
MAIN = re.compile(r"<article\b.*?</article>", re.DOTALL)
SKIPPED = re.compile(r"<(?:script|style|svg|math|nav|footer)\b.*?</(?:script|style|svg|math|nav|footer)>", re.DOTALL)
HEADING = re.compile(r"<h[2-6]\b[^>]*>(.*?)</h[2-6]>", re.DOTALL)
FIRST_HEADING = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.DOTALL)
DESCRIPTION = re.compile(r'<meta name="description" content="([^"]*)"')
LANGUAGE = re.compile(r'<html lang="([^"]*)"')
TAG = re.compile(r"<[^>]*>")
NOINDEX = '<meta name="robots" content="noindex'
LONGEST = 32
IN_TITLE, IN_SUMMARY, IN_HEADING = 12, 4, 4


@dataclass(frozen=True)
class Document:
    """One page that can be found: how it is shown, and what it is found by."""

    title: str
    summary: str
    weights: tuple[tuple[str, int], ...]


def fold(text: str) -> str:
    """Return the text as it is compared: small letters, without accents; the browser does the same."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text)
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).lower()


def words_of(text: str) -> list[str]:
    """Return a text's words, folded."""
    return [word[:LONGEST] for word in WORD.findall(fold(text))]


def read_document(page: str) -> Document | None:
    """Read a page; lists, and what search engines are not to know, are not found here either."""
    article = MAIN.search(page)
    if article is None or NOINDEX in page:
        return None
    body = SKIPPED.sub(" ", article.group())
    heading = FIRST_HEADING.search(body)
    title = _plain(heading.group(1)) if heading else ""
    description = DESCRIPTION.search(page)
    summary = html.unescape(description.group(1)) if description else ""
    counts: Counter[str] = Counter()
    for word, number in Counter(words_of(_plain(body))).items():
        counts[word] += 1 + round(2 * math.log2(number))
    for text, worth in ((title, IN_TITLE), (summary, IN_SUMMARY), (" ".join(HEADING.findall(body)), IN_HEADING)):
        for word in set(words_of(_plain(text))):
            counts[word] += worth
    return Document(title, summary, tuple(sorted(counts.items())))


def _plain(markup: str) -> str:
    return " ".join(html.unescape(TAG.sub(" ", markup)).split())
