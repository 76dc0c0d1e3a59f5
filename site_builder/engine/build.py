"""Build the whole site into a staging folder, then put it in the place of the old one."""

from __future__ import annotations

import fcntl
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pelican
from pelican.settings import read_settings

from site_builder.engine.complaints import ComplaintError, complaints_are_errors
from site_builder.engine.pelican import SitePelican
from site_builder.errors import BuildError


@dataclass(frozen=True)
class BuildRequest:
    """Which site to build, and where to."""

    settings: Path
    output: Path


@dataclass(frozen=True)
class BuildReport:
    """What a finished build made."""

    output: Path
    pages: int
    files: int
    seconds: float


def build_site(request: BuildRequest) -> BuildReport:
    """Build the site; the old output stays as it is until the new one is whole."""
    started = time.monotonic()
    output = request.output.absolute()
    _refuse_foreign_folder(output)
    with _only_build_of(output):
        staging = output.with_name(f".{output.name}.building")
        _clear(staging)
        _run_pelican(request.settings, staging)
        report = _report(output, staging, started)
        _put_in_place(staging, output)
    return report


def _refuse_foreign_folder(output: Path) -> None:
    """Never replace a folder that no build made: it may be somebody's home."""
    occupied = output.exists() and (not output.is_dir() or any(output.iterdir()))
    if occupied and not _mark(output).exists():
        raise BuildError(
            str(output),
            "it is not empty, and no build made it",
            "Choose another --output, or remove it yourself.",
        )


def _mark(output: Path) -> Path:
    """Return the file beside the output which says that a build made it; it is the builds' lock as well."""
    return output.with_name(f".{output.name}.lock")


@contextmanager
def _only_build_of(output: Path) -> Iterator[None]:
    """Wait for any other build of the same output: two of them must not share a staging folder."""
    output.parent.mkdir(parents=True, exist_ok=True)
    with _mark(output).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _clear(folder: Path) -> None:
    """Remove what a killed build left."""
    if folder.exists():
        shutil.rmtree(folder)


def _run_pelican(settings_file: Path, staging: Path) -> None:
    # The command line says in one line what Pelican says in several.
    pelican.console.quiet = True
    try:
        with complaints_are_errors():
            settings = read_settings(str(settings_file), override={"OUTPUT_PATH": str(staging)})
        SitePelican(settings).run()
    except ComplaintError as error:
        raise error.located_in(settings_file) from error


def _report(output: Path, staging: Path, started: float) -> BuildReport:
    files = [path for path in staging.rglob("*") if path.is_file()]
    pages = [path for path in files if path.suffix == ".html"]
    if not pages:
        raise BuildError(str(output), "the build made no page at all", "Look whether PATH in the settings is right.")
    return BuildReport(output, len(pages), len(files), time.monotonic() - started)


def _put_in_place(staging: Path, output: Path) -> None:
    """Swap the folders: two renames, so a reader misses the site for microseconds, never gets half of it."""
    old = output.with_name(f".{output.name}.old")
    _clear(old)
    if output.exists():
        output.rename(old)
    staging.rename(output)
    _clear(old)
