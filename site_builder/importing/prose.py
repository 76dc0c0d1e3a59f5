"""Change the words of a Markdown text and leave its code alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from textwrap import shorten

from site_builder.sources.keys import POST, SUMMARY_LIMIT
from site_builder.sources.text import INLINE_CODE, Source

HEADING = re.compile(r"^(?P<marks>#{1,6})(?P<rest>\s+\S.*)$")
UNDERLINED = re.compile(r"^(?P<words>(?![#>|+*-]|\d+\.\s|```|~~~)\S.*)\n(?P<line>=+|-{2,})[ \t]*$", re.MULTILINE)
# What is no paragraph: headings, lists, quotations, tables, pictures, raw HTML, rules, attributes, definitions.
NO_PARAGRAPH = re.compile(
    r"\s*(?:#|[-*+] |\d+[.)] |>|\||!\[[^\]]*\]\([^)]*\)\s*$|<|[-*_=]{3,}|\{|\[\^?[^\]]+\]:|\$\$|`{3}|~{3})"
)
IMAGE = re.compile(r"!\[[^\]]*\](?:\([^)]*\)|\[[^\]]*\])")
LINKED = re.compile(r"\[([^\]]*)\](?:\([^)]*\)|\[[^\]]*\])|\[\^[^\]]*\]")
TAG = re.compile(r"</?[A-Za-z][^>]*>|<!--.*?-->|\{:?[^}\n]*\}")
EMPHASIS = re.compile(r"(?<!\\)(?:\*{1,3}|~~|`+|(?<![^\W_])_{1,3}|_{1,3}(?![^\W_]))")
ADDRESS = re.compile(r"https?://\S+")
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&nbsp;": " ", "&quot;": '"'}


def prose_lines(body: str) -> frozenset[int]:
    """Return the numbers of the lines that are not code, counted from 0."""
    # The empty line before the body keeps its first words from being taken for a front matter.
    source = Source(Path(), POST, f"\n{body}")
    return frozenset(number - 2 for number, _ in source.prose() if number > 1)


def rewrite_prose(body: str, change: Callable[[str], str]) -> str:
    """Apply a change to each stretch of prose, and to no code within it."""
    prose = prose_lines(body)
    parts: list[str] = []
    stretch: list[str] = []
    for number, line in enumerate(body.splitlines()):
        if number in prose:
            stretch.append(line)
            continue
        if stretch:
            parts.append(_outside_code("\n".join(stretch), change))
            stretch = []
        parts.append(line)
    if stretch:
        parts.append(_outside_code("\n".join(stretch), change))
    return "\n".join(parts)


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """Hide inline code while the text is changed: a link may go around it."""
    kept: list[str] = []

    def hide(code: re.Match[str]) -> str:
        kept.append(code[0])
        return f"\ue000{len(kept) - 1}\ue001"

    changed = change(INLINE_CODE.sub(hide, text))
    return re.sub("\ue000(\\d+)\ue001", lambda found: kept[int(found[1])], changed)


def tidy(body: str) -> str:
    """Leave one empty line where something was taken out."""
    return rewrite_prose(body, lambda text: re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", text))


def with_caption(picture: str, caption: str) -> str:
    """Return a picture with words below it: as its title, of which the site makes a caption, where a title can be."""
    words = " ".join(caption.split())
    if not words:
        return picture
    if picture.startswith("!") and not re.search(r"[\"*_`\[\]<>]", words):
        return f'{picture[:-1]} "{words}")'
    return f"{picture}\n\n*{words}*\n" if "*" not in words else f"{picture}\n\n{words}\n"


def order_headings(body: str) -> str:
    """Write headings so that the title is the only one of the first level, and no level is left out."""
    body = rewrite_prose(body, _with_marks)
    prose, lines = prose_lines(body), body.splitlines()
    depths = [len(found["marks"]) for number in sorted(prose) if (found := HEADING.match(lines[number]))]
    down = 1 if 1 in depths else 0
    level = 1
    for number in sorted(prose):
        found = HEADING.match(lines[number])
        if found:
            level = max(2, min(len(found["marks"]) + down, level + 1, 6))
            lines[number] = "#" * level + found["rest"]
    return "\n".join(lines)


def _with_marks(text: str) -> str:
    """Write underlined headings with marks, so that their level can be moved."""
    return UNDERLINED.sub(lambda found: f"{'#' if found['line'][0] == '=' else '##'} {found['words'].strip()}", text)


def first_paragraph(body: str) -> str:
    """Return the first paragraph that is plain text, without its marks; nothing where there is none."""
    prose, lines = prose_lines(body), body.splitlines()
    text = "\n".join(line if number in prose else "" for number, line in enumerate(lines))
    for block in re.split(r"\n\s*\n", text):
        if block.strip() and not NO_PARAGRAPH.match(block):
            words = plain_words(block)
            if re.search(r"\w", words) and not ADDRESS.fullmatch(words):
                return words
    return ""


def plain_words(markdown: str) -> str:
    """Return what a reader reads of a paragraph."""
    text = LINKED.sub(lambda found: found[1] or "", IMAGE.sub("", markdown))
    text = ESCAPED.sub(r"\1", EMPHASIS.sub("", TAG.sub("", text)))
    for entity, character in ENTITIES.items():
        text = text.replace(entity, character)
    return " ".join(text.split())


def as_summary(words: str) -> str:
    """Return words in the length that a summary may have, cut after a whole word."""
    cut = shorten(words, SUMMARY_LIMIT, placeholder="…")
    # One word alone may be too long to be kept whole.
    return cut if cut != "…" else f"{words[: SUMMARY_LIMIT - 1]}…"
