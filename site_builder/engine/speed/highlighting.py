"""Pygments, which tries only the rules that can begin with the character at hand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from markdown.extensions import codehilite
from pygments.formatters import HtmlFormatter, get_formatter_by_name
from pygments.lexer import RegexLexer
from pygments.lexers import get_lexer_by_name
from pygments.token import Error, Whitespace, _TokenType

from site_builder.engine.speed.patterns import ALL, beginnings
from site_builder.engine.speed.replacing import Replacement

Rules = tuple[Any, ...]


class RulesByCharacter(dict[str, Rules]):
    """The rules of one state of a lexer, by the character that is to be read."""

    def __init__(self, rules: Any) -> None:
        """Begin with no character known."""
        super().__init__()
        self.rules: Rules = tuple(rules)

    def __missing__(self, character: str) -> Rules:
        rules = self.rules
        if character.isascii():
            rules = tuple(rule for rule in rules if _beginnings(rule[0]) >> ord(character) & 1)
        self[character] = rules
        return rules


def _beginnings(match: Any) -> int:
    pattern = getattr(match, "__self__", None)
    return beginnings(pattern) if isinstance(pattern, re.Pattern) else ALL


BY_LEXER: dict[type, dict[str, RulesByCharacter]] = {}


def get_tokens_unprocessed(self: Any, text: str, stack: tuple[str, ...] = ("root",)) -> Iterator[Any]:
    """Split a text into tokens, as the library does."""
    states = BY_LEXER.get(type(self))
    if states is None or states.keys() != self._tokens.keys():
        states = BY_LEXER[type(self)] = {name: RulesByCharacter(rules) for name, rules in self._tokens.items()}
    position, length = 0, len(text)
    statestack = list(stack)
    rules = states[statestack[-1]]
    while True:
        for match, action, new_state in rules[text[position]] if position < length else rules.rules:
            found = match(text, position)
            if found:
                if action is not None:
                    if type(action) is _TokenType:
                        yield position, action, found.group()
                    else:
                        yield from action(self, found)
                position = found.end()
                if new_state is not None:
                    _go_to(new_state, statestack)
                    rules = states[statestack[-1]]
                break
        else:
            if position >= length:
                return
            if text[position] == "\n":
                # At the end of a line that nothing matches, the state is the first one again.
                statestack = ["root"]
                rules = states["root"]
                yield position, Whitespace, "\n"
            else:
                yield position, Error, text[position]
            position += 1


def _go_to(new_state: Any, statestack: list[str]) -> None:
    if isinstance(new_state, tuple):
        for state in new_state:
            if state == "#pop":
                if len(statestack) > 1:
                    statestack.pop()
            elif state == "#push":
                statestack.append(statestack[-1])
            else:
                statestack.append(state)
    elif isinstance(new_state, int):
        # At least one state stays.
        if abs(new_state) >= len(statestack):
            del statestack[1:]
        else:
            del statestack[new_state:]
    elif new_state == "#push":
        statestack.append(statestack[-1])
    else:
        raise AssertionError(new_state)


LEXERS: dict[Any, Any] = {}
FORMATTERS: dict[Any, Any] = {}


def lexer_by_name(name: Any, **options: Any) -> Any:
    """Return a lexer; one that keeps nothing between two texts is made once."""
    try:
        mark = (name, tuple(sorted(options.items())))
        known = LEXERS.get(mark)
    except TypeError:
        return get_lexer_by_name(name, **options)
    if known is None:
        known = get_lexer_by_name(name, **options)
        if type(known).get_tokens_unprocessed is not RegexLexer.get_tokens_unprocessed or known.filters:
            return known
        LEXERS[mark] = known
    return known


def formatter_by_name(name: str, **options: Any) -> Any:
    """Return a formatter; the one for HTML is made once for the same options."""
    if name != "html":
        return library_formatter(name, **options)
    try:
        mark = tuple(sorted(options.items()))
        known = FORMATTERS.get(mark)
    except TypeError:
        return library_formatter(name, **options)
    if known is None:
        known = library_formatter(name, **options)
        if type(known) is not HtmlFormatter:
            return known
        FORMATTERS[mark] = known
    return known


library_formatter: Any = get_formatter_by_name
REPLACEMENTS: list[Replacement] = [
    (RegexLexer, "get_tokens_unprocessed", get_tokens_unprocessed),
    (codehilite, "get_lexer_by_name", lexer_by_name),
    (codehilite, "get_formatter_by_name", formatter_by_name),
]
