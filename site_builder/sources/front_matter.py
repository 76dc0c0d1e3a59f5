"""Read what stands at the top of a text: Pelican's lines of `Key: value`, or YAML between lines of three hyphens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from site_builder.sources.forms import Written

KEY_LINE = re.compile(r"^ {0,3}(?P<key>[A-Za-z0-9_-]+):(?P<gap>\s*)(?P<value>.*)$")
CONTINUATION = re.compile(r"^(?: {4,}|\t+)(?P<value>.*)$")
FENCE = re.compile(r"-{3}\s*$")
FENCE_END = re.compile(r"(?:-{3}|\.{3})\s*$")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Entry:
    """One key of a text's front matter, where it stands."""

    key: str
    value: Written
    line: int
    column: int = 1


@dataclass(frozen=True)
class Flaw:
    """Why the front matter cannot be read, and where."""

    line: int
    column: int
    what: str
    todo: str


@dataclass(frozen=True)
class Head:
    """The top of a text: its entries, what cannot be read, and the number of the first line after it."""

    entries: tuple[Entry, ...]
    flaws: tuple[Flaw, ...]
    body: int
    is_yaml: bool


def read_head(text: str) -> Head:
    """Read the top of a text."""
    lines = text.splitlines()
    if lines and FENCE.match(lines[0]):
        return _read_yaml(lines)
    entries: list[Entry] = []
    body = len(lines) + 1
    for number, line in enumerate(lines, start=1):
        opening = KEY_LINE.match(line)
        following = CONTINUATION.match(line)
        if opening:
            column = opening.start("value") + 1
            entries.append(Entry(opening["key"].lower(), opening["value"].strip(), number, column))
        elif following and entries:
            last = entries[-1]
            value = f"{last.value} {following['value'].strip()}".strip()
            entries[-1] = Entry(last.key, value, last.line, last.column)
        else:
            body = number
            break
    return Head(tuple(entries), (), body, is_yaml=False)


def _read_yaml(lines: list[str]) -> Head:
    end = next((number for number, line in enumerate(lines[1:], start=1) if FENCE_END.match(line)), None)
    if end is None:
        flaw = Flaw(
            1, 1, "the line of hyphens opens a front matter that is never closed", "Close it by another such line."
        )
        return Head((), (flaw,), len(lines) + 1, is_yaml=True)
    try:
        entries = tuple(_yaml_entries("\n".join(lines[1:end]) + "\n"))
    except yaml.MarkedYAMLError as error:
        return Head((), (_yaml_flaw(error),), end + 2, is_yaml=True)
    except yaml.YAMLError as error:
        flaw = Flaw(2, 1, f"it is not valid YAML: {error}", "Mend the front matter.")
        return Head((), (flaw,), end + 2, is_yaml=True)
    flaws = tuple(entry for entry in entries if isinstance(entry, Flaw))
    return Head(tuple(entry for entry in entries if isinstance(entry, Entry)), flaws, end + 2, is_yaml=True)


def _yaml_flaw(error: yaml.MarkedYAMLError) -> Flaw:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 2, mark.column + 1) if mark else (2, 1)
    hint = "A value that holds a colon, a hash or quotes must stand in quotes itself."
    return Flaw(line, column, f"it is not valid YAML: {error.problem or error.context or 'unreadable'}", hint)


def _yaml_entries(text: str) -> Iterator[Entry | Flaw]:
    node = yaml.compose(text, Loader=LOADER)
    if node is None:
        return
    if not isinstance(node, yaml.MappingNode):
        yield Flaw(2, 1, "the front matter is not made of keys and values", "Write lines like `title: A title`.")
        return
    for key, value in node.value:
        line, column = value.start_mark.line + 2, value.start_mark.column + 1
        name = str(key.value).lower() if isinstance(key, yaml.ScalarNode) else ""
        written = _written(value)
        if not name or written is None:
            what = f"`{name}` holds keys of its own" if name else "a key is not a word"
            yield Flaw(key.start_mark.line + 2, key.start_mark.column + 1, what, "Write one value, or a list of words.")
        else:
            yield Entry(name, written, line if written else key.start_mark.line + 2, column)


def _written(node: yaml.Node) -> Written | None:
    """Return a value as it is written: YAML would make numbers of versions, and `no` of Norwegian."""
    if isinstance(node, yaml.ScalarNode):
        is_null = node.tag == "tag:yaml.org,2002:null" and node.style is None
        return "" if is_null else " ".join(str(node.value).split())
    if isinstance(node, yaml.SequenceNode) and all(isinstance(item, yaml.ScalarNode) for item in node.value):
        return tuple(" ".join(str(item.value).split()) for item in node.value)
    return None
