"""What can be said of a regular expression without running it: what a text must hold, and how a match may begin.

Both answers may be too careful, never too bold: `None`, or yes, where the expression is too clever for them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from re import _constants as ops  # type: ignore[attr-defined] # The parser of the standard library is not typed.
from re import _parser  # type: ignore[attr-defined]
from typing import Any

REPEATS = (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT)
ZERO_WIDTH = (ops.AT, ops.ASSERT, ops.ASSERT_NOT)
MANY = 8
ASCII = 128
ALL = (1 << ASCII) - 1
# \x1c to \x1f are white space to some functions and not to others.
DOUBTFUL = 0b1111 << 0x1C
# As numbers: an operation on the enumeration's members takes twenty times as long.
IGNORECASE, DOTALL = int(re.IGNORECASE), int(re.DOTALL)


@lru_cache(maxsize=4096)
def needed_characters(pattern: re.Pattern[str]) -> tuple[str, ...] | None:
    """Return characters of which a text must hold at least one if the expression is to be found in it."""
    if pattern.flags & IGNORECASE:
        return None
    best = min(_needs(_parser.parse(pattern.pattern, pattern.flags)), key=_commonness, default=None)
    return tuple(sorted(best)) if best else None


def _commonness(characters: frozenset[str]) -> tuple[bool, int]:
    """Return how little a need helps: letters and blanks are everywhere."""
    return any(one.isalnum() or one in " \n" for one in characters), len(characters)


def _needs(sequence: Iterable[Any]) -> list[frozenset[str]]:
    needs: list[frozenset[str]] = []
    for op, argument in sequence:
        if op is ops.LITERAL:
            needs.append(frozenset(chr(argument)))
        elif op is ops.IN:
            needs += _needs_of_set(argument)
        elif op is ops.SUBPATTERN:
            if not argument[1] & IGNORECASE:
                needs += _needs(argument[3])
        elif op is ops.ATOMIC_GROUP:
            needs += _needs(argument)
        elif op in REPEATS and argument[0] >= 1:
            needs += _needs(argument[2])
        elif op is ops.BRANCH:
            needs += _needs_of_branch([_needs(one) for one in argument[1]])
    return needs


def _needs_of_set(items: list[Any]) -> list[frozenset[str]]:
    if len(items) <= MANY and all(op is ops.LITERAL for op, _ in items):
        return [frozenset(chr(argument) for _, argument in items)]
    return []


def _needs_of_branch(alternatives: list[list[frozenset[str]]]) -> list[frozenset[str]]:
    if not all(alternatives):
        return []
    common = set(alternatives[0]).intersection(*alternatives[1:])
    if common:
        return list(common)
    union = frozenset[str]().union(*(min(one, key=_commonness) for one in alternatives))
    return [union] if len(union) <= MANY else []


@lru_cache(maxsize=16384)
def beginnings(pattern: re.Pattern[str]) -> int:
    """Return the characters of ASCII that a match may begin with, as the bits of a number.

    Where a match may be empty, that is all of them.
    """
    flags = int(pattern.flags)
    mask, empty = _start(_parser.parse(pattern.pattern, flags), flags)
    return ALL if empty else mask | DOUBTFUL


def _start(sequence: Iterable[Any], flags: int) -> tuple[int, bool]:
    """Return what a match may begin with, and whether it may be empty."""
    mask = 0
    for op, argument in sequence:
        more, empty = _start_of(op, argument, flags)
        mask |= more
        if not empty:
            return mask, False
    return mask, True


def _start_of(op: Any, argument: Any, flags: int) -> tuple[int, bool]:  # noqa: PLR0911 - it is a table
    if op is ops.LITERAL:
        return _literal(argument, flags), False
    if op is ops.NOT_LITERAL:
        return ALL if flags & IGNORECASE else ALL & ~_literal(argument, flags), False
    if op is ops.ANY:
        return ALL if flags & DOTALL else ALL & ~(1 << 10), False
    if op is ops.IN:
        return _set(argument, flags), False
    if op in ZERO_WIDTH:
        return 0, True
    if op is ops.SUBPATTERN:
        return _start(argument[3], (flags | int(argument[1])) & ~int(argument[2]))
    if op is ops.ATOMIC_GROUP:
        return _start(argument, flags)
    if op in REPEATS:
        mask, empty = _start(argument[2], flags)
        return mask, empty or argument[0] == 0
    if op is ops.BRANCH:
        found = [_start(one, flags) for one in argument[1]]
        return _union(mask for mask, _ in found), any(empty for _, empty in found)
    return ALL, True


def _union(masks: Iterable[int]) -> int:
    union = 0
    for mask in masks:
        union |= mask
    return union


def _literal(code: int, flags: int) -> int:
    if not flags & IGNORECASE:
        return 1 << code if code < ASCII else 0
    if code >= ASCII:
        # Some characters beyond ASCII are the capitals of one within.
        return ALL
    character = chr(code)
    return 1 << ord(character.lower()) | 1 << ord(character.upper())


def _set(items: list[Any], flags: int) -> int:
    negated = items[0][0] is ops.NEGATE
    if negated and flags & IGNORECASE:
        return ALL
    mask = _union(_item(op, argument, flags) for op, argument in items)
    return ALL & ~mask if negated else mask


def _item(op: Any, argument: Any, flags: int) -> int:
    if op is ops.LITERAL:
        return _literal(argument, flags)
    if op is ops.RANGE:
        low, high = argument
        if flags & IGNORECASE:
            return ALL if high >= ASCII else _union(_literal(code, flags) for code in range(low, high + 1))
        return _union(1 << code for code in range(low, min(high + 1, ASCII)))
    if op is ops.CATEGORY:
        return _category(str(argument).removeprefix("CATEGORY_").removeprefix("UNI_"))
    return 0


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


@lru_cache(maxsize=16)
def _category(name: str) -> int:
    test = {"DIGIT": str.isdigit, "SPACE": str.isspace, "WORD": _is_word}.get(name.removeprefix("NOT_"))
    if test is None:
        return ALL
    mask = _union(1 << code for code in range(ASCII) if test(chr(code)))
    return ALL & ~mask if name.startswith("NOT_") else mask
