"""Two releases are compared file by file."""

from __future__ import annotations

from dataclasses import replace

from site_builder.release.compare import compare, describe_differences
from site_builder.release.manifest import Entry, Manifest

SAME = Entry("a.html", "1" * 64, 10, "text/html", "")
CHANGED = Entry("b.html", "2" * 64, 10, "text/html", "")
GONE = Entry("c.html", "3" * 64, 10, "text/html", "")
NEW = Entry("d.html", "4" * 64, 7, "text/html", "")
HEADERS = Entry("e.html", "5" * 64, 5, "text/html", "")


def test_every_file_that_differs_is_told_with_its_size() -> None:
    """Added, changed, removed, and those of which only the headers differ."""
    before = Manifest((SAME, CHANGED, GONE, HEADERS))
    after = Manifest((SAME, replace(CHANGED, sha256="9" * 64, size=12), NEW, replace(HEADERS, cache_control="x")))

    assert describe_differences(compare(before, after)) == [
        "  changed  b.html  (10 -> 12 bytes)",
        "  removed  c.html  (10 bytes)",
        "  added    d.html  (7 bytes)",
        "  changed  e.html  (its headers)",
        "1 added, 2 changed, 1 removed; -1 bytes",
    ]


def test_the_same_release_does_not_differ() -> None:
    """And that is said."""
    one = Manifest((SAME,))

    assert describe_differences(compare(one, one)) == ["No file differs."]
