"""Publish stylesheets, scripts, fonts and pictures under names that hold a hash of their bytes.

`/assets/site.4f1c2a9b.css` can be cached for a year: other bytes are another name. The theme's files are asked
for in a template as `{{ asset("css/site.css") }}`; a picture beside a post gets its name by itself.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pelican import signals

from site_builder.errors import BuildError

# What it does depends on its arguments and the files it opens; see site_builder.engine.trust.
PURE = True
ASSETS_FOLDER = "assets"
HASH_LENGTH = 10
PICTURES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})


def published_name(name: str, content: bytes) -> str:
    """Return where a file is published: its own name with a hash of its bytes before the ending."""
    path = Path(name)
    digest = hashlib.sha256(content).hexdigest()[:HASH_LENGTH]
    return f"{ASSETS_FOLDER}/{path.stem}.{digest}{path.suffix.lower()}"


def asset_finder(static: Path) -> Callable[[str], str]:
    """Return the function that templates call to link a file of the theme."""

    def asset(name: str) -> str:
        source = static / name
        if not source.is_file():
            raise BuildError(
                str(source),
                f'a template asks for asset("{name}"), and there is no such file',
                "Put the file there, or mend the name in the template.",
            )
        return "/" + published_name(name, source.read_bytes())

    return asset


def _offer_to_templates(pelican: Any) -> None:
    pelican.settings["JINJA_GLOBALS"]["asset"] = asset_finder(Path(pelican.theme) / "static")


def _write_theme_files(pelican: Any) -> None:
    static = Path(pelican.theme) / "static"
    for source in sorted(path for path in static.rglob("*") if path.is_file()):
        content = source.read_bytes()
        target = Path(pelican.output_path) / published_name(source.name, content)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def _name_pictures(generator: Any) -> None:
    """Set where each picture is published before any link to it is resolved."""
    for static in generator.staticfiles:
        source = Path(static.source_path)
        if source.suffix.lower() in PICTURES:
            name = published_name(source.name, source.read_bytes())
            static.override_save_as = static.override_url = name


def register() -> None:
    """Connect to Pelican."""
    signals.initialized.connect(_offer_to_templates)
    signals.static_generator_finalized.connect(_name_pictures)
    signals.finalized.connect(_write_theme_files)
