"""Pictures come out small, upright, in plain colours and without what cameras write down; odd ones are refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from site_builder.errors import BuildError
from site_builder.pictures.cache import prepare
from site_builder.pictures.encoding import encode, read_facts
from site_builder.pictures.recipe import AVIF, JPEG, PNG, WEBP, Facts, Size, choose_sizes

ORIENTATION, CAMERA, GPS = 0x0112, 0x010F, 0x8825


def photo(path: Path, size: tuple[int, int] = (640, 480), mode: str = "RGB", **options: object) -> Path:
    """Write a picture whose left half is red and whose right half is blue."""
    image = Image.new("RGB", size, (200, 30, 30))
    image.paste((30, 30, 200), (size[0] // 2, 0, *size))
    image.convert(mode).save(path, **options)  # type: ignore[arg-type]
    return path


def opened(body: bytes) -> Image.Image:
    """Return a variant as it would be seen."""
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


@given(st.sampled_from([JPEG, PNG]), st.integers(1, 9000), st.integers(1, 9000), st.booleans())
def test_no_variant_is_larger_than_the_picture(kind: str, width: int, height: int, transparent: bool) -> None:
    """Pixels that are not there cannot be sent; the shape stays; the last is for every browser."""
    sizes = choose_sizes(Facts(kind, width, height, transparent=transparent))

    assert all(size.width <= width and size.height >= 1 for size in sizes)
    assert all(abs(size.height - height * size.width / width) <= 1 for size in sizes)
    assert {size.format for size in sizes[:-1]} == {AVIF, WEBP}
    assert sizes[-1].format in (JPEG, PNG)
    assert len(set(sizes)) == len(sizes)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.avif"])
def test_every_kind_of_picture_is_made_into_every_modern_one(tmp_path: Path, name: str) -> None:
    """Each variant is what it says, in the size it says."""
    picture = prepare(photo(tmp_path / name), tmp_path / "cache")

    seen = [(opened(one.file.read_bytes()).format, opened(one.file.read_bytes()).size) for one in picture.variants]
    assert [(one.format.upper(), (one.width, one.height)) for one in picture.variants] == seen
    assert [one.width for one in picture.of(AVIF)] == [400, 640]


def test_a_picture_that_lay_on_its_side_stands_upright(tmp_path: Path) -> None:
    """What the camera notes as a turn, the variants have taken."""
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    file = photo(tmp_path / "a.jpg", exif=exif)
    facts = read_facts(file)

    assert (facts.width, facts.height) == (480, 640)
    (body,) = encode(file, (Size(PNG, 480, 640),))
    red, blue = opened(body).getpixel((240, 20)), opened(body).getpixel((240, 620))
    assert isinstance(red, tuple)
    assert isinstance(blue, tuple)
    assert red[0] > red[2]
    assert blue[2] > blue[0]


def test_what_the_camera_wrote_down_is_not_published(tmp_path: Path) -> None:
    """Where and with what a picture was taken is the author's business."""
    exif = Image.Exif()
    exif[CAMERA] = "A camera"
    exif.get_ifd(GPS)[1] = "N"
    file = photo(tmp_path / "a.jpg", exif=exif, comment=b"a secret")

    for body in encode(file, choose_sizes(read_facts(file))):
        assert b"A camera" not in body
        assert b"a secret" not in body
        assert not opened(body).getexif()


def test_the_colours_of_print_become_those_of_screens(tmp_path: Path) -> None:
    """A CMYK JPEG, with a profile or without, is seen as it was meant."""
    file = photo(tmp_path / "a.jpg", mode="CMYK")
    (body,) = encode(file, (Size(PNG, 640, 480),))

    assert opened(body).mode == "RGB"
    pixel = opened(body).getpixel((20, 20))
    assert isinstance(pixel, tuple)
    assert pixel[0] > 150 > pixel[2]


def test_a_profile_is_used_and_left_out(tmp_path: Path) -> None:
    """The numbers are turned into those of sRGB, and no variant needs a profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    file = photo(tmp_path / "a.jpg", icc_profile=profile)
    (body,) = encode(file, (Size(JPEG, 640, 480),))

    assert "icc_profile" not in opened(body).info


def test_a_very_large_picture_is_made_small(tmp_path: Path) -> None:
    """Forty megapixels are a photograph of today."""
    picture = prepare(photo(tmp_path / "a.jpg", (7300, 5500)), tmp_path / "cache")

    assert [one.width for one in picture.of(WEBP)] == [400, 800, 1200, 1600]


def test_an_animation_is_published_as_it_is(tmp_path: Path) -> None:
    """Its frames stay; its size is known."""
    frames = [Image.new("RGB", (20, 10), (shade, 0, 0)) for shade in (0, 90, 200)]
    file = tmp_path / "a.gif"
    frames[0].save(file, save_all=True, append_images=frames[1:])
    picture = prepare(file, tmp_path / "cache")

    assert picture.facts.animated
    assert [one.file.read_bytes() for one in picture.variants] == [file.read_bytes()]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jpg", b"\xff\xd8\xff\xe0 and then nothing", "cannot be read as a picture"),
        ("a.png", b"", "cannot be read as a picture"),
        ("a.jpg", b"no picture at all", "cannot be read as a picture"),
        ("a.svg", b"<svg", "no valid SVG"),
        ("a.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', "does not say how large"),
    ],
)
def test_what_is_no_picture_is_refused_in_words(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    """The author learns which file, and what to do."""
    (tmp_path / name).write_bytes(content)

    with pytest.raises(BuildError, match=words):
        prepare(tmp_path / name, tmp_path / "cache")


def test_half_a_picture_is_refused(tmp_path: Path) -> None:
    """A copy that was broken off is not published with a grey half."""
    file = photo(tmp_path / "a.jpg")
    file.write_bytes(file.read_bytes()[:-200])

    with pytest.raises(BuildError, match="cannot be read as a picture"):
        prepare(file, tmp_path / "cache")


def test_a_picture_of_too_many_dots_is_refused(tmp_path: Path) -> None:
    """A small file can claim to be enormous; it is not unpacked to see."""
    file = tmp_path / "a.png"
    Image.new("1", (20000, 20000)).save(file)

    with pytest.raises(BuildError, match="million pixels"):
        prepare(file, tmp_path / "cache")


SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 40 30">{}</svg>'


@pytest.mark.parametrize(
    "inner",
    [
        "<script>alert(1)</script>",
        '<rect onclick="alert(1)"/>',
        '<image href="https://a.example/b.png"/>',
        '<use xlink:href="https://a.example/b.svg#c"/>',
        '<a href="javascript:alert(1)"><rect/></a>',
        '<rect fill="url(https://a.example/b#c)"/>',
        "<foreignObject><p>x</p></foreignObject>",
    ],
)
def test_a_drawing_that_does_something_is_refused(tmp_path: Path, inner: str) -> None:
    """A drawing is shapes and words."""
    (tmp_path / "a.svg").write_text(SVG.format(inner))

    with pytest.raises(BuildError, match="the drawing"):
        read_facts(tmp_path / "a.svg")


def test_a_drawing_passes_as_it_is(tmp_path: Path) -> None:
    """References within it are its own."""
    file = tmp_path / "a.svg"
    file.write_text(SVG.format('<defs><g id="c"/></defs><use href="#c"/><rect fill="url(#c)"/>'))
    picture = prepare(file, tmp_path / "cache")

    assert (picture.facts.width, picture.facts.height) == (40, 30)
    assert picture.fallback.file.read_bytes() == file.read_bytes()


def test_what_is_made_once_is_not_made_again(tmp_path: Path) -> None:
    """The cache is keyed by content: another name is the same picture, other bytes are another."""
    first = prepare(photo(tmp_path / "a.jpg"), tmp_path / "cache")
    stamps = [one.file.stat().st_mtime_ns for one in first.variants]
    second = prepare(photo(tmp_path / "b.jpg"), tmp_path / "cache")

    assert [one.file.stat().st_mtime_ns for one in second.variants] == stamps
    assert [one.name.replace("b-", "a-") for one in second.variants] == [one.name for one in first.variants]


def test_a_cache_with_a_hole_is_mended(tmp_path: Path) -> None:
    """Whatever is deleted from it is made again."""
    first = prepare(photo(tmp_path / "a.jpg"), tmp_path / "cache")
    first.variants[0].file.unlink()

    assert prepare(tmp_path / "a.jpg", tmp_path / "cache") == first
    assert first.variants[0].file.is_file()
