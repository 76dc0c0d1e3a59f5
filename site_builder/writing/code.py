"""Blocks of code with a title and lighted lines, written as in other tools: ```python title="app.py" hl_lines="2-4"."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from markdown import Markdown
from markdown.extensions.codehilite import CodeHiliteExtension
from markdown.preprocessors import Preprocessor
from pygments.formatters import HtmlFormatter

# What it does depends on the text; see site_builder.engine.trust.
PURE = True
# Before the library's own blocks of code, which know braces and single lines.
BEFORE_FENCES = 26
OPENING = re.compile(r"^(?P<fence>`{3,}|~{3,})[ ]*(?P<language>[\w#.+-]*)[ ]+(?P<options>[\w-]+=.*?)[ ]*$")
BRACES = re.compile(r"^(?P<fence>`{3,}|~{3,})[ ]*\{(?P<options>.*)\}[ ]*$")
LINES = re.compile(r"hl_lines=(?P<quote>[\"'])(?P<lines>[^\"']*)(?P=quote)")
RANGE = re.compile(r"(\d+)-(\d+)")


class CodeFormatter(HtmlFormatter):  # type: ignore[type-arg] # Pygments is typed in part.
    """Writes a block of code; one with a title is a figure with a caption."""

    def __init__(self, **options: Any) -> None:
        """Take the title out of the library's options, where it means another thing."""
        self.caption = options.pop("title", "")
        super().__init__(**options)

    def wrap(self, source: Any) -> Iterator[tuple[int, str]]:
        """Put the title before the code, and the end of the figure behind it."""
        if not self.caption:
            yield from super().wrap(source)  # type: ignore[no-untyped-call]
            return
        yield 0, f'<figure class="code"><figcaption>{html.escape(self.caption)}</figcaption>'
        yield from super().wrap(source)  # type: ignore[no-untyped-call]
        yield 0, "</figure>"


@lru_cache(maxsize=64)
def _formatter(options: tuple[tuple[str, Any], ...]) -> CodeFormatter:
    return CodeFormatter(**{name: list(value) if isinstance(value, tuple) else value for name, value in options})


def code_formatter(lang_str: str = "", **options: Any) -> CodeFormatter:  # noqa: ARG001 - codehilite names it
    """Return the formatter for these options; most blocks have the same ones."""
    hashable = {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}
    try:
        return _formatter(tuple(sorted(hashable.items())))
    except TypeError:
        return CodeFormatter(**options)


class Openings(Preprocessor):
    """Writes the first lines of blocks of code as the library knows them."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the text with each opening in braces."""
        return [self._rewritten(line) if line[:3] in ("```", "~~~") else line for line in lines]

    @staticmethod
    def _rewritten(line: str) -> str:
        plain, braces = OPENING.match(line), BRACES.match(line)
        if not (plain or braces):
            return line
        found = plain or braces
        assert found is not None  # noqa: S101 - one of the two
        options = LINES.sub(lambda lit: f'hl_lines="{_listed(lit["lines"])}"', found["options"])
        language = f".{found['language']} " if plain and found["language"] else ""
        return f"{found['fence']} {{ {language}{options.strip()} }}"


def _listed(lines: str) -> str:
    """Return `2-4,7` as `2 3 4 7`."""
    counted = RANGE.sub(lambda two: " ".join(map(str, range(int(two[1]), int(two[2]) + 1))), lines)
    return " ".join(counted.replace(",", " ").split())


class CodeExtension(CodeHiliteExtension):
    """The library's highlighting of code, with titles and ranges of lines."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.setConfig("pygments_formatter", code_formatter)

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        """Add it to an instance."""
        super().extendMarkdown(md)
        md.preprocessors.register(Openings(md), "code_openings", BEFORE_FENCES)


def makeExtension(**options: object) -> CodeExtension:  # noqa: N802 - the library's name
    """Return the extension."""
    return CodeExtension(**options)
