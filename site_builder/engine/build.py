"""Build a site, or find in a moment that there is nothing to build."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from site_builder.engine.quick import find_unchanged


@dataclass(frozen=True)
class BuildRequest:
    """Which site to build, where to, and how."""

    settings: Path
    output: Path
    clean: bool = False
    jobs: int | None = None
    progress: Callable[[str, int, int], None] | None = None


@dataclass(frozen=True)
class BuildReport:
    """What a finished build made."""

    output: Path
    pages: int
    files: int
    made: int
    written: int
    removed: int
    seconds: float
    clean: str


def build_site(request: BuildRequest) -> BuildReport:
    """Build the site; the output stays as it is until all that is new is made."""
    started = time.monotonic()
    output = request.output.absolute()
    front = str(request.settings.absolute())
    unchanged = None if request.clean else find_unchanged(output, front)
    if unchanged:
        return BuildReport(output, unchanged.pages, unchanged.files, 0, 0, 0, time.monotonic() - started, "")
    # Pelican takes a tenth of a second to import; a build that finds nothing to do is done by then.
    import pelican  # noqa: PLC0415
    from pelican.settings import read_settings  # noqa: PLC0415

    from site_builder.engine.complaints import ComplaintError, complaints_are_errors  # noqa: PLC0415
    from site_builder.engine.pelican import SitePelican  # noqa: PLC0415

    # The command line says in one line what Pelican says in several.
    pelican.console.quiet = True
    try:
        with complaints_are_errors():
            settings = read_settings(str(request.settings), override={"OUTPUT_PATH": str(output)})
        report = SitePelican(
            settings,
            jobs=request.jobs,
            clean=request.clean,
            front=front,
            progress=request.progress,
        ).build()
    except ComplaintError as error:
        raise error.located_in(request.settings) from error
    return BuildReport(
        output, report.pages, report.files, report.made, report.written, report.removed, time.monotonic() - started, report.clean
    )
