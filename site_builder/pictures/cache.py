"""Keep what was made of a picture, by the content of the file that it was made from."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

from site_builder.pictures.recipe import ENDINGS, RECIPE, Facts, Picture, Size, Variant, choose_sizes

HASH_LENGTH = 10
ASSETS_FOLDER = "assets"


def prepare(file: Path, cache: Path) -> Picture:
    """Return a picture with its variants, made now if they are not there yet."""
    content = file.read_bytes()
    key = hashlib.sha256(content + f"{RECIPE}".encode()).hexdigest()[:32]
    index = cache / key[:2] / f"{key}.json"
    return _read(index, file) or _make(file, content, index)


def _read(index: Path, file: Path) -> Picture | None:
    try:
        known = json.loads(index.read_text())
    except (OSError, ValueError):
        return None
    facts = Facts(**known["facts"])
    variants = []
    for one in known["variants"]:
        variant_file = index.with_name(one["file"])
        if not variant_file.is_file():
            return None
        size = Size(one["format"], one["width"], one["height"])
        variants.append(
            Variant(size.format, size.width, size.height, variant_file, _name(file, facts, size, one["hash"]))
        )
    return Picture(facts, tuple(variants))


def _make(file: Path, content: bytes, index: Path) -> Picture:
    # The imaging library takes a moment to load; a build whose pictures are known does without.
    from site_builder.pictures.encoding import encode, read_facts  # noqa: PLC0415

    facts = read_facts(file)
    if facts.as_it_is:
        sizes: tuple[Size, ...] = (Size(facts.format, facts.width, facts.height),)
        bodies = [content]
    else:
        sizes = choose_sizes(facts)
        bodies = encode(file, sizes)
    variants = []
    written = []
    index.parent.mkdir(parents=True, exist_ok=True)
    for size, body in zip(sizes, bodies, strict=True):
        digest = hashlib.sha256(body).hexdigest()[:HASH_LENGTH]
        variant_file = index.with_name(f"{index.stem}-{size.width}{ENDINGS[size.format]}")
        _write(variant_file, body)
        variants.append(Variant(size.format, size.width, size.height, variant_file, _name(file, facts, size, digest)))
        written.append({**vars(size), "file": variant_file.name, "hash": digest})
    _write(index, json.dumps({"facts": vars(facts), "variants": written}).encode())
    return Picture(facts, tuple(variants))


def _name(file: Path, facts: Facts, size: Size, digest: str) -> str:
    """Return where a variant is published: the picture's name, the width, and a hash of the bytes."""
    stem = re.sub(r"[^a-z0-9]+", "-", file.stem.lower()).strip("-") or "picture"
    width = "" if facts.as_it_is else f"-{size.width}"
    return f"{ASSETS_FOLDER}/{stem}{width}.{digest}{ENDINGS[size.format]}"


def _write(file: Path, body: bytes) -> None:
    """Write a file so that nobody ever reads half of it."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_bytes(body)
    draft.replace(file)
