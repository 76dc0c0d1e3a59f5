"""Write the Markdown of Jekyll and Hugo as Python-Markdown reads it: lists by fours, empty lines around blocks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from site_builder.importing.prose import rewrite_prose

STEP = 4
ITEM = re.compile(r"^(?P<indent>\s*)(?P<mark>[-*+]|\d{1,9}[.)])(?P<gap>\s+)(?P<words>\S.*)$")
RULE = re.compile(r"^\s*(?:(?:-\s*){3,}|(?:\*\s*){3,}|(?:_\s*){3,})$")
FENCE = re.compile(r"^(?P<indent>\s*)(?P<fence>`{3,}|~{3,})\s*(?P<info>[^`]*)$")
LIT = re.compile(r"hl_lines\s*=\s*(?:\[(?P<list>[^\]]*)\]|[\"'](?P<words>[^\"']*)[\"'])")
TITLE = re.compile(r"\b(?:title|caption)\s*=\s*\"(?P<title>[^\"]*)\"")
STRUCK = re.compile(r"~~(?=\S)(?P<words>[^~\n]+?)(?<=\S)~~")
TABLE = re.compile(
    r"^(?P<before>(?=[^\n]*\S)[^\n|]+)\n(?P<table>[^\n]*\|[^\n]*\n"
    r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*)$",
    re.MULTILINE,
)
BREAK = re.compile(r"(?<!\\)\\$", re.MULTILINE)


@dataclass(frozen=True)
class _Code:
    """A block of code that is open: its marks, where its lines begin, and how deep in lists it is."""

    fence: str
    indent: int
    depth: int


def from_commonmark(body: str) -> str:
    """Return a body with the same meaning for Python-Markdown."""
    writer = _Writer()
    for line in body.splitlines():
        writer.take(line.expandtabs(STEP) if line.startswith(("\t", " ")) else line)
    return rewrite_prose("\n".join(writer.lines), _inline)


def _inline(text: str) -> str:
    text = TABLE.sub(r"\g<before>\n\n\g<table>", STRUCK.sub(r"<del>\g<words></del>", text))
    return BREAK.sub("  ", text)


class _Writer:
    """Writes the lines of one text, and knows in which lists it is."""

    def __init__(self) -> None:
        """Begin outside of every list."""
        self.lines: list[str] = []
        # Where the words of each open point begin, in the source.
        self._open: list[int] = []
        self._code: _Code | None = None

    def take(self, line: str) -> None:
        """Write one more line."""
        if self._code is not None:
            self._take_code(line, self._code)
        elif not line.strip():
            self.lines.append("")
        else:
            self._take_words(line)

    def _take_words(self, line: str) -> None:
        indent = len(line) - len(line.lstrip())
        item, fence = ITEM.match(line), FENCE.match(line)
        was_within = bool(self._open)
        if item and (RULE.match(line) or self._is_no_item(item, was_within=was_within)):
            item = None
        if item or fence or self._is_after_empty():
            while self._open and indent < self._open[-1]:
                self._open.pop()
        begin = self._open[-1] if self._open else 0
        if indent - begin >= STEP and (self._is_after_empty() or not item):
            item = fence = None  # It is code by its indent, or goes on with a paragraph.
        if fence:
            self._open_code(fence, indent)
        elif item:
            self._take_item(item, was_within=was_within)
        else:
            self.lines.append(" " * (STEP * len(self._open) + max(0, indent - begin)) + line.lstrip())

    def _is_no_item(self, item: re.Match[str], *, was_within: bool) -> bool:
        """Say whether a number only happens to stand at the beginning of a paragraph's line."""
        mark = item["mark"]
        return not was_within and not self._is_after_empty() and mark[:-1].isdecimal() and int(mark[:-1]) != 1

    def _take_item(self, item: re.Match[str], *, was_within: bool) -> None:
        if not was_within:
            self._leave_empty()
        mark = item["mark"].replace(")", ".")
        self.lines.append(f"{' ' * STEP * len(self._open)}{mark} {item['words']}")
        gap = len(item["gap"]) if len(item["gap"]) <= STEP else 1
        self._open.append(len(item["indent"]) + len(item["mark"]) + gap)

    def _open_code(self, found: re.Match[str], indent: int) -> None:
        language, options = _info(found["info"])
        self._leave_empty()
        self._code = _Code(found["fence"], indent, len(self._open))
        if not self._open:
            self.lines.append(f"{found['fence']}{language}{options}")
        elif language:
            # Python-Markdown knows no fence within a list; this is how such code names its language.
            self.lines.append(f"{' ' * STEP * (len(self._open) + 1)}:::{language}")

    def _take_code(self, line: str, code: _Code) -> None:
        stripped = line.strip()
        if stripped.startswith(code.fence) and not stripped.strip(code.fence[0]):
            self._code = None
            self.lines += [stripped, ""] if code.depth == 0 else [""]
            return
        inner = line[min(code.indent, len(line) - len(line.lstrip())) :]
        self.lines.append((" " * STEP * (code.depth + 1) + inner if code.depth else inner) if stripped else "")

    def _is_after_empty(self) -> bool:
        return not self.lines or not self.lines[-1]

    def _leave_empty(self) -> None:
        if not self._is_after_empty():
            self.lines.append("")


def _info(info: str) -> tuple[str, str]:
    """Return the language that a block of code names, and what this site knows of its options."""
    language = re.match(r"[\w#.+-]*", info.strip().lstrip("{.").strip())
    lit, title = LIT.search(info), TITLE.search(info)
    options = f' title="{title["title"]}"' if title else ""
    if lit:
        lines = " ".join((lit["list"] or lit["words"] or "").replace(",", " ").replace('"', "").split())
        options += f' hl_lines="{lines}"'
    name = language[0] if language and "=" not in info.split(" ", 1)[0] else ""
    return name, options
