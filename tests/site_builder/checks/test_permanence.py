"""What was published once is never lost without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.checks.permanence import check_permanence
from site_builder.sources.addresses import Addresses, Listed, address_of, read_addresses, write_addresses

FILES = ["index.html", "blog/a/index.html", "feeds/all.atom.xml", "assets/x.css"]


def rules(tmp_path: Path, text: str, redirects: dict[str, object] | None = None) -> list[tuple[int, str]]:
    """Return what is found with this list, line by line."""
    (tmp_path / "urls.txt").write_text(text)
    return [(one.line, one.rule) for one in check_permanence(read_addresses(tmp_path), FILES, redirects or {})]


def test_an_address_with_a_page_is_kept(tmp_path: Path) -> None:
    """Comments and empty lines are not addresses."""
    assert rules(tmp_path, "# All\n\n/\n/blog/a/\n/feeds/all.atom.xml\n") == []


def test_a_lost_address_is_found_with_its_line(tmp_path: Path) -> None:
    """The author sees which line, and what to write where."""
    (tmp_path / "urls.txt").write_text("/\n/blog/b/\n")
    (finding,) = check_permanence(read_addresses(tmp_path), FILES, {})

    assert (finding.line, finding.rule) == (2, "url-lost")
    assert "`Aliases: /blog/b/`" in finding.todo
    assert "`/blog/b/ gone`" in finding.todo


def test_a_redirect_keeps_an_address(tmp_path: Path) -> None:
    """A page that moved is not lost."""
    assert rules(tmp_path, "/blog/b/\n", {"/blog/b/": {"to": "/blog/a/", "status": 308}}) == []


def test_what_is_gone_must_be_gone(tmp_path: Path) -> None:
    """A page that came back would never be seen: the edge answers 410."""
    assert rules(tmp_path, "/blog/b/ gone\n/blog/a/ gone\n") == [(2, "url-not-gone")]


def test_a_line_that_says_nothing_is_found(tmp_path: Path) -> None:
    """A slip in the list is not an address that nobody checks."""
    assert rules(tmp_path, "blog/b/\n/blog/a/ forgone\n") == [(1, "url-list"), (2, "url-list")]


ADDRESSES = st.lists(st.from_regex(r"/(?:[a-z]{1,5}/){0,3}", fullmatch=True), unique=True)


@given(ADDRESSES, ADDRESSES, st.booleans())
def test_writing_the_list_loses_nothing(
    tmp_path_factory: pytest.TempPathFactory, known: list[str], new: list[str], gone: bool
) -> None:
    """Every address of before is there, with its word, and every new one."""
    folder = tmp_path_factory.mktemp("urls")
    before = Addresses(folder / "urls.txt", tuple(Listed(path, gone, 1) for path in known), ())
    write_addresses(before, new)
    after = read_addresses(folder)

    assert after.paths == {*known, *new}
    assert set(after.gone) == (set(known) if gone else set())
    assert after.strays == ()


def test_addresses_are_those_that_people_keep() -> None:
    """A page by its folder, a feed by its name, and no asset."""
    assert [address_of(file) for file in [*FILES, "404.html"]] == ["/", "/blog/a/", "/feeds/all.atom.xml", None, None]
