"""Read pictures and write their variants: with `cards`, the only module that knows Pillow."""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from site_builder.errors import BuildError
from site_builder.pictures.recipe import AVIF, GIF, JPEG, PNG, SVG, WEBP, Facts, Size

# A camera of today makes fifty; more would take minutes and gigabytes.
MOST_PIXELS = 100_000_000
MOST_ANIMATED_BYTES = 3_000_000
KINDS = {"JPEG": JPEG, "MPO": JPEG, "PNG": PNG, "GIF": GIF, "WEBP": WEBP, "AVIF": AVIF}
OPTIONS: dict[str, dict[str, object]] = {
    AVIF: {"format": "AVIF", "quality": 58, "speed": 6, "subsampling": "4:2:0"},
    WEBP: {"format": "WEBP", "quality": 78, "method": 5},
    JPEG: {"format": "JPEG", "quality": 80, "optimize": True, "progressive": True},
    PNG: {"format": "PNG", "optimize": True},
}
SVG_SPACE = "{http://www.w3.org/2000/svg}"
SVG_REFUSED = frozenset({"script", "foreignObject", "iframe", "embed", "object", "handler", "listener"})
LENGTH = re.compile(r"\s*([0-9.]+)\s*(?:px)?\s*")


@contextmanager
def _words_for(file: Path) -> Iterator[None]:
    """Say what is wrong with a file in words."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(file) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        what = f"it cannot be read as a picture: {error}"
        raise BuildError(str(file), what, "Export it again, as JPEG, PNG, WebP, AVIF, GIF or SVG.") from error


def _too_large(file: Path) -> BuildError:
    return BuildError(
        str(file),
        f"it has more than {MOST_PIXELS // 1_000_000} million pixels",
        "Make it smaller: no screen shows so many.",
    )


def read_facts(file: Path) -> Facts:
    """Look at a picture without reading all of it."""
    if file.suffix.lower() == ".svg":
        return _svg_facts(file)
    with _words_for(file), Image.open(file) as image:
        kind = KINDS.get(image.format or "")
        if kind is None:
            raise BuildError(
                str(file), f"pictures of the kind {image.format} are not shown by browsers", "Export it as JPEG or PNG."
            )
        width, height = image.size
        if width * height > MOST_PIXELS:
            raise _too_large(file)
        if image.getexif().get(0x0112, 1) >= 5:  # noqa: PLR2004 - from five on, the camera lay on its side
            width, height = height, width
        animated = getattr(image, "n_frames", 1) > 1 and kind in (GIF, WEBP, PNG, AVIF)
        if animated and file.stat().st_size > MOST_ANIMATED_BYTES:
            what = f"the animation has {file.stat().st_size / 1_000_000:.1f} MB"
            raise BuildError(str(file), what, "Make it shorter or smaller, or show it as a video.")
        return Facts(kind, width, height, animated, _is_transparent(image))


def _is_transparent(image: Image.Image) -> bool:
    return image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info


def encode(file: Path, sizes: tuple[Size, ...]) -> list[bytes]:
    """Return the variants of a picture, each as the bytes of a file."""
    with _words_for(file), Image.open(file) as image:
        widest = max(size.width for size in sizes)
        # A JPEG can be read at a half or a quarter of its size, which is most of the work for a large one.
        image.draft("RGB" if image.mode == "RGB" else None, (widest, widest))
        upright = _in_plain_colours(ImageOps.exif_transpose(image))
        return [_encode_one(upright, size) for size in sizes]


def _in_plain_colours(image: Image.Image) -> Image.Image:
    """Return the picture in the colours that every screen shows, without its profile."""
    transparent = _is_transparent(image)
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            wanted = "RGBA" if image.mode == "RGBA" else "RGB"
            turned = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode=wanted)
            if turned is not None:
                return turned
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A profile that cannot be read says nothing: the numbers are taken as they are.
            pass
    return image.convert("RGBA" if transparent else "RGB")


def _encode_one(image: Image.Image, size: Size) -> bytes:
    wanted = (size.width, size.height)
    resized = image if image.size == wanted else image.resize(wanted, Image.Resampling.LANCZOS, reducing_gap=3.0)
    if size.format == JPEG and resized.mode != "RGB":
        resized = resized.convert("RGB")
    buffer = io.BytesIO()
    clean = Image.frombytes(resized.mode, resized.size, resized.tobytes())
    clean.save(buffer, **OPTIONS[size.format])  # type: ignore[arg-type] # Pillow's options differ by format.
    return buffer.getvalue()


# --- Drawings


def _svg_facts(file: Path) -> Facts:
    """Look at a drawing, and refuse what is more than a drawing."""
    try:
        # Our own files, read at build time; the parser resolves no external entity.
        text = file.read_bytes()
        if b"<!ENTITY" in text:
            raise _svg_refused(file, "defines entities")
        root = ET.fromstring(text)  # noqa: S314
    except ET.ParseError as error:
        line, column = error.position
        raise BuildError(f"{file}:{line}:{column + 1}", f"it is no valid SVG: {error}", "Export it again.") from error
    for element in root.iter():
        _refuse_active(file, element)
    return Facts(SVG, *_svg_size(file, root))


def _refuse_active(file: Path, element: ET.Element) -> None:
    name = str(element.tag).removeprefix(SVG_SPACE)
    if name in SVG_REFUSED:
        raise _svg_refused(file, f"holds <{name}>")
    for attribute, value in element.attrib.items():
        plain = attribute.rpartition("}")[2].lower()
        if plain.startswith("on"):
            raise _svg_refused(file, f"runs a script (`{plain}`)")
        elsewhere = plain in ("href", "src") and not value.startswith(("#", "data:image/"))
        if elsewhere and (name != "a" or value.strip().lower().startswith("javascript:")):
            raise _svg_refused(file, f"refers to `{value[:60]}`")
        if "url(" in value and not re.fullmatch(r"(?:[^u]|u(?!rl\()|url\(\s*['\"]?#[^)]*\))*", value):
            raise _svg_refused(file, f"loads a file (`{plain}`)")


def _svg_refused(file: Path, what: str) -> BuildError:
    return BuildError(str(file), f"the drawing {what}", "Export it as a plain SVG: shapes and words only.")


def _svg_size(file: Path, root: ET.Element) -> tuple[int, int]:
    box = root.get("viewBox", "").replace(",", " ").split()
    try:
        if len(box) == 4:  # noqa: PLR2004 - left, top, width, height
            return max(1, round(float(box[2]))), max(1, round(float(box[3])))
        width, height = LENGTH.fullmatch(root.get("width", "")), LENGTH.fullmatch(root.get("height", ""))
        if width and height:
            return max(1, round(float(width[1]))), max(1, round(float(height[1])))
    except ValueError:
        pass
    raise BuildError(str(file), "the drawing does not say how large it is", 'Give it a viewBox, as "0 0 800 400".')
