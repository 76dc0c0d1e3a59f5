"""The expressions of workflows, `${{ … }}`, as far as our workflows use them.

What is not known here is an error and not an empty text: a replay that guesses proves nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = "str | bool | float | Mapping[str, Value] | list[Value] | None"

TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>&&|\|\||==|!=|[!().,\[\]]))"
)
TEMPLATE = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)
WORDS: Mapping[str, Value] = {"true": True, "false": False, "null": None}


class ExpressionError(Exception):
    """An expression says what GitHub would not understand, or what this replay does not know."""


@dataclass(frozen=True)
class Status:
    """How the steps, or the jobs, before this one have ended."""

    failed: bool = False
    # By a person, or by the time that a job may take.
    cancelled: bool = False

    @property
    def functions(self) -> Mapping[str, Callable[[], Value]]:
        """Return the functions that ask for it."""
        return {
            "success": lambda: not self.failed and not self.cancelled,
            "failure": lambda: self.failed and not self.cancelled,
            "always": lambda: True,
            "cancelled": lambda: self.cancelled,
        }


@dataclass(frozen=True)
class Scope:
    """What an expression may speak of."""

    contexts: Mapping[str, Value]
    status: Status = Status()


def evaluate(expression: str, scope: Scope) -> Value:
    """Return what an expression says, without its `${{ }}`."""
    parser = _Parser(_tokens(expression), scope, expression)
    value = parser.either()
    parser.end()
    return value


def fill(text: str, scope: Scope) -> str:
    """Return a text with each `${{ … }}` in it replaced by what it says."""
    return TEMPLATE.sub(lambda found: as_text(evaluate(found[1], scope)), text)


def holds(condition: str, scope: Scope) -> bool:
    """Say whether an `if:` holds; one that does not ask for the status needs success, as on GitHub."""
    inner = condition.strip().removeprefix("${{").removesuffix("}}")
    asks = re.search(r"\b(success|failure|always|cancelled)\(\)", inner)
    return (bool(asks) or not (scope.status.failed or scope.status.cancelled)) and truth(evaluate(inner, scope))


def truth(value: Value) -> bool:
    """Say whether a value counts as true."""
    return value not in (None, False, "", 0)


def as_text(value: Value) -> str:
    """Return a value as it stands in a text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value)


def _tokens(expression: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while expression[at:].strip():
        found = TOKEN.match(expression, at)
        if not found:
            raise ExpressionError(f"{expression.strip()}: {expression[at:].strip()[:20]!r} is not understood")
        kind = found.lastgroup or ""
        tokens.append((kind, found[kind]))
        at = found.end()
    return tokens


class _Parser:
    """Reads an expression from left to right: or, and, comparison, not, and what has a value."""

    def __init__(self, tokens: list[tuple[str, str]], scope: Scope, expression: str) -> None:
        self._tokens, self._at, self._scope, self._expression = tokens, 0, scope, expression.strip()

    def either(self) -> Value:
        value = self._both()
        while self._take("||"):
            other = self._both()
            value = value if truth(value) else other
        return value

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise self._error(f"{self._tokens[self._at][1]!r} was not expected")

    def _both(self) -> Value:
        value = self._compared()
        while self._take("&&"):
            other = self._compared()
            value = other if truth(value) else value
        return value

    def _compared(self) -> Value:
        value = self._negated()
        if self._take("=="):
            return _alike(value, self._negated())
        if self._take("!="):
            return not _alike(value, self._negated())
        return value

    def _negated(self) -> Value:
        return not truth(self._negated()) if self._take("!") else self._followed(self._one())

    def _one(self) -> Value:
        kind, token = self._next()
        if (kind, token) == ("sign", "("):
            value = self.either()
            self._expect(")")
            return value
        if kind == "text":
            return token[1:-1].replace("''", "'")
        if kind == "number":
            return float(token)
        if kind != "name":
            raise self._error(f"{token!r} was not expected")
        if token in WORDS:
            return WORDS[token]
        if self._take("("):
            return self._called(token)
        if token not in self._scope.contexts:
            raise self._error(f"there is no {token} here")
        return self._scope.contexts[token]

    def _followed(self, value: Value) -> Value:
        """Go into an object or a list, step by step; what it does not hold is nothing, as on GitHub."""
        while True:
            if self._take("."):
                value = _held(value, self._next()[1])
            elif self._take("["):
                value = _held(value, self.either())
                self._expect("]")
            else:
                return value

    def _called(self, name: str) -> Value:
        arguments: list[Value] = []
        while not self._take(")"):
            arguments.append(self.either())
            self._take(",")
        if name in self._scope.status.functions and not arguments:
            return self._scope.status.functions[name]()
        match name, arguments:
            case "fromJSON", [str(text)]:
                return self._read(text)
            case "startsWith", [text, start]:
                return as_text(text).lower().startswith(as_text(start).lower())
            case "contains", [list(many), one]:
                return any(_alike(other, one) for other in many)
            case "contains", [text, part]:
                return as_text(part).lower() in as_text(text).lower()
            case _:
                raise self._error(f"{name}() with {len(arguments)} arguments is not known here")

    def _read(self, text: str) -> Value:
        try:
            value: Value = json.loads(text)
        except ValueError as error:
            raise self._error(f"fromJSON was given no JSON: {error}") from error
        return value

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise self._error("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, sign: str) -> bool:
        if self._at < len(self._tokens) and self._tokens[self._at] == ("sign", sign):
            self._at += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise self._error(f"{sign!r} is missing")

    def _error(self, what: str) -> ExpressionError:
        return ExpressionError(f"{self._expression}: {what}")


def _held(value: Value, key: Value) -> Value:
    """Return what an object holds by a name, or a list at a place."""
    if isinstance(value, Mapping):
        return value.get(as_text(key))
    if isinstance(value, list) and isinstance(key, float) and 0 <= key < len(value):
        return value[int(key)]
    return None


def _alike(one: Value, other: Value) -> bool:
    """Compare as GitHub does: texts without regard to case."""
    if isinstance(one, str) and isinstance(other, str):
        return one.lower() == other.lower()
    return one == other
