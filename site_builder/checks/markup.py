"""Read one page of the output: what it says of itself, where it leads, and what is wrong with its markup."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

from site_builder.checks.elements import (
    BLOCKS,
    ELEMENTS,
    FOREIGN,
    INTERACTIVE,
    LOADED,
    LOADED_RELATIONS,
    ONLY_WORDS,
    PARENTS,
    VOID,
)
from site_builder.checks.findings import ERROR, WARNING
from site_builder.checks.structured import check_structured

# Changes whenever another finding would be made; then every page is read anew.
RULES = 3
HEADING = re.compile(r"h[1-6]")
DATA_SCRIPTS = frozenset({"application/ld+json", "speculationrules", "application/json"})
MOST_BYTES = 14_336


@dataclass(frozen=True)
class Flaw:
    """Something wrong with one page, by itself."""

    line: int
    column: int
    rule: str
    what: str
    todo: str
    level: str = ERROR


@dataclass(frozen=True)
class Link:
    """An address that a page leads to, or loads."""

    target: str
    line: int
    column: int
    loads: bool


@dataclass(frozen=True)
class Page:
    """What one page of the output says."""

    title: str = ""
    canonical: str = ""
    noindex: bool = False
    wire: int = 0
    ids: frozenset[str] = frozenset()
    links: tuple[Link, ...] = ()
    # What leads to pages of others.
    outward: tuple[Link, ...] = ()
    flaws: tuple[Flaw, ...] = ()


@dataclass
class _Open:
    name: str
    line: int
    column: int


@dataclass
class _Reading:
    title: str = ""
    canonical: str = ""
    noindex: bool = False
    description: str = ""
    ids: dict[str, int] = field(default_factory=dict)
    links: list[Link] = field(default_factory=list)
    outward: list[Link] = field(default_factory=list)
    flaws: list[Flaw] = field(default_factory=list)
    headings: list[tuple[int, int, int]] = field(default_factory=list)
    labels: set[str] = field(default_factory=set)


def read_page(body: bytes, origin: str) -> Page:
    """Read a page of the site with this origin."""
    reader = _Reader(origin)
    reader.feed(body.decode("utf-8", errors="replace"))
    reader.close()
    found = reader.finish()
    return Page(
        title=" ".join(found.title.split()),
        canonical=found.canonical,
        noindex=found.noindex,
        wire=len(zlib.compress(body, 6)),
        ids=frozenset(found.ids),
        links=tuple(found.links),
        outward=tuple(found.outward),
        flaws=tuple(found.flaws),
    )


class _Reader(HTMLParser):
    """Follows the tags of a page."""

    def __init__(self, origin: str) -> None:
        super().__init__(convert_charrefs=True)
        self.origin = origin
        self.found = _Reading()
        self.open: list[_Open] = []
        self.foreign = 0
        self.data = ""
        self.data_kind = ""
        self.has_lang = False
        self.has_doctype = False

    # --- What the parser calls

    def handle_decl(self, decl: str) -> None:
        """Note the doctype."""
        self.has_doctype = decl.lower() == "doctype html"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag that opens."""
        line, column = self._here()
        if not self.foreign:
            self._check_place(tag)
        attributes = self._attributes(tag, attrs)
        self._note(tag, attributes)
        if tag not in VOID:
            self.open.append(_Open(tag, line, column))
            self.foreign += tag in FOREIGN
        if tag == "script":
            self.data_kind, self.data = attributes.get("type", ""), ""

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at a tag that closes itself: only drawings and formulas have such."""
        if tag in FOREIGN or (self.foreign and tag not in VOID):
            self._note(tag, self._attributes(tag, attrs))
            return
        if tag not in VOID:
            self._flaw("html-self-closing", f"<{tag}/> does not close itself", f"Write <{tag}></{tag}>.")
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Look at a tag that closes."""
        if tag in VOID:
            self._flaw("html-stray", f"</{tag}> closes what has no end", "Leave it out.")
            return
        names = [one.name for one in self.open]
        if tag not in names:
            self._flaw("html-stray", f"</{tag}> closes nothing", "Leave it out, or open it before.")
            return
        while self.open:
            last = self.open.pop()
            self.foreign -= last.name in FOREIGN
            if last.name == tag:
                break
            what = f"<{last.name}> is still open where </{tag}> stands"
            self._flaw("html-unclosed", what, f"Close it by </{last.name}>.", (last.line, last.column))
        if tag == "script" and self.data_kind == "application/ld+json":
            self.found.flaws += [Flaw(*self._here(), *flaw) for flaw in check_structured(self.data)]

    def handle_data(self, data: str) -> None:
        """Take words."""
        if self.open and self.open[-1].name == "title" and not self.foreign:
            self.found.title += data
        elif self.open and self.open[-1].name == "script":
            self.data += data

    # --- The rules

    def _here(self) -> tuple[int, int]:
        line, column = self.getpos()
        return line, column + 1

    def _flaw(self, rule: str, what: str, todo: str, place: tuple[int, int] | None = None, level: str = ERROR) -> None:
        self.found.flaws.append(Flaw(*(place or self._here()), rule, what, todo, level))

    def _check_place(self, tag: str) -> None:
        if tag not in ELEMENTS and "-" not in tag:
            self._flaw("html-unknown", f"<{tag}> is no element of HTML", "Mend its name.")
        if not self.open:
            return
        parent = self.open[-1].name
        wanted = PARENTS.get(tag)
        if wanted and parent not in wanted and parent != "template":
            self._flaw("html-nesting", f"<{tag}> stands in <{parent}>", f"It belongs into <{min(wanted)}>.")
        if tag in BLOCKS:
            outer = next((one.name for one in reversed(self.open) if one.name in ONLY_WORDS), None)
            if outer and parent not in ("object", "template"):
                self._flaw("html-nesting", f"<{tag}> stands in <{outer}>", f"Close <{outer}> before.")
        if tag in INTERACTIVE and tag != "label" and any(one.name in ("a", "button") for one in self.open):
            self._flaw("html-nesting", f"<{tag}> stands in a link or button", "Neither can be used then.")

    def _attributes(self, tag: str, attrs: list[tuple[str, str | None]]) -> dict[str, str]:
        attributes: dict[str, str] = {}
        for name, value in attrs:
            if name in attributes:
                self._flaw("html-twice", f"<{tag}> has `{name}` twice", "Keep one of the two.")
            attributes[name] = value or ""
            if name == "style":
                self._flaw("inline-style", f"<{tag}> has a style of its own", "The policy forbids it: give it a class.")
            elif name.startswith("on"):
                self._flaw("inline-script", f"<{tag}> runs a script (`{name}`)", "The policy forbids it.")
        return attributes

    def _note(self, tag: str, attributes: dict[str, str]) -> None:
        found = self.found
        name = attributes.get("id")
        if name is not None:
            if not name or re.search(r"\s", name):
                self._flaw("id-empty", f"<{tag}> has the id `{name}`", "Give it a name without spaces.")
            elif name in found.ids:
                what = f"the id `{name}` is already that of line {found.ids[name]}"
                self._flaw("id-twice", what, "Give one of them another.")
            found.ids.setdefault(name, self.getpos()[0])
        for reference in ("aria-labelledby", "aria-describedby", "aria-controls", "for"):
            if reference in attributes and tag != "output":
                found.labels.update(attributes[reference].split())
        look = getattr(self, f"_note_{tag}", None)
        if look is not None and not self.foreign:
            look(attributes)
        elif HEADING.fullmatch(tag):
            found.headings.append((int(tag[1]), *self._here()))
        for loading in LOADED.get(tag, ()):
            for target in _targets(loading, attributes.get(loading, "")):
                self._link(target, loads=True)

    def _note_html(self, attributes: dict[str, str]) -> None:
        self.has_lang = bool(attributes.get("lang"))

    def _note_meta(self, attributes: dict[str, str]) -> None:
        if attributes.get("name") == "robots":
            self.found.noindex = "noindex" in attributes.get("content", "")
        elif attributes.get("name") == "description":
            self.found.description = attributes.get("content", "").strip()

    def _note_link(self, attributes: dict[str, str]) -> None:
        relations = set(attributes.get("rel", "").split())
        if "canonical" in relations:
            self.found.canonical = attributes.get("href", "")
        else:
            self._link(attributes.get("href", ""), loads=not relations.isdisjoint(LOADED_RELATIONS))

    def _note_a(self, attributes: dict[str, str]) -> None:
        if "href" in attributes:
            self._link(attributes["href"], loads=False)

    def _note_form(self, attributes: dict[str, str]) -> None:
        self._link(attributes.get("action", ""), loads=False)

    def _note_img(self, attributes: dict[str, str]) -> None:
        if "alt" not in attributes:
            what = f"the picture {attributes.get('src', '')} has no description"
            self._flaw("picture-without-words", what, 'Say what it shows, or write alt="" where it only adorns.')
        if "width" not in attributes or "height" not in attributes:
            what = f"the picture {attributes.get('src', '')} has no size"
            self._flaw("picture-without-size", what, "Give it width and height, or the page jumps.", level=WARNING)

    def _note_script(self, attributes: dict[str, str]) -> None:
        if "src" not in attributes and attributes.get("type", "") not in DATA_SCRIPTS:
            self._flaw("inline-script", "the page holds a script", "The policy forbids it: put it into a file.")

    def _note_style(self, _attributes: dict[str, str]) -> None:
        self._flaw("inline-style", "the page holds a style sheet", "The policy forbids it: put it into a file.")

    def _link(self, target: str, *, loads: bool) -> None:
        line, column = self._here()
        if not target:
            return
        own = target.removeprefix(self.origin) if target.startswith(f"{self.origin}/") else target
        elsewhere = re.match(r"(?:[a-z][a-z0-9+.-]*:)?//|[a-z][a-z0-9+.-]*:", own, re.IGNORECASE)
        if loads and elsewhere and not own.startswith("data:"):
            self._flaw(
                "third-party", f"{target} is loaded from another host", "Keep a copy here: no reader is told on."
            )
        if not elsewhere:
            self.found.links.append(Link(own, line, column, loads))
        elif own.startswith(("http://", "https://")):
            self.found.outward.append(Link(own, line, column, loads))

    def finish(self) -> _Reading:
        """Look at the page as a whole."""
        found = self.found
        for one in self.open:
            self._flaw("html-unclosed", f"<{one.name}> is never closed", "Close it.", (one.line, one.column))
        for wanted, rule, what, todo in (
            (self.has_doctype, "html-doctype", "the page has no doctype", "Begin it with <!doctype html>."),
            (self.has_lang, "page-language", "the page does not say its language", 'Write <html lang="…">.'),
            (found.title.strip(), "page-title", "the page has no title", "Give it one."),
            (found.description or found.noindex, "page-summary", "the page has no description", "Give it one."),
            (found.canonical or found.noindex, "page-canonical", "the page names no canonical address", "Name it."),
        ):
            if not wanted:
                self._flaw(rule, what, todo, (1, 1))
        self._check_headings()
        for label in sorted(found.labels - found.ids.keys()):
            what = f"something is labelled by `{label}`, and nothing has that id"
            self._flaw("id-missing", what, "Mend the reference.", (1, 1))
        return found

    def _check_headings(self) -> None:
        firsts = [place for place in self.found.headings if place[0] == 1]
        if len(firsts) != 1:
            place = firsts[1][1:] if firsts else (1, 1)
            self._flaw(
                "heading-first",
                f"the page has {len(firsts)} headings of the first level",
                "One says what it is.",
                place,
            )
        level = 0
        for depth, line, column in self.found.headings:
            if depth > level + 1 and level:
                what = f"a heading of level {depth} follows one of level {level}"
                self._flaw("heading-order", what, f"Make it level {level + 1}.", (line, column))
            level = depth


def _targets(name: str, value: str) -> Iterator[str]:
    if name == "srcset":
        yield from (part.split()[0] for part in value.split(",") if part.strip())
    elif value:
        yield value
