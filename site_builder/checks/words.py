"""What may be wrong with the headings and words of a text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from site_builder.checks.findings import WARNING, Finding
from site_builder.checks.links import LINK
from site_builder.sources.text import Source

HEADING = re.compile(r"^(?P<marks>#{1,6})\s*(?P<words>.*?)\s*#*\s*(?:\{[^}]*\})?\s*$")
ADDRESS = re.compile(r"https?://\S+|\S+@\S+|<[^>]*>|\{[^}]*\}")
TERMS_FILE = "terms.txt"


def check_headings(source: Source) -> Iterator[Finding]:
    """Find headings out of order: the title is the first level, and none is left out."""
    level = 1
    for number, line in source.prose():
        heading = HEADING.match(line)
        if not heading or (
            not line.startswith("# ") and line.startswith("#") and line.lstrip("#")[:1] not in (" ", "")
        ):
            continue
        depth = len(heading["marks"])
        if not heading["words"]:
            yield Finding(
                source.path, number, 1, "heading-empty", "the heading has no words", "Write it, or leave it out."
            )
        elif depth == 1:
            todo = "The title is the only heading of the first level: begin with `##`."
            yield Finding(source.path, number, 1, "heading-first", f"`{heading['words']}` is a second title", todo)
        elif depth > level + 1:
            what = f"`{heading['words']}` is of level {depth}, below level {level}"
            yield Finding(source.path, number, 1, "heading-order", what, f"Write it with {'#' * (level + 1)}.")
        level = max(depth, 2) if depth > 1 else level


def read_terms(content: Path) -> tuple[str, ...]:
    """Return the names that are to be written in one way only, one in each line of `terms.txt`."""
    file = content / TERMS_FILE
    if not file.is_file():
        return ()
    lines = (line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines())
    return tuple(line for line in lines if line)


def check_terms(source: Source, terms: Sequence[str]) -> Iterator[Finding]:
    """Find names that are written otherwise than the list has them."""
    pattern, right = _terms(tuple(terms))
    if pattern is None:
        return
    for number, line in source.prose():
        words = LINK.sub(_without_target, ADDRESS.sub(lambda found: " " * len(found.group()), line))
        for found in pattern.finditer(words):
            term = right[found.group().lower()]
            if found.group() != term:
                what = f"`{found.group()}` is written `{term}`"
                todo = f"Write it so, or take it out of content/{TERMS_FILE}."
                yield Finding(source.path, number, found.start() + 1, "term", what, todo, WARNING)


@lru_cache(maxsize=4)
def _terms(terms: tuple[str, ...]) -> tuple[re.Pattern[str] | None, dict[str, str]]:
    if not terms:
        return None, {}
    longest_first = sorted(terms, key=len, reverse=True)
    pattern = "|".join(re.escape(term) for term in longest_first)
    return re.compile(rf"(?<![\w/.@-])(?:{pattern})(?![\w/@-]|\.\w)", re.IGNORECASE), {t.lower(): t for t in terms}


def _without_target(link: re.Match[str]) -> str:
    kept = link.group()[: link.start("target") - link.start()]
    return kept + " " * (len(link.group()) - len(kept))
