"""A text that is renamed is found at its new address, at its old one, and by every link."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from site_builder.checks.sources import check_sources
from site_builder.engine.build import BuildRequest, build_site
from site_builder.errors import BuildError
from site_builder.sources.renaming import apply_rename, find_text, plan_rename

NOW = datetime(2026, 6, 1, tzinfo=UTC)
LISTED = "---\ntitle: A\naliases: [/x/, /y/, /blog/first/]\ntags: t\n---\n"


def rename(site: Path, name: str, slug: str) -> str:
    """Rename a text of a site, and return what it says then."""
    content = site / "content"
    plan = plan_rename(content, find_text(content, name), slug)
    apply_rename(plan)
    return find_text(content, slug).text


def test_nothing_is_lost(tiny_site: Path) -> None:
    """Links, pictures and the old address all lead to it; the check and the build agree."""
    second = tiny_site / "content" / "posts" / "second" / "index.md"
    second.write_text(
        second.read_text()
        + "\n[a](../first/) is wrong, [b]({filename}../first/index.md#x) and [c](/blog/first/#y)\n".replace(
            "[a](../first/) is wrong, ", ""
        )
    )
    rename(tiny_site, "first", "number-one")
    build_site(BuildRequest(tiny_site / "pelicanconf.py", tiny_site / "output"))

    assert check_sources(tiny_site / "content", NOW) == []
    assert (
        '"/blog/first/": {"status": 308, "to": "/blog/number-one/"}'
        in (tiny_site / "output" / "redirects.json").read_text()
    )
    page = (tiny_site / "output" / "blog" / "second" / "index.html").read_text()
    assert page.count('href="/blog/number-one/') == 3


def test_back_again_is_as_before_but_for_the_alias(tiny_site: Path) -> None:
    """The address that it has again is no alias; the one that it had in between is."""
    before = {path: path.read_text() for path in (tiny_site / "content").rglob("*.md")}
    rename(tiny_site, "first", "number-one")
    text = rename(tiny_site, "number-one", "first")

    assert "Aliases: /blog/number-one/\n" in text
    after = {path: path.read_text().replace("Aliases: /blog/number-one/\n", "") for path in before}
    assert after == before


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ("Title: A\nAliases: /x/,\n    /y/\nTags: t\n", "Title: A\nAliases: /x/, /y/, /blog/first/\nTags: t\n"),
        ("---\ntitle: A\naliases:\n  - /x/\n  - /y/\ntags: t\n---\n", LISTED),
        ("---\ntitle: A\naliases: [/x/]\n---\n", "---\ntitle: A\naliases: [/x/, /blog/first/]\n---\n"),
        ("---\ntitle: A\n---\n", "---\ntitle: A\naliases: [/blog/first/]\n---\n"),
        ("Title: A\nSlug: first\n", "Title: A\nAliases: /blog/first/\nSlug: new\n"),
        ("Title: A\nStatus: draft\n", "Title: A\nStatus: draft\n"),
    ],
)  # fmt: skip
def test_the_old_address_is_added_to_the_aliases(tiny_site: Path, keys: str, said: str) -> None:
    """At their end, in the form that the text has; a draft was never anywhere."""
    (tiny_site / "content" / "posts" / "first" / "index.md").write_text(f"{keys}\nText.\n")

    assert rename(tiny_site, "first", "new") == f"{said}\nText.\n"


def test_a_page_is_a_file_of_its_own(tiny_site: Path) -> None:
    """It moves alone, and what it names from its folder it names from there still."""
    about = tiny_site / "content" / "pages" / "about.md"
    about.write_text(about.read_text() + "\n[first]({filename}../posts/first/index.md)\n")
    text = rename(tiny_site, str(about), "us")

    assert not about.exists()
    assert "{filename}../posts/first/index.md" in text
    assert "Aliases: /about/\n" in text


@pytest.mark.parametrize(
    ("name", "slug", "words"),
    [("nothing", "x", "no text"), ("first", "Not a slug", "cannot be in an address"), ("first", "first", "already"),
     ("first", "second", "something already")],
)  # fmt: skip
def test_what_cannot_be_done_is_said_before_anything_is_done(tiny_site: Path, name: str, slug: str, words: str) -> None:
    """Every file is as it was."""
    before = {path: path.read_bytes() for path in tiny_site.rglob("*") if path.is_file()}
    with pytest.raises(BuildError, match=words):
        rename(tiny_site, name, slug)

    assert {path: path.read_bytes() for path in tiny_site.rglob("*") if path.is_file()} == before


def test_links_to_its_pictures_follow(tiny_site: Path) -> None:
    """Another text may show what lies beside this one."""
    second = tiny_site / "content" / "posts" / "second" / "index.md"
    second.write_text(second.read_text() + "\n![square]({static}/posts/first/square.svg)\n")
    rename(tiny_site, "first", "new")

    assert "({static}/posts/new/square.svg)" in second.read_text()
