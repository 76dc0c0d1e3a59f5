"""Diagrams from text: a block of code in the language `mermaid` is drawn when the page is built, as an SVG.

No script runs in the reader's browser. The drawing is an image, so it says what it shows: ```mermaid alt="…".
"""

from __future__ import annotations

import base64
import html
import re
from functools import lru_cache
from textwrap import shorten

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from site_builder.errors import BuildError

# What it does depends on the text; see site_builder.engine.trust.
PURE = True
# Before anything else looks at blocks of code.
BEFORE_CODE = 27
FENCE = re.compile(r"^(?P<fence>`{3,}|~{3,})[ ]*(?P<info>[^`\n]*)$")
OPTION = re.compile(r"(?P<name>alt|title)=(?P<quote>[\"'])(?P<value>.*?)(?P=quote)")
# Grey on white: the page frames it, and prints it.
CALM = '%%{init: {"theme": "neutral"}}%%\n'


@lru_cache(maxsize=256)
def draw(code: str) -> str:
    """Return a diagram as an SVG."""
    # The library takes a moment to load; most texts have no diagram.
    from mmdr import render  # noqa: PLC0415

    try:
        return str(render(code if "%%{init" in code else CALM + code, backend="merman").svg())
    except ValueError as error:
        first = shorten(code.strip().partition("\n")[0], 50, placeholder="…")
        raise BuildError(f"the diagram `{first}`", str(error), "Mend the text between the fences.") from error


class Diagrams(Preprocessor):
    """Draws blocks of code in the language of diagrams."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the text with each diagram drawn; a sample within another block stays a sample."""
        done: list[str] = []
        rest = iter(lines)
        for line in rest:
            opening = FENCE.match(line)
            if opening is None:
                done.append(line)
                continue
            block = []
            closed = False
            for inner in rest:
                if inner.rstrip().startswith(opening["fence"]) and not inner.strip().strip(opening["fence"][0]):
                    closed = True
                    closing = inner
                    break
                block.append(inner)
            if closed and _is_diagram(opening["info"]):
                done += ["", self.md.htmlStash.store(_image(opening["info"], "\n".join(block) + "\n")), ""]
            else:
                done += [line, *block, *([closing] if closed else [])]
        return done


def _is_diagram(info: str) -> bool:
    return info.strip().lstrip("{. ").split(" ")[0].rstrip("}") == "mermaid"


def _image(info: str, code: str) -> str:
    options = {option["name"]: option["value"] for option in OPTION.finditer(info)}
    words = options.get("alt", "").strip()
    if not words:
        first = shorten(code.strip().partition("\n")[0], 50, placeholder="…")
        todo = 'Say what it shows, for those who do not see it: ```mermaid alt="…".'
        raise BuildError(f"the diagram `{first}`", "it has no description", todo)
    drawn = base64.b64encode(draw(code).encode()).decode()
    title = f' title="{html.escape(options["title"])}"' if options.get("title") else ""
    return f'<p><img alt="{html.escape(words)}" src="data:image/svg+xml;base64,{drawn}"{title}></p>'


class DiagramsExtension(Extension):
    """Diagrams from text."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        """Add it to an instance."""
        md.preprocessors.register(Diagrams(md), "diagrams", BEFORE_CODE)


def makeExtension(**options: object) -> DiagramsExtension:  # noqa: N802 - the library's name
    """Return the extension."""
    return DiagramsExtension(**options)
