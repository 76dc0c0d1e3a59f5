"""Files are found by Pelican's own rules, and known by their content."""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pelican.generators import Generator

from site_builder.engine.inputs import (
    DOUBT_NS,
    FINE_DOUBT_NS,
    MILLISECOND,
    Folder,
    Known,
    Listing,
    digest_at,
    is_surely_same,
    look,
    stamp_at,
)

NAMES = st.sampled_from(
    ["a.md", "b.md", "c.txt", ".hidden.md", "~a.md", "posts", "pages", "deep", "skip", "x.md~", "é.md"]
)
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=3), min_size=1, max_size=8)
ASKED = st.lists(st.sampled_from(["", "posts", "pages", "posts/deep", "a.md", "nowhere"]), min_size=1, max_size=2)
EXCLUDED = st.lists(st.sampled_from(["skip", "posts/skip", "posts/deep", "pages"]), max_size=2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    paths=PATHS,
    asked=ASKED,
    excluded=EXCLUDED,
    extensions=st.sampled_from([None, frozenset({"md"}), frozenset({"txt"})]),
)
def test_the_files_are_those_that_pelican_finds(
    tmp_path_factory: object,
    paths: list[list[str]],
    asked: list[str],
    excluded: list[str],
    extensions: frozenset[str] | None,
) -> None:
    """Whatever lies in the folder, and whatever is asked for."""
    base = tmp_path_factory.mktemp("content")  # type: ignore[attr-defined]
    for parts in paths:
        path = base.joinpath(*parts)
        if any(parent.is_file() for parent in (path, *path.parents)) or path.is_dir():
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    ignores = ["**/.*", "*~", ".hid*"]
    generator = SimpleNamespace(
        path=str(base), settings={"IGNORE_FILES": ignores}, readers=SimpleNamespace(extensions=())
    )
    generator._include_path = lambda path, wanted: Generator._include_path(generator, path, wanted)
    expected = Generator.get_files(
        generator, asked, exclude=excluded, extensions=False if extensions is None else extensions
    )

    found = Folder(str(base), ignores).files(Listing(tuple(asked), tuple(excluded), extensions))

    assert set(found) == expected
    assert list(found) == sorted(found)


def test_a_stamp_is_not_believed_where_the_file_may_have_changed_behind_it(tmp_path: Path) -> None:
    """A file that was written a moment before it was looked at may be written again in the same moment."""
    path = tmp_path / "file"
    path.write_text("one")
    stamp = stamp_at(str(path))
    assert stamp is not None
    now = time.time_ns()
    fresh, settled = Known(stamp, now, b""), Known(stamp, now + FINE_DOUBT_NS, b"")
    # A file system that knows whole seconds only.
    coarse = stamp._replace(modified=5_000_000_000, changed=5_000_000_000)

    assert not is_surely_same(fresh, stamp)
    assert is_surely_same(settled, stamp) or not stamp.changed % MILLISECOND
    assert not is_surely_same(settled, stamp._replace(size=4))
    assert not is_surely_same(Known(coarse, coarse.changed + FINE_DOUBT_NS + 1, b""), coarse)
    assert is_surely_same(Known(coarse, coarse.changed + DOUBT_NS + 1, b""), coarse)


def test_what_lies_at_a_place_is_looked_at_by_its_kind(tmp_path: Path) -> None:
    """Files, folders and names of the environment, there or not."""
    path = tmp_path / "file"
    path.write_text("one")
    os.environ["ZICHKODING_LOOKED_AT"] = "one"
    places = [f"file:{path}", f"folder:{tmp_path}", "env:ZICHKODING_LOOKED_AT"]
    before = [look(place, None, time.time_ns()).digest for place in places]
    path.write_text("two")
    (tmp_path / "more").write_text("")
    os.environ["ZICHKODING_LOOKED_AT"] = "two"
    after = [look(place, None, time.time_ns()).digest for place in places]
    del os.environ["ZICHKODING_LOOKED_AT"]

    assert all(one != other for one, other in zip(before, after, strict=True))
    assert look("file:/nowhere", None, 0).digest == b""
    assert digest_at("/nowhere") is None
