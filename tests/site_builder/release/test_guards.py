"""Each guard objects to what it is there for, to nothing else, and says what would take the objection away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from site_builder.release.commit import Commit
from site_builder.release.guards import Known, RefusedError, Wish, lost_addresses, objections_to, refuse
from site_builder.release.ledger import Verdict
from site_builder.release.manifest import Entry, Manifest
from site_builder.release.plan import Present
from site_builder.release.pointer import Canary, Lock, Pointer, Release

LIVE = Release("live", "a" * 40, 1_700_000_100)
NEW = Release("new", "b" * 40, 1_700_000_200)
CLEAN = Commit("b" * 40, 1_700_000_200)
PASSED = Known(verdict=Verdict(True, "a test", 0))


def manifest(*paths: str, redirects: tuple[tuple[str, str], ...] = ()) -> Manifest:
    """Return a manifest of these files."""
    return Manifest(tuple(Entry(path, "0" * 64, 1, "text/html", "") for path in sorted(paths)), redirects)


PAGES = manifest("index.html", "404.html", *(f"p{number}/index.html" for number in range(20)))
PRESENT = Present(Pointer(LIVE), {}, PAGES, not_found_page_fits=True)


def wish(**more: object) -> Wish:
    """Return a wish that nothing speaks against anywhere."""
    base = Wish("production", PAGES, NEW, CLEAN, known=lambda: PASSED)
    return Wish(**{**vars(base), **more})


def rules(one: Wish, present: Present = PRESENT) -> list[str]:
    """Name the rules that object."""
    return [objection.rule for objection in objections_to(one, present)]


def test_what_is_as_it_should_be_is_let_through() -> None:
    """On the strictest stage."""
    assert rules(wish()) == []


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"commit": None}, "commit"),
        ({"commit": Commit("b" * 40, 1, ("a.md",))}, "commit"),
        ({"known": Known}, "smoke"),
        ({"known": lambda: Known(verdict=Verdict(False, "a test", 0, "the form"))}, "smoke"),
        ({"release": replace(NEW, committed=1_700_000_000)}, "older"),
        ({"known": lambda: replace(PASSED, addresses=frozenset({"/was-here/"}))}, "lost"),
        ({"manifest": manifest("index.html", "404.html")}, "shrink"),
    ],
)
def test_each_fault_is_objected_to(more: dict[str, object], rule: str) -> None:
    """By the rule that is there for it."""
    assert rule in rules(wish(**more))


@pytest.mark.parametrize("stage", ["dev", "staging"])
def test_only_production_asks_for_a_verdict_and_dev_for_no_commit(stage: str) -> None:
    """Where one tries things, they may be tried."""
    found = rules(wish(stage=stage, known=Known, commit=None))

    assert found == ([] if stage == "dev" else ["commit"])


def test_bytes_from_another_environment_need_no_folder_of_ours() -> None:
    """What is promoted was judged where it was built."""
    assert rules(wish(commit=None, built_here=False)) == []


def test_a_lock_and_another_canary_keep_everybody_out() -> None:
    """The canary of the same release does not."""
    held = replace(PRESENT, pointer=Pointer(LIVE, lock=Lock("somebody", "lunch", 0)))
    other = replace(PRESENT, pointer=Pointer(LIVE, Canary(Release("third"), 5)))
    same = replace(PRESENT, pointer=Pointer(LIVE, Canary(NEW, 5)))

    assert [rules(wish(), present) for present in (held, other, same)] == [["locked"], ["canary"], []]


def test_a_preview_is_refused_for_a_lock_alone() -> None:
    """Nobody who does not know its name sees it."""
    assert rules(wish(for_visitors=False, commit=None, known=Known, manifest=manifest("index.html"))) == []


def test_a_tenth_of_the_pages_may_go_and_more_if_it_is_said() -> None:
    """Of 22 pages two are within it, three are not; gone addresses say so in their redirects."""

    def without(count: int) -> Manifest:
        gone = tuple((f"/p{number}/", '{"status":410}') for number in range(count))
        return manifest(
            "index.html", "404.html", *(f"p{number}/index.html" for number in range(count, 20)), redirects=gone
        )

    assert rules(wish(manifest=without(2))) == []
    assert rules(wish(manifest=without(3))) == ["shrink"]
    assert rules(wish(manifest=without(20), allow_shrink=True)) == []


def test_an_unknown_commit_time_is_older_than_nothing() -> None:
    """Without git nothing can be said."""
    assert rules(wish(release=Release("new"))) == []
    assert rules(wish(), replace(PRESENT, pointer=Pointer(Release("live")))) == []


def test_an_address_is_lost_if_it_leads_nowhere() -> None:
    """A page, a file that people subscribe to, or a redirect of before; later pages of a list come and go."""
    moved = (("/moved/", '{"to":"/","status":308}'), ("/gone/", '{"status":410}'))
    before = manifest("index.html", "a/index.html", "feed.xml", "blog/page/2/index.html", redirects=moved)
    after = manifest("index.html")

    assert lost_addresses(after, before, frozenset({"/list/"})) == ["/a/", "/feed.xml", "/list/", "/moved/"]
    assert lost_addresses(after, None, frozenset()) == []


def test_all_objections_are_said_at_once() -> None:
    """With the rule's words, and what to do about each."""
    many = wish(commit=None, known=Known, release=replace(NEW, committed=1))
    with pytest.raises(RefusedError, match="nothing was written") as error:
        refuse("production", objections_to(many, PRESENT))

    assert [one.rule for one in error.value.objections] == ["commit", "smoke", "older"]
    assert all(one.todo in str(error.value) for one in error.value.objections)
