"""The index of an edited site is that of a clean one, and finds what is there."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_builder.search.index import STEPS, update_index
from site_builder.search.words import fold, read_document, words_of

PAGE = (
    '<html lang="en"><head><meta name="description" content="{summary}">{head}</head>'
    "<body><article><h1>{title}</h1>{body}</article></body></html>"
)


def write(output: Path, name: str, title: str, body: str, head: str = "") -> None:
    """Write a page of the output."""
    file = output / name / "index.html"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(PAGE.format(title=title, body=body, summary="Short.", head=head))


def index_files(output: Path) -> dict[str, bytes]:
    """Return the index."""
    return {path.name: path.read_bytes() for path in (output / "search").iterdir()}


def find(output: Path, word: str) -> list[str]:
    """Return the addresses of the pages that have a word, as a browser would find them."""
    folder = output / "search"
    layout = json.loads((folder / "find-layout.json").read_text())
    name = "-".join(f"{ord(sign):x}" for sign in word[: layout["letters"]])
    file = folder / f"find-{name}.json"
    ids = json.loads(file.read_text()).get(word, [])[::2] if file.is_file() else []
    shown = {}
    for part in range(layout["parts"]):
        shown.update(json.loads((folder / f"find-pages-{part}.json").read_text()))
    return sorted(shown[one][0] for one in ids)


EDITS = st.lists(
    st.tuples(st.sampled_from("abcd"), st.none() | st.text(alphabet="xyzäé ", max_size=12)), min_size=1, max_size=6
)


@settings(max_examples=40)
@given(st.lists(EDITS, min_size=1, max_size=4))
def test_an_update_makes_what_a_clean_index_is(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[str, str | None]]]
) -> None:
    """Whatever was added, changed or removed, and in how many goes."""
    folder = tmp_path_factory.mktemp("search")
    output = folder / "output"
    output.mkdir()
    for edits in rounds:
        for name, text in edits:
            if text is None:
                shutil.rmtree(output / name, ignore_errors=True)
            else:
                write(output, name, text, f"<p>{text}</p>")
        update_index(output)
    clean = folder / "clean"
    shutil.copytree(output, clean, ignore=shutil.ignore_patterns("search"))
    update_index(clean)

    assert index_files(output) == index_files(clean)


def test_a_word_finds_its_pages(tmp_path: Path) -> None:
    """Whatever its case and accents."""
    write(tmp_path / "output", "a", "Über Käse", "<p>Naïve <b>words</b></p>")
    write(tmp_path / "output", "b", "Other", "<p>words</p>")
    update_index(tmp_path / "output")

    assert find(tmp_path / "output", "kase") == ["/a/"]
    assert find(tmp_path / "output", "words") == ["/a/", "/b/"]
    assert find(tmp_path / "output", "nothing") == []


def test_what_search_engines_shall_not_know_is_not_found(tmp_path: Path) -> None:
    """Nor is a list of pages."""
    write(tmp_path / "output", "a", "Hidden", "<p>x</p>", '<meta name="robots" content="noindex">')
    (tmp_path / "output" / "list.html").write_text("<h1>Hidden</h1>")

    assert update_index(tmp_path / "output").pages == 0


def test_a_page_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    """And a file that says the same is not written."""
    write(tmp_path / "output", "a", "One", "<p>x</p>")
    update_index(tmp_path / "output")
    write(tmp_path / "output", "b", "Two", "<p>unlike</p>")
    done = update_index(tmp_path / "output")

    assert (done.read, update_index(tmp_path / "output").written) == (1, 0)


def test_a_large_site_has_more_and_smaller_files(tmp_path: Path) -> None:
    """A reader of a thousand posts fetches no more than one of ten."""
    for number in range(STEPS[0][0] + 1):
        write(tmp_path / "output", f"p{number}", f"Page {number}", "<p>words</p>")
    update_index(tmp_path / "output")

    assert json.loads((tmp_path / "output" / "search" / "find-layout.json").read_text()) == {"letters": 2, "parts": 16}
    assert len(find(tmp_path / "output", "words")) == STEPS[0][0] + 1
    shutil.rmtree(tmp_path / "output" / "p0")
    update_index(tmp_path / "output")
    assert "find-77-6f.json" not in index_files(tmp_path / "output")


def test_the_title_weighs_most() -> None:
    """What a page is called is what it is about."""
    document = read_document(
        PAGE.format(title="Cheese", body="<h2>Wine</h2><p>bread bread bread</p>", summary="", head="")
    )
    assert document is not None
    weights = dict(document.weights)

    assert weights["cheese"] > weights["wine"] > weights["bread"]


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    """Words in the index and in the question meet."""
    assert all(fold(word) == word for word in words_of(text) if word.isascii())


@pytest.mark.parametrize("damage", [b"", b"no database at all", b"SQLite format 3\x00 and then something else" * 40])
def test_a_damaged_store_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    """It holds nothing that the pages do not say."""
    write(tmp_path / "output", "a", "One", "<p>words</p>")
    update_index(tmp_path / "output")
    expected = index_files(tmp_path / "output")
    (tmp_path / ".output.search.sqlite3").write_bytes(damage)
    update_index(tmp_path / "output")

    assert index_files(tmp_path / "output") == expected


def test_two_updates_at_once_wait_for_each_other(tmp_path: Path) -> None:
    """The result is that of one."""
    for number in range(40):
        write(tmp_path / "output", f"p{number}", f"Page {number}", "<p>words</p>")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: update_index(tmp_path / "output"), range(4)))
    together = index_files(tmp_path / "output")
    (tmp_path / ".output.search.sqlite3").unlink()
    update_index(tmp_path / "output")

    assert index_files(tmp_path / "output") == together
