"""What a page weighs as the CDN sends it: itself, and every stylesheet, script and picture that it loads."""

from __future__ import annotations

from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import brotli

# What CloudFront takes for its own compression.
EFFORT = 5
COMPRESSED = (".html", ".css", ".js", ".svg", ".json", ".xml", ".webmanifest")
ATTRIBUTES = {"script": "src", "img": "src", "video": "poster"}


class _Loaded(HTMLParser):
    """Collects what a page loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "link" and "stylesheet" in (given.get("rel") or "").split():
            self.addresses.add(given.get("href") or "")
        elif tag in ATTRIBUTES:
            self.addresses.add(given.get(ATTRIBUTES[tag]) or "")


def weigh_page(output: Path, file: str) -> int:
    """Return the bytes that a visitor gets who has been nowhere yet."""
    loaded = _Loaded()
    loaded.feed((output / file).read_text(encoding="utf-8", errors="replace"))
    own = {unquote(urlsplit(one).path) for one in loaded.addresses if one.startswith("/") and not one.startswith("//")}
    files = [output / path.lstrip("/") for path in own]
    return _sent(output / file) + sum(_sent(one) for one in files if one.is_file())


@lru_cache(maxsize=4096)
def _sent(file: Path) -> int:
    body = file.read_bytes()
    return len(brotli.compress(body, quality=EFFORT)) if file.suffix in COMPRESSED else len(body)
