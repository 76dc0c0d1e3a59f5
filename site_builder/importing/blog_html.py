"""Turn the body of a WordPress text into Markdown: blocks, or the older writing where empty lines part paragraphs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from site_builder.importing.html import to_markdown
from site_builder.importing.values import Fault

CAPTION = re.compile(r"\[caption(?P<values>[^\]]*)\](?P<inner>.*?)\[/caption\]", re.DOTALL)
GALLERY = re.compile(r"\[gallery(?P<values>[^\]]*)\]")
EMBED = re.compile(r"\[embed[^\]]*\]\s*(?P<address>\S+?)\s*\[/embed\]")
CODE = re.compile(
    r"\[(?P<name>code|sourcecode|php|python|html|css|js|javascript|bash)(?P<values>\s[^\]]*)?\](?P<code>.*?)\[/(?P=name)\]",
    re.DOTALL,
)
ATTRIBUTE = re.compile(r"(?P<name>[\w-]+)=[\"'](?P<value>[^\"']*)[\"']")
# A word in brackets is only a word; a shortcode has values, or an end, or a name that no word has.
SHORTCODE = re.compile(
    r"\[(?P<name>[a-zA-Z][\w-]*)(?P<values>\s+[\w-]+=[^\]]*)\]|\[/(?P<end>[a-zA-Z][\w-]*)\]|\[(?P<odd>[a-z]+(?:[_-][a-z0-9]+)+)\]"
)
BLOCK = re.compile(r"<!--\s*wp:(?P<name>[\w/-]+)(?:\s+(?P<values>\{.*?\}))?\s*(?P<alone>/?)-->", re.DOTALL)
WRAPPED = re.compile(r"<div class=\"wp-block-embed__wrapper\">\s*(?P<address>https?://[^\s<]+)\s*</div>", re.IGNORECASE)
ALONE = re.compile(r"^[ \t]*(?P<address>https?://[^\s<>]+)[ \t]*$", re.MULTILINE)
BLOCKS = (
    "address|article|aside|blockquote|details|div|dl|figure|footer|form|h[1-6]|header|hr|iframe|ol|p|pre|script|section"
    "|style|table|ul|video|audio|!--"
)
OPENS_BLOCK = re.compile(rf"\s*</?(?:{BLOCKS})\b|\s*<!--", re.IGNORECASE)
PRE = re.compile(r"<pre\b.*?</pre>", re.DOTALL | re.IGNORECASE)
MORE = re.compile(r"<!--\s*(?:more|nextpage).*?-->")
QUIET = frozenset({"more", "nextpage", "spacer", "separator"})


def from_blog_html(html: str, pictures: Mapping[str, tuple[str, str]]) -> tuple[str, tuple[Fault, ...]]:
    """Return a body as Markdown, and what had no form there; pictures are those of the media library, by number."""
    faults: dict[Fault, None] = {}
    has_blocks = "<!-- wp:" in html
    html = _shortcodes(MORE.sub("", html), pictures, faults)
    for block in BLOCK.finditer(html):
        if block["alone"] and block["name"] not in QUIET:
            what = f"the block `{block['name']}` is made by WordPress and was left out"
            faults[Fault(what, "Write in its place what it showed.")] = None
    html = WRAPPED.sub(lambda found: _link(found["address"], faults), BLOCK.sub("", html))
    if not has_blocks:
        html = _paragraphs(ALONE.sub(lambda found: _link(found["address"], faults), html))
    text, more = to_markdown(html)
    return text, (*faults, *more)


def _shortcodes(html: str, pictures: Mapping[str, tuple[str, str]], faults: dict[Fault, None]) -> str:
    html = CODE.sub(_code, html)
    html = CAPTION.sub(_caption, html)
    html = EMBED.sub(lambda found: _link(found["address"], faults), html)
    html = GALLERY.sub(lambda found: _gallery(found["values"], pictures, faults), html)
    parts = re.split(r"(<pre\b.*?</pre>|<code\b.*?</code>)", html, flags=re.DOTALL | re.IGNORECASE)
    ended = {found["end"] for found in SHORTCODE.finditer(html) if found["end"]}
    opened = re.compile(rf"\[(?:{'|'.join(map(re.escape, ended))})\]") if ended else None

    def leave(found: re.Match[str]) -> str:
        name = found["name"] or found["end"] or found["odd"]
        what = f"the shortcode `{name}` was left out, and what stood within it was kept"
        faults[Fault(what, "Write in its place what it showed.")] = None
        return ""

    for number in range(0, len(parts), 2):
        stretch = opened.sub("", parts[number]) if opened else parts[number]
        parts[number] = SHORTCODE.sub(leave, stretch)
    return "".join(parts)


def _values(text: str) -> dict[str, str]:
    return {found["name"].lower(): found["value"] for found in ATTRIBUTE.finditer(text or "")}


def _code(found: re.Match[str]) -> str:
    values = _values(found["values"])
    unquoted = re.search(r"\blang(?:uage)?=([\w#+-]+)", found["values"] or "")
    language = values.get("lang") or values.get("language") or (unquoted[1] if unquoted else "")
    if not language and found["name"] not in ("code", "sourcecode"):
        language = found["name"]
    code = found["code"].strip("\r\n")
    # The code is text within the page: what looks like a tag in it is none, unless it is escaped already.
    if not re.search(r"&(?:lt|gt|amp);", code):
        code = code.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f'<pre data-lang="{language}">{code}</pre>'


def _caption(found: re.Match[str]) -> str:
    """Write a picture with its words as a figure."""
    picture = re.search(r"(?:<a\b[^>]*>\s*)?<img\b[^>]*>(?:\s*</a>)?", found["inner"], re.DOTALL)
    if picture is None:
        return str(found["inner"])
    words = found["inner"].replace(picture[0], "").strip() or _values(found["values"]).get("caption", "")
    return f"\n\n<figure>{picture[0]}<figcaption>{words}</figcaption></figure>\n\n"


def _gallery(written: str, pictures: Mapping[str, tuple[str, str]], faults: dict[Fault, None]) -> str:
    """Write the pictures of a gallery one below the other."""
    numbers = [number.strip() for number in _values(written).get("ids", "").split(",") if number.strip()]
    known = [pictures[number] for number in numbers if number in pictures]
    if len(known) < len(numbers) or not numbers:
        what = "a gallery shows pictures that the export does not hold"
        faults[Fault(what, "Look at the old page for them.")] = None
    return "\n\n".join(f'<p><img src="{address}" alt="{alt}"></p>'.replace("\n", " ") for address, alt in known)


def _link(address: str, faults: dict[Fault, None]) -> str:
    """Write what was embedded as a link to it."""
    what = f"what was embedded of {address} became a link"
    faults[Fault(what, "Nothing of another site runs in a page; let the link's words say what is to be seen.")] = None
    return f'<p><a href="{address}">{address}</a></p>'


def _paragraphs(html: str) -> str:
    """Make paragraphs of what empty lines part, and breaks of the other ends of lines."""
    kept: list[str] = []

    def keep(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"\n\n<pre>{len(kept) - 1}</pre>\n\n"

    html = PRE.sub(keep, html.replace("\r\n", "\n"))
    html = re.sub(rf"(</(?:{BLOCKS})>)", r"\1\n\n", html, flags=re.IGNORECASE)
    html = re.sub(rf"(\n)(<(?:{BLOCKS})\b)", r"\n\n\2", html, flags=re.IGNORECASE)
    parts = []
    for part in re.split(r"\n\s*\n", html):
        text = part.strip()
        if text and not OPENS_BLOCK.match(text):
            text = "<p>" + re.sub(r"(?<!>)\n|(?<=</a>)\n", "<br>\n", text) + "</p>"
        parts.append(text)
    joined = "\n".join(parts)
    return re.sub(r"<pre>(\d+)</pre>", lambda found: kept[int(found[1])], joined)
