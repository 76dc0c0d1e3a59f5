"""Let an author write `![what it shows](picture.svg)` for a picture that lies beside the text.

The page gets a link that Pelican resolves, and the picture's width and height, so that nothing jumps while it
loads.
"""

from __future__ import annotations

import re
import struct
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pelican import signals

from site_builder.errors import BuildError

# What it does depends on its arguments and the files it opens; see site_builder.engine.trust.
PURE = True
IMAGE_TAG = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\bsrc="([^"]*)"')
# A scheme, a root, an anchor, or one of Pelican's own marks: not a picture beside the text.
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/|#|\{|\|", re.IGNORECASE)
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Size:
    """A picture's natural size in CSS pixels."""

    width: int
    height: int


def place_pictures(html: str, folder: Path) -> str:
    """Return the HTML with each picture of the folder linked for Pelican and its size written down."""
    return IMAGE_TAG.sub(lambda match: _place(match.group(), folder), html)


def measure(picture: Path) -> Size | None:
    """Return the size of a PNG or SVG, or None where the format does not say or is another."""
    if picture.suffix.lower() == ".svg":
        return _svg_size(picture)
    header = picture.read_bytes()[:24]
    if header.startswith(PNG_SIGNATURE):
        return Size(*struct.unpack(">II", header[16:24]))
    return None


def _place(tag: str, folder: Path) -> str:
    source = SOURCE.search(tag)
    if not source or ELSEWHERE.match(source.group(1)):
        return tag
    picture = folder / source.group(1)
    if not picture.is_file():
        raise BuildError(
            str(picture),
            "a text shows this picture, and there is no such file",
            "Put it there, or mend the name.",
        )
    placed = tag.replace(source.group(), f'src="{{static}}{source.group(1)}"')
    size = measure(picture)
    if size and "width=" not in tag:
        closing = "/>" if placed.endswith("/>") else ">"
        body = placed.removesuffix(closing).rstrip()
        placed = f'{body} width="{size.width}" height="{size.height}" loading="lazy" decoding="async"{closing}'
    return placed


def _svg_size(picture: Path) -> Size | None:
    # Our own files, read at build time; the parser resolves no external entity.
    root = ET.fromstring(picture.read_bytes())  # noqa: S314
    box = root.get("viewBox", "").replace(",", " ").split()
    match box:
        case [_, _, width, height]:
            return Size(round(float(width)), round(float(height)))
        case _:
            return None


def _place_in(content: Any) -> None:
    # Pelican makes Static objects of pictures too; they have no text.
    if content.source_path and isinstance(content._content, str):  # noqa: SLF001 - Pelican has no other door
        content._content = place_pictures(content._content, Path(content.source_path).parent)  # noqa: SLF001


def register() -> None:
    """Connect to Pelican."""
    signals.content_object_init.connect(_place_in)
