"""Mathematics between dollar signs, drawn by the browser itself: TeX in, MathML out, no script and no font."""

from __future__ import annotations

import re
from functools import lru_cache
from textwrap import shorten
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert
from markdown import Markdown
from markdown.blockparser import BlockParser
from markdown.blockprocessors import BlockProcessor
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor

from site_builder.errors import BuildError

# What it does depends on the text; see site_builder.engine.trust.
PURE = True
# Between code, which stays code, and the backslash, which TeX needs.
AFTER_CODE = 185
BEFORE_PARAGRAPHS = 75
# A price is not mathematics: no space inside of the signs, no digit after the second one.
INLINE = r"(?<![\\$\w])\$(?![\s$])((?:[^$\\\n]|\\.)+?)(?<!\s)\$(?![\w$])"
OPENING, CLOSING = re.compile(r"(?<!\\)\{"), re.compile(r"(?<!\\)\}")
BLOCK = re.compile(r"^\$\$\s*(?P<tex>.+?)\s*\$\$\s*$", re.DOTALL)


@lru_cache(maxsize=1024)
def to_mathml(tex: str, display: str) -> str:
    """Return TeX as MathML, with the source for those who copy it."""
    # The library would close an open brace by itself, somewhere.
    if len(OPENING.findall(tex)) != len(CLOSING.findall(tex)):
        raise _unreadable(tex)
    try:
        return str(convert(tex, display=display))
    except Exception as error:
        # The library has a dozen errors, without a common ancestor.
        raise _unreadable(tex) from error


def _unreadable(tex: str) -> BuildError:
    what = f"`{shorten(tex, 60, placeholder='…')}` is no mathematics that can be read"
    return BuildError("a formula", what, "Mend the TeX, or write a plain dollar sign as \\$.")


class Inline(InlineProcessor):
    """`$a^2$` within a line."""

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str, int, int]:  # type: ignore[override]  # noqa: ARG002,N802
        """Return the formula, kept from everything that would change it."""
        return self.md.htmlStash.store(to_mathml(m.group(1), "inline")), m.start(0), m.end(0)


class Display(BlockProcessor):
    """`$$ … $$` as a block of its own."""

    def __init__(self, parser: BlockParser, md: Markdown) -> None:
        super().__init__(parser)
        self.md = md

    def test(self, parent: Element, block: str) -> bool:  # noqa: ARG002 - the library's signature
        """Say whether the block is a formula."""
        return block.startswith("$$") and bool(BLOCK.match(block))

    def run(self, parent: Element, blocks: list[str]) -> None:
        """Put the formula into the page."""
        found = BLOCK.match(blocks.pop(0))
        assert found is not None  # noqa: S101 - `test` has looked
        # A wide formula is moved sideways, by a keyboard too.
        formula = f'<div class="formula" tabindex="0">{to_mathml(found["tex"], "block")}</div>'
        holder = Element("p")
        holder.text = self.md.htmlStash.store(formula)
        parent.append(holder)


class MathematicsExtension(Extension):
    """Formulas."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        """Add it to an instance."""
        md.registerExtension(self)
        md.ESCAPED_CHARS.append("$")
        md.inlinePatterns.register(Inline(INLINE, md), "math", AFTER_CODE)
        md.parser.blockprocessors.register(Display(md.parser, md), "math", BEFORE_PARAGRAPHS)


def makeExtension(**options: object) -> MathematicsExtension:  # noqa: N802 - the library's name
    """Return the extension."""
    return MathematicsExtension(**options)
