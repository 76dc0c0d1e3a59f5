"""Draw the card that stands for a page where somebody shares it: 1200 by 630, with the page's title."""

from __future__ import annotations

import hashlib
import io
import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from site_builder.pictures.cache import ASSETS_FOLDER, HASH_LENGTH

WIDTH, HEIGHT = 1200, 630
# Changes whenever another card would be drawn; then all of them are.
RECIPE = 1
MARGIN = 84
TITLE_TOP = 92
LINE = 1.16
SIZES = (92, 80, 70, 60, 52)
MOST_LINES = 4
SMALL = 34
PAPER, INK, ACCENT = (0xFA, 0xF8, 0xF3), (0x1D, 0x1B, 0x17), (0xA8, 0x33, 0x1A)
# Fifteen shades from paper to ink, and one colour for the mark: four bits for each dot make a file of few kilobytes.
SHADES = 15


@dataclass(frozen=True)
class Card:
    """A card that is drawn: where it lies in the cache, and the name under which it is published."""

    file: Path
    name: str


def prepare_card(title: str, label: str, slug: str, cache: Path) -> Card:
    """Return the card for a title, drawn now if it is not there yet."""
    key = hashlib.sha256(f"{RECIPE}\0{title}\0{label}".encode()).hexdigest()[:32]
    file = cache / key[:2] / f"{key}.card.png"
    if not file.is_file():
        body = draw(title, label)
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f".{file.name}.{os.getpid()}")
        draft.write_bytes(body)
        draft.replace(file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:HASH_LENGTH]
    return Card(file, f"{ASSETS_FOLDER}/{slug}-card.{digest}.png")


def draw(title: str, label: str) -> bytes:
    """Draw a card: the title as large as it fits, and below it where it is from."""
    # The imaging library takes a moment to load; a build whose cards are known does without.
    from PIL import Image, ImageDraw  # noqa: PLC0415

    mask = Image.new("L", (WIDTH, HEIGHT), 0)
    pen = ImageDraw.Draw(mask)
    title = _drawable(title) or _drawable(label)
    size, lines = _fit(title)
    top = float(TITLE_TOP)
    for line in lines:
        pen.text((MARGIN, top), line, font=_font(size), fill=255)
        top += size * LINE
    base = HEIGHT - MARGIN - SMALL
    pen.text((MARGIN + 40, base), _drawable(label), font=_font(SMALL), fill=190)
    shades = mask.point([shade * (SHADES - 1) // 255 for shade in range(256)])
    card = Image.frombytes("P", shades.size, shades.tobytes())
    ImageDraw.Draw(card).rectangle((MARGIN, base + 2, MARGIN + 20, base + SMALL + 2), fill=SHADES)
    card.putpalette(_palette())
    buffer = io.BytesIO()
    card.save(buffer, "PNG", bits=4, optimize=False, compress_level=6)
    return buffer.getvalue()


def _palette() -> list[int]:
    shades = [
        round(paper + (ink - paper) * step / (SHADES - 1))
        for step in range(SHADES)
        for paper, ink in zip(PAPER, INK, strict=True)
    ]
    return [*shades, *ACCENT]


def _fit(title: str) -> tuple[int, list[str]]:
    """Return the largest size at which the title has room, and its lines; the end of a very long one is left out."""
    for size in SIZES:
        lines = _wrap(title, size)
        if len(lines) <= MOST_LINES - (1 if size >= SIZES[1] else 0):
            return size, lines
    lines = _wrap(title, SIZES[-1])
    most = MOST_LINES + 1
    return SIZES[-1], lines if len(lines) <= most else [*lines[: most - 1], f"{lines[most - 1]} …"]


def _wrap(title: str, size: int) -> list[str]:
    room = WIDTH - 2 * MARGIN
    lines: list[str] = []
    for word in title.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(size).getlength(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(_shortened(word, size, room))
    return lines


def _shortened(word: str, size: int, room: int) -> str:
    while len(word) > 1 and _font(size).getlength(word) > room:
        word = word[:-2] + "…"
    return word


def _drawable(text: str) -> str:
    """Return the text without what the font has no sign for: an empty box says less than nothing."""
    return " ".join("".join(sign for sign in text if sign == " " or _has_sign(sign)).split())


@lru_cache(maxsize=4096)
def _has_sign(sign: str) -> bool:
    missing = _font(SMALL).getmask("\uffff")
    own = _font(SMALL).getmask(sign)
    return bool(own.size != missing.size or bytes(own) != bytes(missing))


@lru_cache(maxsize=16)
def _font(size: int):  # type: ignore[no-untyped-def]  # noqa: ANN202 - the library is not loaded for a type alone
    from PIL import ImageFont  # noqa: PLC0415

    return ImageFont.load_default(size)
