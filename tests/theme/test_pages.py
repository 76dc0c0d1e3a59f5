"""Every page of the real site keeps the rules of the house, whichever template it came from."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image

from site_builder.engine.build import BuildRequest, build_site
from site_builder.plugins.assets import published_bytes

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "https://zichkoding.com"
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
# What a page loads by itself, as opposed to what it links to.
LOADED = {"img": "src", "script": "src", "iframe": "src", "source": "src", "video": "src", "audio": "src"}
# Not on the site, and therefore not a template of a page.
NOT_PAGES = {"base.html", "list.html"} | {
    f"{name}.html" for name in ("humans", "manifest", "redirects", "robots", "schedule", "security", "sitemap")
}
# Shown at other addresses than their own, or after something was done: nobody is to find them by searching.
HIDDEN = {
    "404.html",
    "410.html",
    "503.html",
    "account/index.html",
    "account/check-your-mail/index.html",
    "contact/thank-you/index.html",
    "inbox/index.html",
    "newsletter/check-your-mail/index.html",
    "newsletter/goodbye/index.html",
    "newsletter/welcome/index.html",
}
STATUS = {"404.html", "410.html", "503.html"}


@dataclass
class Tag:
    """One element as it was opened."""

    name: str
    attributes: dict[str, str]


@dataclass
class Parsed(HTMLParser):
    """A page's elements, in order, and whether they were closed in order."""

    text: str
    tags: list[Tag] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read the whole text."""
        super().__init__()
        self._open: list[str] = []
        self.feed(self.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element."""
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.faults.append(f"<{tag}> has an attribute twice")
        self.tags.append(Tag(tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember an element that ends at once."""
        self.tags.append(Tag(tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        """See that what ends was begun last."""
        if not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> ends what was not open")

    def named(self, *names: str) -> list[Tag]:
        """Return the elements of these names."""
        return [tag for tag in self.tags if tag.name in names]


@pytest.fixture(scope="session")
def pages(site_output: Path) -> dict[str, Parsed]:
    """Return every page by its path."""
    return {
        file.relative_to(site_output).as_posix(): Parsed(file.read_text())
        for file in sorted(site_output.rglob("*.html"))
    }


def on(pages: dict[str, Parsed], rule: str) -> list[str]:
    """Return the paths of pages which hold what the pattern says."""
    return [path for path, page in pages.items() if re.search(rule, page.text, re.IGNORECASE)]


def test_every_template_makes_a_page(pages: dict[str, Parsed]) -> None:
    """No template is there that nothing shows."""
    made_by = {
        "home.html": "index.html",
        "page.html": "about/index.html",
        "contact.html": "contact/index.html",
        "article.html": "blog/two-commands/index.html",
        "index.html": "blog/index.html",
        "archives.html": "archive/index.html",
        "period_archives.html": "archive/2026/index.html",
        "search.html": "search/index.html",
        "categories.html": "topics/index.html",
        "category.html": "topics/api/index.html",
        "tags.html": "tags/index.html",
        "tag.html": "tags/testing/index.html",
        "author.html": "authors/zichkoding/index.html",
        "account.html": "account/index.html",
        "inbox.html": "inbox/index.html",
        "newsletter.html": "newsletter/index.html",
        "not_found.html": "404.html",
        "gone.html": "410.html",
        "maintenance.html": "503.html",
    }
    templates = {file.name for file in (ROOT / "theme" / "templates").glob("*.html")}

    assert set(made_by) == templates - NOT_PAGES
    assert set(made_by.values()) <= set(pages)


def test_every_element_is_closed_in_order(pages: dict[str, Parsed]) -> None:
    """A browser would mend it, each in its own way."""
    assert {path: page.faults for path, page in pages.items() if page.faults} == {}


def test_a_page_has_one_main_heading(pages: dict[str, Parsed]) -> None:
    """One page, one subject."""
    assert {path: len(page.named("h1")) for path, page in pages.items() if len(page.named("h1")) != 1} == {}


def test_no_heading_skips_a_level(pages: dict[str, Parsed]) -> None:
    """Whoever moves by headings misses nothing."""
    skipped = []
    for path, page in pages.items():
        levels = [int(tag.name[1]) for tag in page.named("h1", "h2", "h3", "h4", "h5", "h6")]
        skipped += [path for before, after in pairwise(levels) if after > before + 1]

    assert skipped == []


def test_a_page_says_its_language_title_and_summary(pages: dict[str, Parsed]) -> None:
    """For readers, for lists of tabs and for search results."""
    for path, page in pages.items():
        descriptions = [
            tag.attributes["content"] for tag in page.named("meta") if tag.attributes.get("name") == "description"
        ]

        assert page.named("html")[0].attributes["lang"] == "en", path
        assert re.search(r"<title>[^<]{5,}</title>", page.text), path
        assert len(descriptions) == 1, path
        assert len(descriptions[0]) > 10, path


def test_no_two_pages_have_one_title(pages: dict[str, Parsed]) -> None:
    """Two tabs can be told apart."""
    titles = [re.findall(r"<title>(.*?)</title>", page.text)[0] for page in pages.values()]

    assert sorted(titles) == sorted(set(titles))


def test_the_canonical_address_is_productions(pages: dict[str, Parsed]) -> None:
    """On staging, too: nothing of an environment is in a page."""
    for path, page in pages.items():
        canonical = [tag.attributes["href"] for tag in page.named("link") if tag.attributes.get("rel") == "canonical"]

        assert canonical == ([] if path in STATUS else [f"{ORIGIN}/{path.removesuffix('index.html')}"])


def test_nothing_is_styled_or_run_in_a_page(pages: dict[str, Parsed]) -> None:
    """The content security policy allows none of it."""
    attributes = [
        f"{path}: {name}"
        for path, page in pages.items()
        for tag in page.tags
        for name in tag.attributes
        if name == "style" or name.startswith("on")
    ]

    assert attributes == []
    assert [path for path, page in pages.items() if page.named("style")] == []
    # Data for search engines stand in a page; what runs is a file.
    scripts = [(path, tag.attributes) for path, page in pages.items() for tag in page.named("script")]
    data = {"application/ld+json", "speculationrules"}
    assert [one for one in scripts if "src" not in one[1] and one[1].get("type") not in data] == []


def test_a_page_loads_nothing_from_elsewhere(pages: dict[str, Parsed]) -> None:
    """No third party learns who reads."""
    loaded = [
        (path, address)
        for path, page in pages.items()
        for tag in page.named(*LOADED)
        for address in [
            tag.attributes.get(LOADED[tag.name], ""),
            *(file.split()[0] for file in tag.attributes.get("srcset", "").split(", ") if file),
        ]
        if address
    ]
    linked = [
        (path, tag.attributes["href"])
        for path, page in pages.items()
        for tag in page.named("link")
        if tag.attributes["rel"] in ("stylesheet", "icon")
    ]

    assert {one[1] for one in loaded + linked if not one[1].startswith("/assets/")} == {"/favicon.ico"}


def test_an_id_is_there_once(pages: dict[str, Parsed]) -> None:
    """An anchor leads to one place."""
    for path, page in pages.items():
        ids = [tag.attributes["id"] for tag in page.tags if "id" in tag.attributes]

        assert sorted(ids) == sorted(set(ids)), path


def test_a_picture_has_words_and_a_size(pages: dict[str, Parsed]) -> None:
    """For those who do not see it, and so that nothing jumps."""
    bare = [
        f"{path}: {tag.attributes.get('src')}"
        for path, page in pages.items()
        for tag in page.named("img")
        if not all(tag.attributes.get(name) for name in ("alt", "width", "height"))
    ]

    assert bare == []


def test_every_link_within_the_site_leads_somewhere(site_output: Path, pages: dict[str, Parsed]) -> None:
    """To a file that is there, and to an anchor on it."""
    broken = []
    for path, page in pages.items():
        for tag in page.named("a", "link", "img", "form"):
            target = tag.attributes.get("href") or tag.attributes.get("src") or tag.attributes.get("action") or ""
            if not target.startswith(("/", "#")) or target.startswith("/api/"):
                continue
            parts = urlsplit(target)
            wanted = unquote(parts.path).lstrip("/") if parts.path else path
            file = f"{wanted}index.html" if wanted.endswith("/") or not wanted else wanted
            ids = {one.attributes.get("id") for one in pages[file].tags} if file in pages else set()
            if not (site_output / file).is_file() or (parts.fragment and parts.fragment not in ids):
                broken.append(f"{path} -> {target}")

    assert broken == []


def test_every_field_has_its_label(pages: dict[str, Parsed]) -> None:
    """Whoever hears a form knows what to say."""
    for path, page in pages.items():
        fields = [tag.attributes for tag in page.named("input", "textarea") if tag.attributes.get("type") != "hidden"]
        labelled = {tag.attributes.get("for") for tag in page.named("label")}
        # A task's box stands in its label.
        wanted = {field.get("id") for field in fields if "disabled" not in field}

        assert wanted <= labelled, path


def test_what_is_loaded_is_what_was_built(site_output: Path, pages: dict[str, Parsed]) -> None:
    """The browser compares each stylesheet and script with the digest that the page says."""
    compared = 0
    for path, page in pages.items():
        for tag in page.named("link", "script"):
            loads = tag.attributes.get("src") or (tag.attributes.get("rel") == "stylesheet" and tag.attributes["href"])
            if not loads:
                continue
            digest = hashlib.sha256((site_output / loads.lstrip("/")).read_bytes()).digest()
            compared += 1

            assert tag.attributes["integrity"] == f"sha256-{base64.b64encode(digest).decode()}", path
    assert compared > len(pages)


def test_nobody_needs_a_second_file_to_read_why_there_is_none(pages: dict[str, Parsed]) -> None:
    """The page for bad days has words and one stylesheet, and no way to what may be down too."""
    page = pages["503.html"]

    assert page.named("script", "img", "form") == []
    assert [tag.attributes["rel"] for tag in page.named("link")] == ["stylesheet"]
    assert "lost" in page.text


def test_the_site_introduces_itself_to_machines(site_output: Path) -> None:
    """Marks for browsers and home screens, and words for those who found a weakness."""
    manifest = json.loads((site_output / "site.webmanifest").read_text())
    security = (site_output / ".well-known" / "security.txt").read_text()
    lines = dict(line.split(": ", 1) for line in security.splitlines())

    assert manifest["start_url"] == "/"
    for icon in manifest["icons"]:
        file = site_output / icon["src"].lstrip("/")
        if file.suffix == ".png":
            with Image.open(file) as picture:
                assert icon["sizes"] == f"{picture.width}x{picture.height}"
        assert file.is_file()
    with Image.open(site_output / "favicon.ico") as mark:
        assert mark.format == "ICO"
    assert set(lines) >= {"Contact", "Expires", "Canonical", "Policy", "Preferred-Languages"}
    assert lines["Canonical"] == f"{ORIGIN}/.well-known/security.txt"
    assert datetime.fromisoformat(lines["Expires"]).tzinfo is not None
    assert "/colophon/" in (site_output / "humans.txt").read_text()


def test_the_current_page_is_marked_in_the_menu(pages: dict[str, Parsed]) -> None:
    """A visitor knows where they are, by ear as well."""
    assert re.search(r'<a href="/about/" aria-current="page">', pages["about/index.html"].text)
    assert re.search(r'<a href="/blog/" aria-current="true">', pages["blog/two-commands/index.html"].text)


def test_text_is_escaped_where_it_is_text(tmp_path: Path) -> None:
    """A title with a quotation mark or an ampersand stays one."""
    site = tmp_path / "site"
    (site / "content" / "pages").mkdir(parents=True)
    (site / "content" / "posts" / "odd").mkdir(parents=True)
    (site / "pelicanconf.py").write_text((ROOT / "pelicanconf.py").read_text())
    (site / "theme").symlink_to(ROOT / "theme")
    odd = 'Title: "A" < B & <b>\nDate: 2026-01-01\nSummary: He said "no" & left.\nCategory: R&D\nTags: a<b\n\nText\n'
    (site / "content" / "posts" / "odd" / "index.md").write_text(odd)
    build_site(BuildRequest(site / "pelicanconf.py", site / "output"))
    page = Parsed((site / "output" / "blog" / "odd" / "index.html").read_text())
    described = [tag.attributes["content"] for tag in page.named("meta") if tag.attributes.get("name") == "description"]

    assert page.faults == []
    assert "<h1>&#34;A&#34; &lt; B &amp; &lt;b&gt;</h1>" in page.text
    assert described == ["He said “no” & left."]


def test_the_stylesheet_has_its_plain_name_too(site_output: Path) -> None:
    """The API's pages ask for it, and cannot know the hash; they have forms."""
    plain = (site_output / "site.css").read_bytes()

    assert '<link rel="stylesheet" href="/site.css">' in (ROOT / "api" / "chalicelib" / "pages.py").read_text()
    assert plain == published_bytes(ROOT / "theme" / "static" / "css" / "forms.css")


def test_the_sitemap_lists_every_page_that_may_be_found(site_output: Path, pages: dict[str, Parsed]) -> None:
    """And none that may not."""
    listed = re.findall(r"<loc>(.*?)</loc>", (site_output / "sitemap.xml").read_text())
    hidden = on(pages, r'name="robots" content="noindex"')
    findable = [path for path in pages if path not in hidden]

    assert sorted(listed) == sorted(f"{ORIGIN}/{path.removesuffix('index.html')}" for path in findable)
    assert set(hidden) == HIDDEN


def test_what_is_not_for_search_engines_is_not_for_the_sites_own_search(site_output: Path) -> None:
    """Nobody finds a thank-you before they have written."""
    known = "".join(file.read_text() for file in (site_output / "search").glob("find-pages-*.json"))

    assert '"/about/"' in known
    assert [path for path in HIDDEN - STATUS if f'"/{path.removesuffix("index.html")}"' in known] == []
