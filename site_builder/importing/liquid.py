"""Turn what Liquid did in a Jekyll text into Markdown, or tell that it cannot be."""

from __future__ import annotations

import re

from site_builder.importing.prose import rewrite_prose, with_caption
from site_builder.importing.values import BY_NAME, Fault

RAW = re.compile(r"\{%-?\s*raw\s*-?%\}(.*?)\{%-?\s*endraw\s*-?%\}", re.DOTALL)
HIGHLIGHT = re.compile(
    r"^[ \t]*\{%-?\s*highlight\s+(?P<lang>[\w+#.-]+)(?P<options>[^%]*?)-?%\}[ \t]*\n?(?P<code>.*?)"
    r"\n?[ \t]*\{%-?\s*endhighlight\s*-?%\}",
    re.DOTALL | re.MULTILINE,
)
POST_URL = re.compile(r"(?:\{\{\s*site\.(?:baseurl|url)\s*\}\})*\{%-?\s*(?:post_url|link)\s+(?P<name>.*?)\s*-?%\}")
BASE = re.compile(r"(?:\{\{\s*site\.(?:baseurl|url|github\.url)\s*\}\}/?)+")
RELATIVE = re.compile(
    r"\{\{\s*(?P<quote>[\"'])(?P<path>[^\"']*)(?P=quote)\s*\|\s*(?:relative_url|absolute_url)[^}]*\}\}"
)
PREPENDED = re.compile(
    r"\{\{\s*(?P<quote>[\"'])(?P<path>[^\"']*)(?P=quote)\s*\|\s*prepend:\s*site\.(?:baseurl|url)[^}]*\}\}"
)
INCLUDE = re.compile(r"\{%-?\s*include(?:_relative|_cached)?\s+(?P<file>[\w./-]+)(?P<values>.*?)-?%\}", re.DOTALL)
VALUE = re.compile(r"(?P<key>[\w-]+)\s*=\s*(?P<quote>[\"'])(?P<value>.*?)(?P=quote)", re.DOTALL)
FIGURES = re.compile(r"(?:^|/)(?:figure|image|img|picture|photo)\.[a-z]+$")
COMMENTED = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.DOTALL)
LEFT = re.compile(r"\{%-?\s*(?P<tag>\w+).*?%\}|\{\{-?\s*(?P<variable>[^}|\s]+).*?\}\}", re.DOTALL)
CONTENTS = re.compile(r"^[*+-] .*\n\{:\s*toc\s*\}[ \t]*$", re.MULTILINE)
# What is between `raw` and `endraw` is no Liquid; these stand for its braces until all else is done.
BRACES = {"{{": "\ue010", "}}": "\ue011", "{%": "\ue012", "%}": "\ue013"}


def from_liquid(body: str, base: str) -> tuple[str, bool, tuple[Fault, ...]]:
    """Return a body without Liquid, whether it asked for a table of contents, and what could not be mapped."""
    faults: dict[Fault, None] = {}
    text = COMMENTED.sub("", RAW.sub(lambda raw: _masked(raw[1]), body))
    text = HIGHLIGHT.sub(_fence, text)

    def change(stretch: str) -> str:
        stretch = POST_URL.sub(lambda found: BY_NAME + found["name"].strip("\"' "), stretch)
        for pattern in (RELATIVE, PREPENDED):
            stretch = pattern.sub(lambda found: f"{base}/{found['path'].lstrip('/')}", stretch)
        stretch = BASE.sub(f"{base}/", stretch)
        stretch = INCLUDE.sub(lambda found: _include(found, faults), stretch)
        return LEFT.sub(lambda found: _leave(found, faults), stretch)

    text, contents = CONTENTS.subn("", text)
    text = rewrite_prose(text, change)
    for braces, mark in BRACES.items():
        text = text.replace(mark, braces)
    return text, bool(contents), tuple(faults)


def _masked(text: str) -> str:
    for braces, mark in BRACES.items():
        text = text.replace(braces, mark)
    return text


def _fence(found: re.Match[str]) -> str:
    """Write a block of code with as many marks as it needs."""
    code = found["code"].strip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", code)), default=0))
    lines = re.search(r"(?:mark_lines|hl_lines)=[\"']([^\"']*)[\"']", found["options"])
    options = f' hl_lines="{lines[1]}"' if lines else ""
    return f"\n{fence}{found['lang']}{options}\n{code}\n{fence}\n"


def _include(found: re.Match[str], faults: dict[Fault, None]) -> str:
    """Write an included figure as a picture; what else is included stays behind."""
    values = {one["key"].lower(): one["value"] for one in VALUE.finditer(found["values"])}
    source = values.get("src") or values.get("url") or values.get("image_path") or values.get("path")
    if source and FIGURES.search(found["file"]):
        caption = values.get("caption") or values.get("title") or ""
        return with_caption(f"![{values.get('alt') or caption}]({source})", caption)
    todo = "Write in its place what it showed."
    faults[Fault(f"the include `{found['file']}` was left out", todo)] = None
    return ""


def _leave(found: re.Match[str], faults: dict[Fault, None]) -> str:
    shown = f"{{% {found['tag']} %}}" if found["tag"] else f"{{{{ {found['variable']} }}}}"
    if not (found["tag"] or "").startswith("end"):
        faults[Fault(f"`{shown}` was left out", "Write in its place what it showed.")] = None
    return ""
