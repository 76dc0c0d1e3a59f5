"""Build a site, or find in a moment that there is nothing to build."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


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
    # Pelican takes a tenth of a second to import; a build that finds nothing to do is done by then.
    import pelican  # noqa: PLC0415
    from pelican.settings import read_settings  # noqa: PLC0415

    from site_builder.engine.complaints import ComplaintError, complaints_are_errors  # noqa: PLC0415
    from site_builder.engine.pelican import SitePelican  # noqa: PLC0415

    # The command line says in one line what Pelican says in several.
    pelican.console.quiet = True
    output = request.output.absolute()
    try:
        with complaints_are_errors():
            settings = read_settings(str(request.settings), override={"OUTPUT_PATH": str(output)})
        report = SitePelican(
            settings,
            jobs=request.jobs,
            clean=request.clean,
            front=str(request.settings.absolute()),
            progress=request.progress,
        ).build()
    except ComplaintError as error:
        raise error.located_in(request.settings) from error
    return BuildReport(
        output, report.pages, report.files, report.made, report.written, report.removed, report.seconds, report.clean
    )
