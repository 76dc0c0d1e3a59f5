"""Turn HTML into Markdown as this site writes it; only here is the library for that known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5
from typing import Any

from bs4 import BeautifulSoup, Tag
from markdownify import MarkdownConverter

from site_builder.importing.files import SIZED
from site_builder.importing.values import Fault

LANGUAGE = re.compile(r"(?:^|\s)(?:language-|lang-|lang:|brush:\s*)(?P<name>[\w#+.-]+)")
# What would be read as a mark at the beginning of a line.
LINE_START = re.compile(r"^(?P<mark>#|[+-](?=\s|$)|>|-(?=[- ]*$)|\d+(?=[.]\s))(?P<rest>.?)", re.MULTILINE)
DECLARATION = re.compile(r"<!(?!--|doctype\b)", re.IGNORECASE)
# Some entities are read without their semicolon, too.
ENTITY = re.compile(rf"&(?=#|\w+;|{'|'.join(name for name in html5 if not name.endswith(';'))})")
UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
BRACKET = re.compile(r"\[(?=[^\]]*\]\(|\^|!)|(?<=\])\((?=\S)")
KEPT = ("kbd", "abbr", "mark", "small", "ins", "u", "del", "s")
# The site answers to nobody else's server, and runs no script of a text.
LOST = {
    "script": "Say in words what it did, or leave it out.",
    "style": "The theme says how things look.",
    "form": "Link a page that has the form.",
    "object": "Link the file instead.",
    "canvas": "Put a picture in its place.",
}
PLAYED = ("iframe", "embed", "video", "audio")
SPACES_IN_LIST = 4
INLINE_PICTURES = [
    "td",
    "th",
    "a",
    "p",
    "div",
    "span",
    "figure",
    "strong",
    "em",
    *(f"h{level}" for level in range(1, 7)),
]


class _Converter(MarkdownConverter):
    """The library's conversion, with what Python-Markdown and this site need otherwise."""

    def escape(self, text: str, parent_tags: set[str]) -> str:
        """Escape what would be read as a mark, and no more: the owner is to go on with the text."""
        text = ENTITY.sub("&amp;", text.replace("\\", "\\\\")).replace("<", "&lt;")
        text = text.replace("`", "\\`").replace("*", "\\*")
        text = BRACKET.sub(lambda found: f"\\{found[0]}", UNDERSCORE.sub(r"\\_", text))
        if parent_tags & {"td", "th"}:
            text = text.replace("|", "\\|")
        # A single dollar sign is never a formula.
        return text.replace("$", "\\$") if text.count("$") > 1 else text

    def convert_p(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - the library's signature
        """Keep the beginning of each line from being read as a mark."""
        if "_inline" in parent_tags:
            return f" {text.strip()} "
        text = LINE_START.sub(_unmarked, text.strip())
        return f"\n\n{text}\n\n" if text else ""

    def convert_li(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - the library's signature
        """Indent by four spaces what belongs to a point."""
        lines = text.strip().split("\n")
        parent = el.parent
        mark = "-"
        if parent is not None and parent.name == "ol":
            start = str(parent.get("start") or "1")
            mark = f"{(int(start) if start.isdecimal() else 1) + len(el.find_previous_siblings('li'))}."
        first = LINE_START.sub(_unmarked, lines[0]) if el.find(["ul", "ol", "p", "blockquote"]) is None else lines[0]
        rest = [" " * SPACES_IN_LIST + line if line else "" for line in lines[1:]]
        return "\n".join([f"{mark} {first}", *rest]) + "\n" if text.strip() else "\n"

    def convert_pre(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - as above
        """Fence code with as many marks as it needs, and name its language."""
        code = str(el.get_text()).strip("\n")
        if not code.strip():
            return ""
        if parent_tags & {"li", "dd", "blockquote"}:
            # Python-Markdown knows no fence within a list.
            return "\n\n" + "\n".join(f"    {line}" if line else "" for line in code.split("\n")) + "\n\n"
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", code)), default=0))
        return f"\n\n{fence}{_language(el)}\n{code}\n{fence}\n\n"

    def convert_figcaption(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - as above
        """Write the words below a picture as a paragraph of their own."""
        words = " ".join(text.split())
        return f"\n\n*{words}*\n\n" if words and "*" not in words else f"\n\n{words}\n\n"

    convert_caption = convert_figcaption

    def convert_figure(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - as above
        """Write a figure as paragraphs of its own."""
        return f" {text.strip()} " if "_inline" in parent_tags else f"\n\n{text.strip()}\n\n"

    def convert_img(self, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG002 - as above
        """Write a picture wherever it stands."""
        title = f' "{el["title"]}"' if el.get("title") else ""
        return f"![{el.get('alt') or ''}]({el.get('src')}{title})" if el.get("src") else ""


def _unmarked(found: re.Match[str]) -> str:
    mark, rest = found["mark"], found["rest"]
    return f"{mark}\\{rest}" if mark.isdecimal() else f"\\{mark}{rest}"


def _kept(name: str) -> Any:  # noqa: ANN401 - a method of the library's class
    def convert(self: _Converter, el: Tag, text: str, parent_tags: set[str]) -> str:  # noqa: ARG001 - as above
        title = f' title="{el["title"]}"' if el.get("title") else ""
        return f"<{name}{title}>{text}</{name}>" if text.strip() else text

    return convert


for _name in KEPT:
    setattr(_Converter, f"convert_{_name}", _kept(_name))


def _language(pre: Tag) -> str:
    for one in (pre, *pre.find_all("code")):
        for name in ("data-lang", "data-code-block-lang", "data-language", "lang"):
            if one.get(name):
                return str(one[name])
        found = LANGUAGE.search(" ".join(one.get_attribute_list("class")))
        if found:
            return found["name"]
    return ""


def parse(html: str) -> BeautifulSoup:
    """Read HTML, whatever its faults are."""
    # A text that is a lone address is a text; the library warns of one that begins so.
    # The parser gives up where a declaration begins that is none.
    return BeautifulSoup("\n" + DECLARATION.sub("&lt;!", html), "html.parser")


def to_markdown(html: str | Tag) -> tuple[str, tuple[Fault, ...]]:
    """Return HTML as Markdown, and what of it has no form there."""
    soup = parse(str(html))
    faults = tuple(dict.fromkeys([*_take_out(soup), *_replace_players(soup)]))
    for end in soup.select("pre br"):
        end.replace_with("\n")
    for tag in soup.find_all(["a", "img"]):
        _tidy(tag)
    for figure in soup.find_all("figure"):
        _caption(figure)
    converter = _Converter(
        heading_style="atx",
        sub_symbol="<sub>",
        sup_symbol="<sup>",
        table_infer_header=True,
        keep_inline_images_in=INLINE_PICTURES,
        autolinks=False,
    )
    try:
        text = str(converter.convert_soup(soup))
    except RecursionError:
        what = "its HTML is nested too deeply, so that only its words were kept"
        return soup.get_text("\n"), (*faults, Fault(what, "Compare it with the old page."))
    # A line break that is written as two spaces is kept; an empty line holds nothing.
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?m)^[ \t]+$", "", text)).strip("\n"), faults


def _take_out(soup: BeautifulSoup) -> Iterator[Fault]:
    for name, todo in LOST.items():
        for tag in soup.find_all(name):
            source = f" of {tag['src']}" if tag.get("src") else ""
            tag.decompose()
            yield Fault(f"a `{name}`{source} was left out", todo)


def _replace_players(soup: BeautifulSoup) -> Iterator[Fault]:
    """Put a link where a player was."""
    for tag in soup.find_all(PLAYED):
        inner = tag.find("source")
        address = str(tag.get("src") or tag.get("data-src") or (inner.get("src") if inner else "") or "")
        if not address:
            yield Fault(f"a `{tag.name}` without an address was left out", "Look at the old page for what it was.")
            tag.decompose()
            continue
        address = f"https:{address}" if address.startswith("//") else address
        link = soup.new_tag("a", href=address)
        link.string = str(tag.get("title") or address)
        tag.replace_with(link)
        todo = "Nothing of another site runs in a page; let the link's words say what is to be seen."
        yield Fault(f"the `{tag.name}` of {address} became a link", todo)


def _caption(figure: Tag) -> None:
    """Write the words below a picture as its title, of which the site makes a caption again."""
    pictures, words = figure.find_all("img"), figure.find("figcaption")
    for link in figure.find_all("a", href=True):
        # The site makes every size of a picture; a link to the large one is not needed.
        if link.find("img") and not link.get_text(strip=True) and link["href"] == _whole(pictures[0]):
            link.unwrap()
    if len(pictures) == 1 and words and not pictures[0].find_parent("a") and not words.find(True):
        text = " ".join(words.get_text().split())
        if text and '"' not in text:
            pictures[0]["title"] = text
            words.decompose()


def _whole(picture: Tag) -> str:
    """Return the address of a picture in its first size."""
    return SIZED.sub("", str(picture.get("src") or ""))


def _tidy(tag: Tag) -> None:
    """Write addresses without what ends a link in Markdown, and descriptions in one line."""
    for name in ("href", "src"):
        if tag.get(name):
            written = str(tag[name]).strip()
            for mark, code in ((" ", "%20"), ("\n", ""), ("(", "%28"), (")", "%29"), ("<", "%3C"), (">", "%3E")):
                written = written.replace(mark, code)
            tag[name] = written
    if tag.name == "img":
        words = " ".join(str(tag.get("alt") or tag.get("title") or "").split())
        tag["alt"] = words.replace("[", "(").replace("]", ")")
    if tag.get("title"):
        del tag["title"]


def plain(html: str) -> str:
    """Return the words of HTML, in one line."""
    return " ".join(parse(html).get_text(" ").split())
