"""Tell of each text how long it takes to read, and which sections it has."""

from __future__ import annotations

import math
import re
from typing import Any

from pelican import signals
from pelican.contents import Static

# What it does depends on its arguments; see site_builder.engine.trust.
PURE = True
WORDS_PER_MINUTE = 220
# What is looked at, not read.
NOT_READ = re.compile(r"<(?:pre|code|math|svg)\b.*?</(?:pre|code|math|svg)>|<[^>]*>", re.DOTALL)
TAGS = re.compile(r"<[^>]*>")
SECTION = re.compile(r'<h([23])\b[^>]*\bid="([^"]+)"[^>]*>(.*?)</h[23]>', re.DOTALL)
HEADER_LINK = re.compile(r'<a class="headerlink".*?</a>', re.DOTALL)
OUTER = 2
FEWEST_SECTIONS = 2


def read_words(html: str) -> str:
    """Return what a reader reads of a page."""
    return NOT_READ.sub(" ", html)


def minutes_to_read(html: str) -> int:
    """Return how many minutes a text takes, at least one."""
    return max(1, math.ceil(len(read_words(html).split()) / WORDS_PER_MINUTE))


def table_of_contents(html: str) -> str:
    """Return the sections of a text as a list of links, two levels deep; nothing where there are fewer than two."""
    sections = [(int(level), name, HEADER_LINK.sub("", words)) for level, name, words in SECTION.findall(html)]
    if len(sections) < FEWEST_SECTIONS:
        return ""
    lines: list[str] = ["<ol>"]
    inner = False
    for level, name, words in sections:
        if level == OUTER:
            lines.append("</li></ol></li>" if inner else "</li>" if len(lines) > 1 else "")
            inner = False
        elif not inner:
            lines.append("<ol>" if len(lines) > 1 else "<li><ol>")
            inner = True
        else:
            lines.append("</li>")
        lines.append(f'<li><a href="#{name}">{TAGS.sub("", words).strip()}</a>')
    lines.append("</li></ol></li></ol>" if inner else "</li></ol>")
    return "".join(lines)


def _read(content: Any) -> None:
    # Pelican makes Static objects of files too; they have no text.
    if isinstance(content, Static) or not isinstance(content._content, str):  # noqa: SLF001 - Pelican has no other door
        return
    content.minutes = minutes_to_read(content._content)  # noqa: SLF001
    content.contents = table_of_contents(content._content) if getattr(content, "toc", False) else ""  # noqa: SLF001


def register() -> None:
    """Connect to Pelican."""
    signals.content_object_init.connect(_read)
