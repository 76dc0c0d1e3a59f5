"""A sealed output is named by what visitors get, and nothing unpublishable is sealed."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder.errors import ReleaseError
from site_builder.release.manifest import CONTENT_TYPES, Entry, Manifest, content_type, seal

ENTRIES = st.builds(
    Entry,
    path=st.text(min_size=1),
    sha256=st.text(),
    size=st.integers(0),
    content_type=st.text(),
    cache_control=st.text(),
)


def test_the_digest_depends_on_bytes_alone_and_not_on_times(output: Path) -> None:
    """Sealing the same bytes again gives the same release, whenever they were written."""
    first = seal(output).digest
    for file in output.rglob("*.html"):
        file.write_bytes(file.read_bytes())

    assert seal(output).digest == first


def test_another_byte_is_another_release(output: Path) -> None:
    """No two different sites share a name."""
    first = seal(output).digest
    (output / "index.html").write_text("<h1>Homf</h1>")

    assert seal(output).digest != first


@pytest.mark.parametrize("field", ["content_type", "cache_control"])
def test_another_header_is_another_release(output: Path, field: str) -> None:
    """A changed header is a change for visitors, and is shipped like one."""
    manifest = seal(output)
    entry = manifest.entries[0]
    changed = replace(entry, content_type="x") if field == "content_type" else replace(entry, cache_control="x")

    assert Manifest((changed, *manifest.entries[1:])).digest != manifest.digest


@given(st.lists(ENTRIES, max_size=5))
def test_a_manifest_survives_being_written_and_read(entries: list[Entry]) -> None:
    """What is stored says the same as what was sealed."""
    manifest = Manifest(tuple(entries))

    assert Manifest.unpacked(manifest.packed()) == manifest


def test_assets_are_shared_and_pages_belong_to_their_release(output: Path) -> None:
    """An asset's key holds its hash; a page's key holds its release's digest."""
    manifest = seal(output)
    keys = {entry.path: manifest.key(entry) for entry in manifest.entries}

    assert keys["assets/site.0123456789.css"] == "assets/site.0123456789.css"
    assert keys["about/index.html"] == f"releases/{manifest.digest}/about/index.html"


def test_an_asset_is_cached_for_ever_and_a_page_asked_for_again(output: Path) -> None:
    """The caching follows from what can change under a name."""
    caching = {entry.path: entry.cache_control for entry in seal(output).entries}

    assert "immutable" in caching["assets/site.0123456789.css"]
    assert "max-age=0" in caching["index.html"]


@pytest.mark.parametrize("missing", ["index.html", "404.html"])
def test_half_a_site_is_refused(output: Path, missing: str) -> None:
    """Without its home or its 404 page an output is not a site."""
    (output / missing).unlink()

    with pytest.raises(ReleaseError, match=missing):
        seal(output)


def test_what_is_gone_needs_the_page_that_says_so(output: Path) -> None:
    """An address that is gone without it would be a 404."""
    (output / "redirects.json").write_text('{"/gone/": {"status": 410}}')
    with pytest.raises(ReleaseError, match=r"holds no 410\.html"):
        seal(output)
    (output / "410.html").write_text("<h1>Gone</h1>")

    assert "410.html" in {entry.path for entry in seal(output).entries}


def test_a_link_out_of_the_site_is_refused(output: Path, tmp_path: Path) -> None:
    """A link would publish what it points to."""
    (tmp_path / "secret.txt").write_text("secret")
    (output / "secret.txt").symlink_to(tmp_path / "secret.txt")

    with pytest.raises(ReleaseError, match="link"):
        seal(output)


@pytest.mark.parametrize("name", [".htaccess", ".git/config", "blog/.DS_Store"])
def test_a_dot_file_is_refused(output: Path, name: str) -> None:
    """The edge serves none, so one that is there is there by mistake."""
    (output / name).parent.mkdir(exist_ok=True)
    (output / name).write_text("x")

    with pytest.raises(ReleaseError, match="dot"):
        seal(output)


def test_the_well_known_folder_is_published(output: Path) -> None:
    """The one dotted name that the web expects is no mistake."""
    (output / ".well-known").mkdir()
    (output / ".well-known" / "security.txt").write_text("Contact: mailto:a@b.example")

    assert ".well-known/security.txt" in [entry.path for entry in seal(output).entries]


def test_an_unknown_ending_is_refused_by_name(output: Path) -> None:
    """A guessed media type would make browsers download or run what they should show."""
    (output / "notes.docx").write_text("x")

    with pytest.raises(ReleaseError, match=r"notes\.docx"):
        seal(output)


def test_a_missing_output_says_to_build(tmp_path: Path) -> None:
    """The first thing a newcomer meets must say what to do."""
    with pytest.raises(ReleaseError, match="make build"):
        seal(tmp_path / "output")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a%41/index.html", "percent sign"),
        ("a\\b.html", "backslash"),
        ("a\nb.html", "control character"),
        ("cafe\u0301/index.html", "composed form"),
        ("a/" * 500 + "index.html", "bytes, and 982 are the most"),
        ("assets/site.css", "no hash of its bytes"),
        ("assets/site.notahash.css", "no hash of its bytes"),
    ],
)
def test_a_name_that_could_not_be_served_is_refused(output: Path, name: str, words: str) -> None:
    """Each with what is wrong with it, before anything is uploaded."""
    (output / name).parent.mkdir(parents=True, exist_ok=True)
    (output / name).write_text("x")

    with pytest.raises(ReleaseError, match=words):
        seal(output)


def test_a_name_that_is_no_text_is_refused(output: Path) -> None:
    """A system may hold any bytes as a name; an address may not."""
    Path(os.fsdecode(os.fsencode(output) + b"/caf\xe9.html")).write_text("x")

    with pytest.raises(ReleaseError, match=r"caf.*: its name is no UTF-8"):
        seal(output)


def test_a_pipe_is_refused_and_not_waited_for(output: Path) -> None:
    """Reading it would last until somebody writes into it."""
    os.mkfifo(output / "pipe.html")

    with pytest.raises(ReleaseError, match="no file, but a pipe"):
        seal(output)


def test_a_file_that_s3_cannot_copy_at_once_is_refused(output: Path) -> None:
    """Five gigabytes are its limit; this one holds nothing and only seems to be so large."""
    with (output / "film.mp4").open("wb") as file:
        file.truncate(5 * 1024**3 + 1)

    with pytest.raises(ReleaseError, match="larger than 5 GB"):
        seal(output)


@pytest.mark.parametrize("name", ["a b+c/ü.html", "日本/index.html", "it's (1)!.txt", "a'b&c=d;e,f@g$h.html"])
def test_any_other_name_is_as_good_as_another(output: Path, name: str) -> None:
    """Spaces, plus signs and letters of any language are what people call their files."""
    (output / name).parent.mkdir(parents=True, exist_ok=True)
    (output / name).write_bytes(b"")

    assert seal(output).by_path[name].size == 0


def test_a_manifest_that_cannot_be_read_says_so() -> None:
    """Somebody has written into the bucket by hand."""
    with pytest.raises(ReleaseError, match="cannot be read"):
        Manifest.from_json(b'{"entries": [{"path": 1}]}')
    packed = Manifest(()).packed()
    for kept in (b"{}", packed[:-4], packed[:10] + b"\xff" + packed[11:]):
        with pytest.raises(ReleaseError, match="cannot be read"):
            Manifest.unpacked(kept)


@pytest.mark.parametrize("ending", sorted(CONTENT_TYPES))
def test_the_media_type_does_not_depend_on_case(ending: str) -> None:
    """A camera's PHOTO.JPG is a JPEG."""
    assert content_type(f"a{ending.upper()}") == CONTENT_TYPES[ending]


def test_feeds_have_their_own_media_types() -> None:
    """A feed reader is told that it has found a feed."""
    assert content_type("feeds/all.atom.xml").startswith("application/atom+xml")
