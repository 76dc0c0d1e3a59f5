"""A picture beside the text is linked by its bare name and keeps its place on the page while it loads."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from site_builder.errors import BuildError
from site_builder.plugins.pictures import PNG_SIGNATURE, Size, measure, place_pictures

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30.4"/>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with one picture of each kind that can be measured."""
    (tmp_path / "drawing.svg").write_text(SVG)
    (tmp_path / "photo.png").write_bytes(PNG_SIGNATURE + struct.pack(">I4sII", 13, b"IHDR", 640, 480))
    (tmp_path / "odd.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    (tmp_path / "old.gif").write_bytes(b"GIF89a")
    return tmp_path


def test_a_bare_name_becomes_a_link_that_the_build_resolves(folder: Path) -> None:
    """Authors need not know Pelican's marks."""
    assert 'src="{static}drawing.svg"' in place_pictures('<img alt="d" src="drawing.svg">', folder)


def test_the_size_is_written_down(folder: Path) -> None:
    """The text does not jump when the picture arrives."""
    assert 'width="640" height="480"' in place_pictures('<img alt="p" src="photo.png">', folder)


def test_a_size_that_the_author_gave_stays(folder: Path) -> None:
    """Who writes a width means it."""
    tag = place_pictures('<img alt="p" src="photo.png" width="64" height="48">', folder)

    assert tag.count("width=") == 1


@pytest.mark.parametrize("source", ["https://a.example/b.png", "/assets/b.png", "{static}b.png", "data:image/png,x"])
def test_what_is_elsewhere_is_left_alone(folder: Path, source: str) -> None:
    """Only pictures beside the text are ours to place."""
    tag = f'<img alt="b" src="{source}">'

    assert place_pictures(tag, folder) == tag


def test_a_closed_tag_stays_closed(folder: Path) -> None:
    """Whatever way the Markdown writes its tags, the result is whole."""
    assert place_pictures('<img alt="d" src="drawing.svg" />', folder).endswith("/>")


def test_a_missing_picture_is_named(folder: Path) -> None:
    """A page without its picture is not published."""
    with pytest.raises(BuildError, match=r"no\.svg"):
        place_pictures('<img alt="x" src="no.svg">', folder)


@pytest.mark.parametrize(
    ("name", "size"),
    [("drawing.svg", Size(40, 30)), ("photo.png", Size(640, 480)), ("odd.svg", None), ("old.gif", None)],
)
def test_a_picture_is_measured_where_its_format_says(folder: Path, name: str, size: Size | None) -> None:
    """What is not known is not invented."""
    assert measure(folder / name) == size
