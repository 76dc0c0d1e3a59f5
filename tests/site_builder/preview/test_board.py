"""Every open page is told what it must know, also what it missed."""

from __future__ import annotations

import queue
from typing import Any

from site_builder.preview.board import MOST_NAMED, Board
from site_builder.preview.faults import Fault

FAULT = Fault("content/a.md:1", "it is wrong", "Mend it.")


def drained(news: queue.SimpleQueue[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return all news that wait."""
    found = []
    while not news.empty():
        found.append(news.get())
    return found


def kinds(board: Board, path: str, build: str) -> list[str]:
    """Return what a page is told when it begins to listen."""
    with board.listening(path, build) as news:
        return [one["kind"] for one in drained(news)]


def test_every_listener_is_told_the_same() -> None:
    """Two browsers, one build."""
    board = Board()
    with board.listening("/a/", board.build) as first, board.listening("/b/", board.build) as second:
        drained(first), drained(second)
        board.built(["a/index.html", "feeds/all.atom.xml"])

        assert drained(first) == drained(second)
        assert board.build.endswith("-1")


def test_addresses_are_told_not_files() -> None:
    """A browser knows its address alone."""
    board = Board()
    with board.listening("/", board.build) as news:
        drained(news)
        board.built(["index.html", "a/index.html", "404.html"])

        assert drained(news)[0]["changed"] == ["/", "/a/", "/404.html"]


def test_who_comes_back_is_told_of_what_it_missed() -> None:
    """Its page was loaded with an older build, and has changed since; or with that of an earlier process."""
    board = Board()
    loaded = board.build
    board.built(["a/index.html"])

    assert "built" in kinds(board, "/a/", loaded)
    assert "built" not in kinds(board, "/b/", loaded)
    assert "built" not in kinds(board, "/a/", board.build)
    assert "built" in kinds(board, "/b/", "another-7")
    assert "built" in kinds(board, "/b/", "")


def test_a_change_of_very_many_pages_is_one_of_all() -> None:
    """Nobody reads ten thousand addresses."""
    board = Board()
    loaded = board.build
    with board.listening("/x/", board.build) as news:
        drained(news)
        board.built([f"{number}/index.html" for number in range(MOST_NAMED + 1)])

        assert drained(news)[0]["changed"] == ["*"]
        assert "built" in kinds(board, "/y/", loaded)


def test_what_browsers_show_already_is_not_told_again() -> None:
    """But a page that is loaded later than that build is not stale, and one loaded before is."""
    board = Board()
    loaded = board.build
    with board.listening("/a/", board.build) as news:
        drained(news)
        board.built(["a/index.html"], silently=True)

        assert drained(news)[0]["changed"] == []
        assert "built" in kinds(board, "/a/", loaded)


def test_a_page_that_is_loaded_between_a_new_style_and_the_pages_that_link_it_gets_the_style() -> None:
    """Its own link is the old one, and nobody tells of a build that only brings what is shown already."""
    board = Board()
    board.restyled("css/site.css")

    with board.listening("/a/", board.build) as news:
        assert [one.get("name") for one in drained(news)] == ["css/site.css", None]
    board.built(["a/index.html"], silently=True)
    assert kinds(board, "/a/", board.build) == ["faults"]


def test_a_fault_is_told_to_whoever_comes_until_a_build_is_good() -> None:
    """Then it is gone."""
    board = Board()
    board.failed([FAULT])
    with board.listening("/", board.build) as news:
        (told,) = drained(news)
    board.built([])
    with board.listening("/", board.build) as news:
        (after,) = drained(news)

    assert (told["faults"][0]["what"], after["faults"]) == ("it is wrong", [])


def test_what_is_looked_at_is_known_as_files() -> None:
    """As long as somebody looks."""
    board = Board()
    with board.listening("/a/", ""), board.listening("/robots.txt", ""):
        during = board.viewed()

    assert during == {"a/index.html", "robots.txt"}
    assert board.viewed() == frozenset()
