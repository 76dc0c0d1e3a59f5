"""Python-Markdown, which asks fewer questions whose answer is no."""

from __future__ import annotations

import re
from typing import Any

from markdown import blockparser, core, treeprocessors, util
from markdown.blockprocessors import BlockQuoteProcessor, HashHeaderProcessor, HRProcessor, SetextHeaderProcessor
from markdown.extensions.admonition import AdmonitionProcessor
from markdown.extensions.def_list import DefListProcessor
from markdown.extensions.tables import TableProcessor
from markdown.inlinepatterns import DelimiterProcessor, InlineProcessor, Pattern

from site_builder.engine.speed.patterns import needed_characters
from site_builder.engine.speed.replacing import Replacement

apply_pattern = vars(treeprocessors.InlineProcessor)["_InlineProcessor__applyPattern"]
run_inline = treeprocessors.InlineProcessor.run
Needs = tuple[str, ...] | None


def _needs_of(pattern: Any) -> Needs:
    """Return what a text must hold for an inline pattern to be found in it; None where that is not known."""
    kind = type(pattern)
    if not isinstance(pattern, InlineProcessor) or kind.getCompiledRegExp is not Pattern.getCompiledRegExp:
        return None
    if isinstance(pattern, DelimiterProcessor):
        return tuple(token[0] for token in pattern.tokens) or None
    return needed_characters(pattern.compiled_re)


def run(self: Any, tree: Any, ancestors: Any = None) -> Any:
    """Look once at the patterns, and then apply them as the library does."""
    self.patterns_with_needs = [(pattern, _needs_of(pattern)) for pattern in self.inlinePatterns]
    return run_inline(self, tree, ancestors)


def handle_inline(self: Any, data: str, patternIndex: int = 0) -> str:  # noqa: N803 - the library's own name
    """Apply the patterns, but for those that need a character which is not there."""
    if isinstance(data, util.AtomicString):
        return data
    start = 0
    patterns = self.patterns_with_needs
    count = len(patterns)
    while patternIndex < count:
        pattern, needs = patterns[patternIndex]
        if needs is not None:
            for character in needs:
                if character in data:
                    break
            else:
                start = 0
                patternIndex += 1  # noqa: N806
                continue
        data, matched, start = apply_pattern(self, pattern, data, patternIndex, start)
        if not matched:
            patternIndex += 1  # noqa: N806
    return data


# What a block must hold for a processor of the library to take it, by its own test.
BLOCK_NEEDS: dict[Any, tuple[str, ...]] = {
    BlockQuoteProcessor.test: (">",),
    HashHeaderProcessor.test: ("#",),
    SetextHeaderProcessor.test: ("\n=", "\n-"),
    HRProcessor.test: ("-", "_", "*"),
    DefListProcessor.test: (":",),
    TableProcessor.test: ("|",),
}
INDENTED = (AdmonitionProcessor,)


def parse_blocks(self: Any, parent: Any, blocks: list[str]) -> None:
    """Give each block to the first processor that takes it, without asking those that cannot."""
    processors = [(one, BLOCK_NEEDS.get(type(one).test)) for one in self.blockprocessors]
    while blocks:
        block = blocks[0]
        for processor, needs in processors:
            if needs is not None:
                for part in needs:
                    if part in block:
                        break
                else:
                    continue
            if processor.test(parent, block) and processor.run(parent, blocks) is not False:
                break
            if blocks and blocks[0] is not block:
                block = blocks[0]
        else:
            # No processor took it: the library would ask all of them again, for ever.
            continue


def is_block_level(self: Any, tag: Any) -> bool:
    """Say whether a tag is of a block, as the library does, from a set instead of a list."""
    if not isinstance(tag, str):
        return False
    elements = self.block_level_elements
    known = self.__dict__.get("known_block_level")
    if known is None or known[0] != elements:
        known = self.known_block_level = (list(elements), frozenset(elements), {})
    answers: dict[str, bool] = known[2]
    answer = answers.get(tag)
    if answer is None:
        answer = answers[tag] = tag.lower().rstrip("/") in known[1]
    return answer


def unescape(self: Any, text: str) -> str:
    """Put escaped characters back, where there are any."""
    return self.RE.sub(self._unescape, text) if util.STX in text else text


REPLACEMENTS: list[Replacement] = [
    (treeprocessors.InlineProcessor, "run", run),
    (treeprocessors.InlineProcessor, "_InlineProcessor__handleInline", handle_inline),
    (blockparser.BlockParser, "parseBlocks", parse_blocks),
    (core.Markdown, "is_block_level", is_block_level),
    (treeprocessors.UnescapeTreeprocessor, "unescape", unescape),
]
EXPRESSION = re.Pattern
