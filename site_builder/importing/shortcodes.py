"""Turn Hugo's shortcodes into Markdown, or tell that they cannot be."""

from __future__ import annotations

import re

from site_builder.importing.prose import rewrite_prose, with_caption
from site_builder.importing.values import BY_NAME, Fault

CODE = re.compile(
    r"^[ \t]*\{\{[<%]\s*highlight\s+(?P<values>.*?)\s*[%>]\}\}[ \t]*\n?(?P<code>.*?)\n?[ \t]*"
    r"\{\{[<%]\s*/\s*highlight\s*[%>]\}\}",
    re.DOTALL | re.MULTILINE,
)
SHORTCODE = re.compile(r"\{\{[<%](?!/\*)\s*(?P<end>/?)\s*(?P<name>[\w/.-]+)(?P<values>.*?)/?\s*[%>]\}\}", re.DOTALL)
# A shortcode that is shown and not run.
SHOWN = re.compile(r"\{\{(?P<open>[<%])/\*(?P<inner>.*?)\*/(?P<close>[%>])\}\}", re.DOTALL)
VALUE = re.compile(
    r"(?:(?P<key>[\w-]+)\s*=\s*)?(?:\"(?P<double>(?:[^\"\\]|\\.)*)\"|`(?P<raw>[^`]*)`|(?P<bare>[^\s\"`=]+))"
)
LINES = re.compile(r"hl_lines=(?:\[(?P<list>[^\]]*)\]|(?P<words>[\d\s-]+))")
# What is embedded from elsewhere, as the page where it is.
EMBEDDED = {
    "youtube": "https://www.youtube.com/watch?v={}",
    "vimeo": "https://vimeo.com/{}",
    "gist": "https://gist.github.com/{}/{}",
    "tweet": "https://x.com/i/status/{}",
    "twitter": "https://x.com/i/status/{}",
    "x": "https://x.com/i/status/{}",
    "instagram": "https://www.instagram.com/p/{}/",
}
HIDDEN = {"{{": "\ue010", "}}": "\ue011"}


def from_shortcodes(body: str) -> tuple[str, tuple[Fault, ...]]:
    """Return a body without shortcodes, and what could not be mapped."""
    faults: dict[Fault, None] = {}
    text = SHOWN.sub(lambda found: f"\ue010{found['open']}{found['inner']}{found['close']}\ue011", body)
    text = CODE.sub(_fence, text)
    text = rewrite_prose(text, lambda stretch: SHORTCODE.sub(lambda found: _mapped(found, faults), stretch))
    for braces, mark in HIDDEN.items():
        text = text.replace(mark, braces)
    return text, tuple(faults)


def _values(text: str) -> tuple[dict[str, str], list[str]]:
    """Return a shortcode's values: those with a name, and those in their order."""
    named: dict[str, str] = {}
    plain: list[str] = []
    for found in VALUE.finditer(text):
        value = next(one for one in (found["double"], found["raw"], found["bare"]) if one is not None)
        value = value.replace('\\"', '"')
        if found["key"]:
            named[found["key"].lower()] = value
        else:
            plain.append(value)
    return named, plain


def _fence(found: re.Match[str]) -> str:
    """Write a block of code with as many marks as it needs."""
    _, plain = _values(found["values"])
    code = found["code"].strip("\n")
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", code)), default=0))
    lines = LINES.search(" ".join(plain[1:]) or found["values"])
    lit = " ".join((lines["list"] or lines["words"] or "").replace(",", " ").replace('"', "").split()) if lines else ""
    options = f' hl_lines="{lit}"' if lit else ""
    return f"\n{fence}{plain[0] if plain else ''}{options}\n{code}\n{fence}\n"


def _mapped(found: re.Match[str], faults: dict[Fault, None]) -> str:
    name = found["name"].lower()
    named, plain = _values(found["values"])
    if found["end"]:
        return ""
    if name == "figure":
        return _figure(named, plain, faults)
    if name in ("ref", "relref"):
        return _reference(named.get("path") or (plain[0] if plain else ""))
    if name in EMBEDDED and (named.get("id") or plain or named):
        address = EMBEDDED[name].format(*[*([named["id"]] if "id" in named else plain), "", ""])
        todo = "Nothing of another site runs in a page; let the link's words say what is to be seen."
        faults[Fault(f"the shortcode `{name}` became a link to {address}", todo)] = None
        return f"[{named.get('title') or address}]({address})"
    what = f"the shortcode `{name}` was left out, and what stood within it was kept"
    faults[Fault(what, "Write in its place what it showed.")] = None
    return ""


def _figure(named: dict[str, str], plain: list[str], faults: dict[Fault, None]) -> str:
    """Return a picture with its link and the words below it."""
    source = named.get("src") or (plain[0] if plain else "")
    caption = named.get("caption") or named.get("title") or ""
    if not source:
        faults[Fault("a `figure` names no file and was left out", "Put the picture in its place.")] = None
        return ""
    alt = named.get("alt") or " ".join(re.sub(r"[\[\]*_`]", "", caption).split())
    picture = f"![{alt}]({source.replace(' ', '%20')})"
    return with_caption(f"[{picture}]({named['link']})" if named.get("link") else picture, caption)


def _reference(path: str) -> str:
    """Return a link's target by the name of a text."""
    name, mark, fragment = path.partition("#")
    name = name.removeprefix("./").strip("/")
    return f"{BY_NAME}{name}{mark}{fragment}" if name else f"#{fragment}"
