"""Which variants a picture gets: decided from its size and kind alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

# Changes whenever another picture would come out; then all of them are made anew.
RECIPE = 1
# The column is 50rem at most, and a screen may have two dots for each of its pixels.
WIDTHS = (400, 800, 1200, 1600)
# What browsers without the modern formats get, and what is shared: one size is enough.
FALLBACK_WIDTH = 1200
JPEG, PNG, GIF, SVG, WEBP, AVIF = "jpeg", "png", "gif", "svg", "webp", "avif"
ENDINGS = {JPEG: ".jpg", PNG: ".png", GIF: ".gif", SVG: ".svg", WEBP: ".webp", AVIF: ".avif"}
MODERN = (AVIF, WEBP)


@dataclass(frozen=True)
class Facts:
    """What a picture is: its size as it is seen, turned upright."""

    format: str
    width: int
    height: int
    animated: bool = False
    transparent: bool = False

    @property
    def as_it_is(self) -> bool:
        """Say whether the file itself is published: drawings scale, and films have frames."""
        return self.format == SVG or self.animated


@dataclass(frozen=True)
class Size:
    """One variant to be made."""

    format: str
    width: int
    height: int


@dataclass(frozen=True)
class Variant:
    """One variant that is made: where it lies in the cache, and the name under which it is published."""

    format: str
    width: int
    height: int
    file: Path
    name: str


@dataclass(frozen=True)
class Picture:
    """A picture with everything that a page needs to show it; the last variant is for every browser."""

    facts: Facts
    variants: tuple[Variant, ...]

    @property
    def fallback(self) -> Variant:
        """The variant that every browser can show."""
        return self.variants[-1]

    def of(self, kind: str) -> tuple[Variant, ...]:
        """Return the variants of a modern format, the smallest first."""
        return tuple(one for one in self.variants[:-1] if one.format == kind)


def choose_sizes(facts: Facts) -> tuple[Size, ...]:
    """Return the variants to make, never larger than the picture; the last is the fallback."""
    widths = [width for width in WIDTHS if width < facts.width]
    # Its own width too, unless that is more than anybody can see.
    if not widths or facts.width <= WIDTHS[-1]:
        widths.append(facts.width)
    sizes = [_size(facts, kind, width) for kind in MODERN for width in widths]
    plain = PNG if facts.transparent or facts.format in (PNG, GIF) else JPEG
    return (*sizes, _size(facts, plain, min(FALLBACK_WIDTH, facts.width)))


def _size(facts: Facts, kind: str, width: int) -> Size:
    return Size(kind, width, max(1, round(facts.height * width / facts.width)))
