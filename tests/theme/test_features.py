"""A site that uses everything an author can write is well: sources, pages, feeds, sitemap and search."""

from __future__ import annotations

import json
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image

from site_builder.checks.output import check_output
from site_builder.checks.sources import check_sources
from site_builder.engine.build import BuildRequest
from site_builder.guarded import build_guarded
from tests.validator import find_faults

ROOT = Path(__file__).resolve().parents[2]
ORIGIN = "https://zichkoding.com"
HEAD = "category: Notes\nauthors: [Ada]\nsummary: S.\n"
TEXTS = {
    "eine-reise": "---\ntitle: Eine Reise\ndate: 2026-01-05\nlang: de\ntranslates: a-journey\n" + HEAD
    + "---\n\nWorte.\n",
    "a-journey": "---\ntitle: A journey\ndate: 2026-01-04\naliases: [/blog/a-trip/, /journey/]\nseries: On the road\n"
    + HEAD + "---\n\nWords about caravans, caravans and caravans.\n",
    "further": "---\ntitle: Further on\ndate: 2026-01-06\nseries: On the road\ntoc: true\n" + HEAD
    + '---\n\n## One\n\n### Within\n\n## Two\n\n[A talk](https://films.example/v){ .video poster="dot.jpg" }\n\n'
    '![Here](clip.mp4){ poster="dot.jpg" }\n\n| a | b |\n|--:|:-:|\n| 1 | 2 |\n',
    "elsewhere": "---\ntitle: First elsewhere\ndate: 2026-01-03\ncanonical: https://other.example/x/\n" + HEAD
    + "---\n\nText.\n",
    "unlisted": "---\ntitle: Not to be found\ndate: 2026-01-02\nnoindex: true\n" + HEAD + "---\n\nText.\n",
    "hidden": "---\ntitle: In no list\ndate: 2026-01-02\nstatus: hidden\n" + HEAD + "---\n\nText.\n",
    "later": "---\ntitle: Tomorrow\ndate: 2999-01-01\n" + HEAD + "---\n\nText.\n",
    "over": "---\ntitle: Yesterday\ndate: 2020-01-01\nexpires: 2021-01-01\n" + HEAD + "---\n\nText.\n",
    "sketch": "---\ntitle: A sketch\ndate: 2026-01-01\nstatus: draft\n" + HEAD + "---\n\nText.\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return our own site with texts that use what our own do not, built."""
    folder = tmp_path_factory.mktemp("features")
    for name in ("content", "theme"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "pelicanconf.py", folder)
    for name, text in TEXTS.items():
        place = folder / "content" / "posts" / name
        place.mkdir()
        (place / "index.md").write_text(text)
    further = folder / "content" / "posts" / "further"
    Image.new("RGB", (900, 600), (9, 99, 199)).save(further / "dot.jpg")
    (further / "clip.mp4").write_bytes(b"film")
    build_guarded(BuildRequest(folder / "pelicanconf.py", folder / "output"))
    return folder


def page(site: Path, path: str) -> str:
    """Return a page of the output."""
    return (site / "output" / path / "index.html").read_text()


def test_nothing_is_found_to_be_wrong(site: Path) -> None:
    """Neither in the sources nor in what was made of them."""
    assert check_sources(site / "content", datetime.now(UTC)) == []
    assert check_output(site / "output", ORIGIN) == []


def test_everything_an_author_can_write_becomes_valid_html(site: Path) -> None:
    """By the checker that the W3C runs."""
    assert find_faults(site / "output") == []


def test_a_translation_speaks_its_language_and_names_its_original(site: Path) -> None:
    """The page around it too; and each leads to the other, for readers and for search engines."""
    german, english = page(site, "de/blog/eine-reise"), page(site, "blog/a-journey")

    assert '<html lang="de">' in german
    assert "Zum Text springen" in german
    assert "5. Januar 2026" in german
    for one in (german, english):
        assert f'hreflang="en" href="{ORIGIN}/blog/a-journey/"' in one
        assert f'hreflang="de" href="{ORIGIN}/de/blog/eine-reise/"' in one
    assert '<a hreflang="de" lang="de" href="/de/blog/eine-reise/">Deutsch</a>' in english


def test_a_series_says_which_part_it_is(site: Path) -> None:
    """And leads to the others."""
    html = page(site, "blog/further")

    assert "Part 2 of 2 in the series On the road" in html
    assert '<span aria-current="page">Further on</span>' in html
    assert '<a href="/blog/a-journey/">A journey</a>' in html


def test_a_table_of_contents_leads_to_the_sections(site: Path) -> None:
    """Two levels deep."""
    html = page(site, "blog/further")
    targets = re.findall(
        r'href="#([^"]+)"', html.partition('class="contents" aria-labelledby')[2].partition("</nav>")[0]
    )

    assert targets == ["one", "within", "two"]
    assert all(f'id="{target}"' in html for target in targets)


def test_what_is_not_out_leaves_no_trace(site: Path) -> None:
    """In no file of the output, not even in the index of the search."""
    traces = {"Tomorrow", "Yesterday", "A sketch", "blog/later", "blog/over", "blog/sketch"}
    found = [
        (file.name, trace)
        for file in (site / "output").rglob("*")
        if file.is_file() and file.suffix in {".html", ".xml", ".json"}
        for trace in traces
        if trace in file.read_text()
    ]

    assert found == []


def test_where_a_page_was_before_leads_to_it(site: Path) -> None:
    """And its name in the feeds is its first address, whatever it is called now."""
    redirects = json.loads((site / "output" / "redirects.json").read_text())
    feeds = [(site / "output" / "feeds" / f"all.{form}").read_text() for form in ("atom.xml", "rss.xml", "feed.json")]

    assert redirects["/journey/"] == {"to": "/blog/a-journey/", "status": 308}
    assert ["tag:zichkoding.com,2026:/blog/a-trip/" in feed for feed in feeds] == [True] * 3


def test_what_search_engines_shall_not_list_is_not_in_the_sitemap(site: Path) -> None:
    """Nor what first appeared elsewhere, which says so."""
    sitemap = (site / "output" / "sitemap.xml").read_text()

    assert [name for name in ("unlisted", "hidden", "elsewhere") if f"/blog/{name}/" in sitemap] == []
    assert '<link rel="canonical" href="https://other.example/x/">' in page(site, "blog/elsewhere")
    assert f"{ORIGIN}/de/blog/eine-reise/" in sitemap


def test_a_film_loads_nothing_before_somebody_asks(site: Path) -> None:
    """Neither ours nor another site's."""
    html = page(site, "blog/further")

    assert re.search(r'<figure class="video"><a href="https://films\.example/v" rel="noreferrer"><picture>', html)
    assert re.search(r'<video controls preload="none" poster="/assets/dot-900\.\w+\.jpg"', html)
    assert "<iframe" not in html


def test_every_page_that_can_be_found_is_found_by_its_title(site: Path) -> None:
    """And what search engines shall not know is not."""
    words = json.loads((site / "output" / "search" / f"find-{ord('j'):x}.json").read_text())
    every = "".join(file.read_text() for file in (site / "output" / "search").glob("find-pages-*.json"))

    assert "journey" in words
    assert "/de/blog/eine-reise/" in every
    assert "/blog/unlisted/" not in every
