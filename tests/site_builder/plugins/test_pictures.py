"""A picture beside the text is shown by its bare name, in the formats and widths that fit."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

import pytest
from PIL import Image

from site_builder.engine.build import BuildRequest, build_site
from site_builder.errors import BuildError
from site_builder.plugins.pictures import Placing

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 30.4"/>'


@pytest.fixture
def placing(tmp_path: Path) -> Placing:
    """Return what places the pictures of a folder with a drawing and a photograph."""
    (tmp_path / "drawing.svg").write_text(SVG)
    Image.new("RGB", (640, 480), (9, 99, 199)).save(tmp_path / "photo.jpg")
    return Placing(tmp_path, tmp_path / "cache")


def test_a_photograph_has_every_format_and_its_size(placing: Placing) -> None:
    """The browser takes the best; nothing jumps when it arrives."""
    html = placing.place('<p>Text <img alt="p" src="photo.jpg"> text</p>')

    assert html.startswith('<p>Text <picture><source type="image/avif" srcset="/assets/photo-400.')
    assert '<source type="image/webp"' in html
    assert 'width="640" height="480"' in html
    assert sorted({Path(name).suffix for name in placing.published}) == [".avif", ".jpg", ".webp"]


def test_a_drawing_is_shown_as_it_is_and_can_be_moved(placing: Placing) -> None:
    """Words in a drawing do not shrink until nobody can read them."""
    html = placing.place('<p><img alt="d" src="drawing.svg"></p>')

    assert html.startswith('<figure class="wide" tabindex="0"><img src="/assets/drawing.')
    assert 'width="40" height="30"' in html


def test_a_title_is_a_caption(placing: Placing) -> None:
    """Alone in its paragraph, a picture is a figure."""
    html = placing.place('<p><img alt="p" src="photo.jpg" title="Taken in &quot;May&quot;"></p>')

    assert html.endswith("\n<figcaption>Taken in &quot;May&quot;</figcaption></figure>")
    assert "title=" not in html


def test_several_are_a_gallery(placing: Placing) -> None:
    """Pictures that stand together are seen together."""
    html = placing.place('<p><img alt="a" src="photo.jpg">\n<img alt="b" src="drawing.svg" title="B"></p>')

    assert html.startswith('<div class="gallery">\n<figure><picture>')
    assert html.count("<figure") == 2
    assert html.endswith("<figcaption>B</figcaption></figure>\n</div>")


def test_what_is_seen_at_once_does_not_wait(placing: Placing) -> None:
    """A picture at the top is fetched with the page, one further down when the reader comes near."""
    html = placing.place(
        f'<p><img alt="a" src="photo.jpg"></p>{"<p>words</p>" * 99}<p><img alt="b" src="photo.jpg"></p>'
    )
    first, second = html.split("</picture>")[:2]

    assert 'loading="lazy"' not in first
    assert 'loading="lazy"' in second


@pytest.mark.parametrize("source", ["m%C3%BCnster%20am%20see.jpg", "münster am see.jpg", "a%26b.jpg", "a&amp;b.jpg"])
def test_a_name_may_have_any_letters(placing: Placing, source: str) -> None:
    """However Markdown or the author has written them."""
    for name in ("münster am see.jpg", "a&b.jpg"):
        Image.new("RGB", (64, 48)).save(placing.folder / name)

    assert 'width="64" height="48"' in placing.place(f'<p>x <img alt="a" src="{source}"></p>')


def test_a_size_that_the_author_gave_stays(placing: Placing) -> None:
    """Who writes a width means it."""
    tag = placing.place('<p>x <img alt="p" src="photo.jpg" width="64" height="48"></p>')

    assert tag.count(" width=") == 1
    assert 'width="64"' in tag


@pytest.mark.parametrize("source", ["https://a.example/b.png", "/assets/b.png", "{static}b.png", "data:image/png,x"])
def test_what_is_elsewhere_is_left_alone(placing: Placing, source: str) -> None:
    """Only pictures beside the text are ours to place."""
    tag = f'<p><img alt="b" src="{source}"></p>'

    assert placing.place(tag) == tag


def test_a_missing_picture_is_named(placing: Placing) -> None:
    """A page without its picture is not published."""
    with pytest.raises(BuildError, match=r"no\.svg"):
        placing.place('<img alt="x" src="no.svg">')


def test_a_drawing_that_came_with_the_text_is_a_file_of_its_own(placing: Placing) -> None:
    """No image is written into a page: the policy forbids it, and a reader would fetch it with every page."""
    encoded = b64encode(SVG.encode()).decode()
    html = placing.place(f'<p><img alt="d" src="data:image/svg+xml;base64,{encoded}" title="T"></p>')

    assert html.startswith('<figure class="wide diagram" tabindex="0"><img src="/assets/diagram.')
    assert "base64" not in html
    assert [Path(file).read_text() for file in placing.published.values()] == [SVG]


def test_a_film_from_here_waits_until_somebody_starts_it(placing: Placing) -> None:
    """With a picture in its place until then."""
    (placing.folder / "talk.mp4").write_bytes(b"film")
    html = placing.place('<p><img alt="A talk" src="talk.mp4" poster="photo.jpg"></p>')

    assert '<video controls preload="none" poster="/assets/photo-640.' in html
    assert 'width="640" height="480" aria-label="A talk" src="/assets/talk.' in html
    assert any(name.startswith("assets/talk.") for name in placing.published)


def test_a_film_from_elsewhere_is_a_picture_that_leads_there(placing: Placing) -> None:
    """Nothing is loaded from that site, and the reader sees where the click goes."""
    link = '<p><a class="video" href="https://www.films.example/x?v=1" poster="photo.jpg">A talk</a></p>'
    html = placing.place(link)

    assert html.startswith('<figure class="video"><a href="https://www.films.example/x?v=1" rel="noreferrer"><picture>')
    assert "<span>A talk <small>(films.example)</small></span>" in html
    with pytest.raises(BuildError, match="no picture"):
        placing.place('<p><a class="video" href="https://films.example/x">A talk</a></p>')


def test_what_is_shown_is_published_and_what_merely_lies_there_is_not(tiny_site: Path) -> None:
    """Of a folder, the site has what its text shows."""
    folder = tiny_site / "content" / "posts" / "first"
    Image.new("RGB", (640, 480), (9, 99, 199)).save(folder / "photo.jpg")
    Image.new("RGB", (640, 480), (99, 9, 199)).save(folder / "unused.jpg")
    post = folder / "index.md"
    post.write_text(post.read_text() + "\n![A photo](photo.jpg)\n")
    build_site(BuildRequest(tiny_site / "pelicanconf.py", tiny_site / "output"))
    names = {path.name.partition(".")[0] for path in (tiny_site / "output" / "assets").iterdir()}

    assert names == {"site", "square", "photo-400", "photo-640"}
    page = (tiny_site / "output" / "blog" / "first" / "index.html").read_text()
    for path in (tiny_site / "output" / "assets").glob("photo*"):
        assert path.name in page
