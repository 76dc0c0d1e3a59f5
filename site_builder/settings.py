"""The few facts of pelicanconf.py that are needed outside the build, read once into a frozen value."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import NamedTuple

from site_builder.errors import BuildError

LISTS = ("CATEGORY_URL", "TAG_URL", "AUTHOR_URL")


class SiteSettings(NamedTuple):
    """Where the site's sources are."""

    file: Path
    content: Path
    theme: Path
    origin: str
    author: str
    # What the addresses of lists of posts begin with: such a list is there as soon as one of its posts is published.
    lists: tuple[str, ...] = ()


def read_site_settings(file: Path) -> SiteSettings:
    """Run the settings file and take what is needed, or say what is wrong with it."""
    if not file.is_file():
        raise BuildError(
            str(file),
            "there is no such settings file",
            "Run from the project's folder, or name one with --settings.",
        )
    values = _run(file)
    content = file.parent / str(values.get("PATH", "content"))
    if not content.is_dir():
        raise BuildError(f"{file} (PATH)", f"there is no folder {content}", "The texts belong there.")
    return SiteSettings(
        file=file,
        content=content,
        theme=file.parent / str(values.get("THEME", "theme")),
        origin=str(values.get("SITE_ORIGIN", "")),
        author=str(values.get("AUTHOR", "")),
        lists=tuple(f"/{str(values[name]).partition('{')[0]}" for name in LISTS if values.get(name)),
    )


def _run(file: Path) -> dict[str, object]:
    try:
        return runpy.run_path(str(file))
    except SyntaxError as error:
        raise BuildError(f"{file}:{error.lineno}", f"it is not valid Python: {error.msg}", "Mend that line.") from error
    except Exception as error:
        raise BuildError(str(file), f"running it failed: {error!r}", "Mend the settings file.") from error
