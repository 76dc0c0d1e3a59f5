"""Tell which generator a folder or file is from, and read it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

from site_builder.errors import ImportingError
from site_builder.importing import GENERATORS
from site_builder.importing.values import Export

HUGO_FILES = tuple(f"{name}.{ending}" for name in ("hugo", "config") for ending in ("toml", "yaml", "yml", "json"))


def detect(source: Path) -> str:
    """Return the generator that a source is from, or say that it cannot be told."""
    if not source.exists():
        raise ImportingError(str(source), "there is no such file or folder", "Name the export, or the other site.")
    for name, is_from in MARKS.items():
        if is_from(source):
            return name
    todo = f"Say it with --from: {', '.join(GENERATORS)}."
    raise ImportingError(str(source), "it cannot be told which generator it is from", todo)


def read_export(source: Path, generator: str) -> Export:
    """Read a source with the reader of its generator."""
    if not source.exists():
        raise ImportingError(str(source), "there is no such file or folder", "Name the export, or the other site.")
    # One reader is needed, and two of them load libraries for HTML.
    if generator == "wordpress":
        from site_builder.importing.wordpress import read_wordpress  # noqa: PLC0415

        return read_wordpress(source)
    if generator == "jekyll":
        from site_builder.importing.jekyll import read_jekyll  # noqa: PLC0415

        return read_jekyll(source)
    if generator == "hugo":
        from site_builder.importing.hugo import read_hugo  # noqa: PLC0415

        return read_hugo(source)
    from site_builder.importing.medium import read_medium  # noqa: PLC0415

    return read_medium(source)


def _is_jekyll(source: Path) -> bool:
    return (source / "_posts").is_dir() or (source / "_config.yml").is_file() or (source / "_config.yaml").is_file()


def _is_hugo(source: Path) -> bool:
    known = any((source / name).is_file() for name in HUGO_FILES) or (source / "config" / "_default").is_dir()
    return known and (source / "content").is_dir()


def _is_medium(source: Path) -> bool:
    if source.is_dir():
        return any((source / "posts").glob("*.html"))
    if not zipfile.is_zipfile(source):
        return False
    try:
        with zipfile.ZipFile(source) as archive:
            return any("posts/" in name and name.endswith(".html") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return False


def _is_wordpress(source: Path) -> bool:
    if source.is_file():
        return source.suffix.lower() == ".xml"
    return len(list(source.glob("*.xml"))) == 1


# In the order of certainty: a folder of a Jekyll site may hold an .xml file of its own.
MARKS: Mapping[str, Callable[[Path], bool]] = MappingProxyType(
    {"jekyll": _is_jekyll, "hugo": _is_hugo, "medium": _is_medium, "wordpress": _is_wordpress}
)
