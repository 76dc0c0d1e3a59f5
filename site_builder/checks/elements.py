"""The elements of HTML, and which of them may stand where."""

from __future__ import annotations

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
ELEMENTS = VOID | frozenset(
    {
        "a", "abbr", "address", "article", "aside", "audio", "b", "bdi", "bdo", "blockquote", "body", "button",
        "canvas", "caption", "cite", "code", "colgroup", "data", "datalist", "dd", "del", "details", "dfn", "dialog",
        "div", "dl", "dt", "em", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5",
        "h6", "head", "header", "hgroup", "html", "i", "iframe", "ins", "kbd", "label", "legend", "li", "main", "map",
        "mark", "math", "menu", "meter", "nav", "noscript", "object", "ol", "optgroup", "option", "output", "p",
        "picture", "pre", "progress", "q", "rp", "rt", "ruby", "s", "samp", "script", "search", "section", "select",
        "slot", "small", "span", "strong", "style", "sub", "summary", "sup", "svg", "table", "tbody", "td",
        "template", "textarea", "tfoot", "th", "thead", "time", "title", "tr", "u", "ul", "var", "video",
    }
)  # fmt: skip
FOREIGN = frozenset({"svg", "math"})
BLOCKS = frozenset(
    {
        "address", "article", "aside", "blockquote", "details", "dialog", "div", "dl", "fieldset", "figcaption",
        "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "main", "menu",
        "nav", "ol", "p", "pre", "search", "section", "table", "ul",
    }
)  # fmt: skip
# What may only stand in certain places.
PARENTS = {
    "li": {"ul", "ol", "menu"}, "dt": {"dl", "div"}, "dd": {"dl", "div"}, "tr": {"table", "tbody", "thead", "tfoot"},
    "td": {"tr"}, "th": {"tr"}, "figcaption": {"figure"}, "source": {"picture", "audio", "video"},
    "option": {"select", "datalist", "optgroup"}, "legend": {"fieldset"}, "summary": {"details"},
}  # fmt: skip
ONLY_WORDS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "span", "em", "strong", "small", "label", "summary"})
INTERACTIVE = frozenset({"a", "button", "select", "textarea", "label", "iframe"})
LOADED = {
    "img": ("src", "srcset"), "source": ("src", "srcset"), "script": ("src",), "iframe": ("src",), "audio": ("src",),
    "video": ("src", "poster"), "embed": ("src",), "object": ("data",), "track": ("src",), "input": ("src",),
}  # fmt: skip
LOADED_RELATIONS = frozenset(
    {"stylesheet", "icon", "preload", "modulepreload", "manifest", "apple-touch-icon", "prefetch"}
)
