"""What is wrong with a finished page, a feed or the sitemap is found, with its place and what to do."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.checks.markup import read_page
from site_builder.checks.output import ENOUGH_FOR_MANY, check_output
from site_builder.engine.build import BuildRequest, build_site

ORIGIN = "https://tiny.example"
HEAD = (
    '<meta charset="utf-8"><title>A</title><meta name="description" content="d">'
    f'<link rel="canonical" href="{ORIGIN}/a/">'
)


def page(body: str, head: str = HEAD) -> bytes:
    """Return a page that is well but for what it is given."""
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'.encode()


def rules(body: str, head: str = HEAD) -> list[str]:
    """Return the rules that a page breaks."""
    return [flaw.rule for flaw in read_page(page(body, head), ORIGIN).flaws]


def test_a_page_that_is_well_has_no_flaws() -> None:
    """The check does not cry wolf."""
    body = (
        '<h1>A</h1><p>Words <a href="/a/">and</a><br>more <svg viewBox="0 0 1 1"><path d=""/></svg></p>'
        "<ul><li>x<ul><li>y</li></ul></li></ul><table><tbody><tr><td>x</td></tr></tbody></table>"
        "<math><mi>x</mi></math>"
        '<script type="application/ld+json">{"@type": "WebSite", "name": "a", "url": "b"}</script>'
        '<picture><source srcset="/a.avif 1w, /b.avif 2w"><img src="/a.png" alt="" width="1" height="1"></picture>'
        '<label for="q">Q</label><input id="q"><details><summary>x</summary><p>y</p></details>'
    )

    assert read_page(page(body), ORIGIN).flaws == ()


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<h1>A</h1><p>open", "html-unclosed"),
        ("<h1>A</h1><div><span></div>", "html-unclosed"),
        ("<h1>A</h1></p>", "html-stray"),
        ("<h1>A</h1></br>", "html-stray"),
        ("<h1>A</h1><blink>x</blink>", "html-unknown"),
        ("<h1>A</h1><p><ul><li>x</li></ul></p>", "html-nesting"),
        ("<h1>A</h1><li>x</li>", "html-nesting"),
        ('<h1>A</h1><a href="/"><button>x</button></a>', "html-nesting"),
        ("<h1>A</h1><div/>", "html-self-closing"),
        ('<h1 class="a" class="b">A</h1>', "html-twice"),
        ('<h1 id="a">A</h1><p id="a">x</p>', "id-twice"),
        ('<h1 id="a b">A</h1>', "id-empty"),
        ('<h1>A</h1><nav aria-labelledby="no">x</nav>', "id-missing"),
        ('<h1 style="color:red">A</h1>', "inline-style"),
        ("<h1>A</h1><style>p{}</style>", "inline-style"),
        ('<h1 onclick="x()">A</h1>', "inline-script"),
        ("<h1>A</h1><script>x()</script>", "inline-script"),
        ('<h1>A</h1><script src="https://cdn.example/x.js"></script>', "third-party"),
        ('<h1>A</h1><img alt="" width="1" height="1" src="//cdn.example/x.png">', "third-party"),
        ('<h1>A</h1><img src="/x.png" width="1" height="1">', "picture-without-words"),
        ('<h1>A</h1><img src="/x.png" alt="x">', "picture-without-size"),
        ("<p>x</p>", "heading-first"),
        ("<h1>A</h1><h1>B</h1>", "heading-first"),
        ("<h1>A</h1><h3>B</h3>", "heading-order"),
        ('<h1>A</h1><script type="application/ld+json">{</script>', "structured-data"),
        ('<h1>A</h1><script type="application/ld+json">{"@type": "BlogPosting"}</script>', "structured-data"),
        ('<h1>A</h1><script type="application/ld+json">{"@type": "Cheese"}</script>', "structured-data"),
    ],
)
def test_a_flaw_is_found(body: str, rule: str) -> None:
    """One page, one flaw, one finding of that name."""
    assert rule in rules(body)


@pytest.mark.parametrize(
    ("missing", "rule"),
    [("<title>A</title>", "page-title"), ('<meta name="description" content="d">', "page-summary"),
     (f'<link rel="canonical" href="{ORIGIN}/a/">', "page-canonical")],
)  # fmt: skip
def test_what_a_head_lacks_is_found(missing: str, rule: str) -> None:
    """Title, description and address."""
    assert rules("<h1>A</h1>", HEAD.replace(missing, "")) == [rule]


@given(st.text(alphabet="<>/=\"' apdivlh1\n&;!-", max_size=80))
def test_any_page_can_be_read(body: str) -> None:
    """Broken markup is a finding, never an exception, and its place is in the page."""
    raw = page(body)
    lines = raw.decode().splitlines()

    assert all(1 <= flaw.line <= len(lines) + 1 for flaw in read_page(raw, ORIGIN).flaws)


@pytest.fixture
def output(tiny_site: Path) -> Path:
    """Return the output of the smallest site."""
    return build_site(BuildRequest(tiny_site / "pelicanconf.py", tiny_site / "output")).output


def found(output: Path) -> list[tuple[str, str]]:
    """Return what is found: file and rule."""
    return [(one.path.relative_to(output).as_posix(), one.rule) for one in check_output(output, ORIGIN)]


def edit(file: Path, old: str, new: str) -> None:
    """Change a file of the output."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_a_finished_site_has_no_findings(output: Path) -> None:
    """Neither at the first look nor at the second, which reads nothing again."""
    assert (found(output), found(output)) == ([], [])


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ('href="/blog/second/"', 'href="/blog/sceond/"', "link-broken"),
        ('href="/blog/second/"', 'href="/blog/second"', "link-slash"),
        ('href="/blog/second/"', 'href="/blog/second/#no"', "link-anchor"),
        ('href="/blog/second/"', 'href="/old/"', "link-moved"),
        ('href="/blog/second/"', 'href="/gone/"', "link-gone"),
        ("<title>The first post", "<title>The second post", "title-twice"),
        (f"{ORIGIN}/blog/first/", f"{ORIGIN}/blog/nowhere/", "page-canonical"),
    ],
)
def test_what_pages_say_of_each_other_is_checked(output: Path, old: str, new: str, rule: str) -> None:
    """Whether it leads somewhere, and whether it can be told apart."""
    (output / "redirects.json").write_text(
        '{"/old/": {"to": "/blog/second/", "status": 308}, "/gone/": {"status": 410}}'
    )
    edit(output / "blog" / "first" / "index.html", old, new)

    assert rule in [one for _, one in found(output)]


def test_a_mistyped_link_is_guessed(output: Path) -> None:
    """The author learns what was meant."""
    edit(output / "blog" / "first" / "index.html", "/blog/second/", "/blog/sceond/")
    (finding,) = check_output(output, ORIGIN)

    assert finding.todo == "Did you mean /blog/second/?"


def test_a_page_is_read_again_when_it_changes(output: Path) -> None:
    """And found to be well again when it is mended."""
    file = output / "blog" / "first" / "index.html"
    seen = [found(output)]
    edit(file, "/blog/second/", "/no/")
    seen.append(found(output))
    edit(file, "/no/", "/blog/second/")
    seen.append(found(output))

    assert seen == [[], [("blog/first/index.html", "link-broken")], []]


def test_a_heavy_page_is_found(output: Path) -> None:
    """What does not fit into the first answer takes another journey."""
    noise = "".join(f"{number * 7919 % 100003} " for number in range(9000))
    edit(output / "blog" / "first" / "index.html", "<p>Before", f"<p>{noise}</p><p>Before")

    assert ("blog/first/index.html", "weight") in found(output)


def test_many_pages_are_read_by_many(output: Path) -> None:
    """With the same findings."""
    for number in range(70):
        (output / f"p{number}.html").write_bytes(page("<h1>A</h1><p>open"))

    assert len([rule for _, rule in found(output) if rule == "html-unclosed"]) == 70


# --- Feeds and the sitemap


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("<id>tag:tiny.example,2026:/blog/first/</id>", "<id>first</id>", "has the id"),
        ("<id>tag:tiny.example,2026:/blog/first/</id>", "<id>tag:tiny.example,2026:/blog/second/</id>", "2 entries"),
        ("2026-01-02T00:00:00", "2026-01-02", "was updated on"),
        (f'href="{ORIGIN}/feeds/all.atom.xml"', 'href="/feeds/all.atom.xml"', "says that it is at"),
        (f'&lt;a href="{ORIGIN}/blog/second/', '&lt;a href="/blog/second/', "holds href"),
        ("&lt;p&gt;", "&lt;script&gt;&lt;/script&gt;&lt;p&gt;", "holds &lt;script".replace("&lt;", "<")),
        ("</feed>", "", "no XML"),
    ],
)
def test_a_feed_that_readers_would_warn_of_is_found(output: Path, old: str, new: str, words: str) -> None:
    """Ids, dates, addresses and markup, as the validators have it."""
    edit(output / "feeds" / "all.atom.xml", old, new)

    assert any(words in one.what for one in check_output(output, ORIGIN))


RSS = f"""<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>t</title>
<link>{ORIGIN}/</link><description>d</description><language>en</language>
<lastBuildDate>Fri, 02 Jan 2026 00:00:00 +0000</lastBuildDate>
<atom:link rel="self" href="{ORIGIN}/feeds/a.rss.xml"/><item><title>i</title><link>{ORIGIN}/blog/first/</link>
<guid isPermaLink="false">tag:a</guid><pubDate>Fri, 02 Jan 2026 00:00:00 +0000</pubDate></item></channel></rss>"""
JSON = {
    "version": "https://jsonfeed.org/version/1.1", "title": "t", "home_page_url": f"{ORIGIN}/",
    "feed_url": f"{ORIGIN}/feeds/a.feed.json",
    "items": [{"id": "a", "url": f"{ORIGIN}/blog/first/", "content_html": "<p>x</p>",
               "date_published": "2026-01-02T00:00:00Z"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [("", ""), ('isPermaLink="false"', ""), ("Fri, 02 Jan 2026 00:00:00 +0000</pubDate>", "soon</pubDate>"),
     ("<language>en</language>", ""), (f"<link>{ORIGIN}/blog/first/</link>", "<link>/blog/first/</link>"),
     ("<title>i</title>", "<title>i</title><author>Ann</author>"), ("rss", "html")],
)  # fmt: skip
def test_rss_is_held_to_its_rules(output: Path, old: str, new: str) -> None:
    """The feed as it is has no finding; each slip has one."""
    (output / "feeds" / "a.rss.xml").write_text(RSS.replace(old, new) if old else RSS)

    assert bool(check_output(output, ORIGIN)) == bool(old)


@pytest.mark.parametrize(
    "change",
    [{}, {"version": "1"}, {"title": None}, {"feed_url": "/a"}, {"items": [{"id": 1}]},
     {"items": [{**JSON["items"][0], "date_published": "soon"}]}],  # type: ignore[dict-item]
)  # fmt: skip
def test_json_feed_is_held_to_its_rules(output: Path, change: dict[str, object]) -> None:
    """The feed as it is has no finding; each slip has one."""
    feed = {name: value for name, value in {**JSON, **change}.items() if value is not None}
    (output / "feeds" / "a.feed.json").write_text(json.dumps(feed))

    assert bool(check_output(output, ORIGIN)) == bool(change)


def test_the_sitemap_is_exactly_the_canonical_pages(output: Path) -> None:
    """One that is missing, one that is too many, one that is there twice, and a date that is none."""
    listed = ["", "about/", "blog/first/", "blog/second/", "tag/start.html", "tag/pictures.html"]
    entries = [f"<url><loc>{ORIGIN}/{path}</loc></url>" for path in listed]
    whole = '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{}</urlset>'

    def said(lines: list[str]) -> list[str]:
        (output / "sitemap.xml").write_text(whole.format("".join(lines)))
        return [one.what for one in check_output(output, ORIGIN)]

    assert said(entries) == []
    assert said(entries[1:]) == [f"{ORIGIN}/ is missing"]
    assert said([*entries, f"<url><loc>{ORIGIN}/no/</loc></url>"]) == [f"{ORIGIN}/no/ is no page of this site"]
    assert said([*entries, entries[0]]) == [f"{ORIGIN}/ is there 2 times"]
    assert len(said([*entries[1:], f"<url><loc>{ORIGIN}/</loc><lastmod>May</lastmod></url>"])) == 1


NEVER_READY = """
import os, sys, time
from pathlib import Path
from site_builder.checks import output

def say_and_wait(folder, *_):
    (folder.parent / f"reader-{os.getpid()}").touch()
    time.sleep(600)

output._read_one = say_and_wait
output.check_output(Path(sys.argv[1]), "https://tiny.example")
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_whoever_reads_for_a_check_ends_with_it(tmp_path: Path, project_root: Path, how: signal.Signals) -> None:
    """The preview ends a check when something new is saved; what it began would wait for work for ever."""
    pages = tmp_path / "output"
    pages.mkdir()
    for number in range(4 * ENOUGH_FOR_MANY):
        (pages / f"{number}.html").write_bytes(page("<h1>A</h1>"))
    command = [sys.executable, "-c", NEVER_READY, str(pages)]
    with subprocess.Popen(command, cwd=project_root) as check:
        wait_until(lambda: len(readers(tmp_path)) >= min(2, os.cpu_count() or 1))
        began = readers(tmp_path)
        check.send_signal(how)
    wait_until(lambda: not any(is_running(one) for one in began))

    assert began


def readers(folder: Path) -> list[int]:
    """Return the processes that have begun to read."""
    return [int(path.name.partition("-")[2]) for path in folder.glob("reader-*")]


def is_running(process: int) -> bool:
    """Say whether there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def wait_until(is_so: Callable[[], bool]) -> None:
    """Wait, at most as long as anybody would."""
    deadline = time.monotonic() + 60
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)
