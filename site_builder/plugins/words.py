"""Give templates the theme's own words, in the language of the page: `{{ words.newer }}`."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pelican import signals

from site_builder.errors import BuildError

# What it does depends on its arguments and the files it opens; see site_builder.engine.trust.
PURE = True
Words = dict[str, Any]


def read_catalogues(folder: Path, default: str) -> dict[str, Words]:
    """Return the words of each language; what one lacks is said in the site's own."""
    found = {file.stem: _read(file) for file in sorted(folder.glob("*.toml"))}
    if default not in found:
        raise BuildError(str(folder / f"{default}.toml"), "the site's own language has no words", "Write the file.")
    for language, words in found.items():
        unknown = sorted(words.keys() - found[default].keys())
        if unknown:
            what = f"`{unknown[0]}` is no word of the theme"
            raise BuildError(str(folder / f"{language}.toml"), what, f"Those of {default}.toml are all there are.")
    return {language: {**found[default], **words} for language, words in found.items()}


def _read(file: Path) -> Words:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BuildError(str(file), f"it is not valid TOML: {error}", "Mend the file.") from error


def _offer(pelican: Any) -> None:
    settings = pelican.settings
    folder = Path(pelican.theme) / "words"
    if folder.is_dir():
        settings["WORDS"] = read_catalogues(folder, settings["DEFAULT_LANG"])


def register() -> None:
    """Connect to Pelican."""
    signals.initialized.connect(_offer)
