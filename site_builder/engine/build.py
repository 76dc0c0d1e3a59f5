"""Build a site, or find in a moment that there is nothing to build."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from site_builder.engine.output import NOBODY_WAITS, Eager, Judge
from site_builder.engine.quick import Glance, glance, namespace_digest
from site_builder.settings import read_site_settings

KEPT: list[object] = [None]
WITH_DRAFTS = {
    "DRAFT_URL": "drafts/{slug}/",
    "DRAFT_SAVE_AS": "drafts/{slug}/index.html",
    "DRAFT_PAGE_URL": "drafts/pages/{slug}/",
    "DRAFT_PAGE_SAVE_AS": "drafts/pages/{slug}/index.html",
}
Check = Callable[[Sequence[Path] | None], None]
Progress = Callable[[str, int, int], None]


class BuildRequest(NamedTuple):
    """Which site to build, where to, and how."""

    settings: Path
    output: Path
    clean: bool = False
    jobs: int | None = None
    # Called before anything is built, with the texts that have changed, or with None for all of them.
    check: Check | None = None
    progress: Progress | None = None
    # Whether drafts are built too, under /drafts/: for eyes that are here.
    drafts: bool = False
    # Who waits for some of the pages.
    eager: Eager = NOBODY_WAITS
    # Called with every file of the finished site and a way to read one, before anything is put into its place.
    judge: Judge | None = None


class BuildReport(NamedTuple):
    """What a finished build made."""

    output: Path
    pages: int
    files: int
    made: int
    written: int
    removed: int
    seconds: float
    # Why nothing was kept from the last build; empty where something was.
    clean: str
    # What was written and removed: paths in the output.
    changed: tuple[str, ...] = ()


def build_site(request: BuildRequest) -> BuildReport:
    """Build the site; the output stays as it is until all that is new is made."""
    started = time.monotonic()
    output, settings_file = request.output.absolute(), request.settings.absolute()
    front = f"{settings_file} {'checked' if request.check else 'unchecked'}{' with drafts' if request.drafts else ''}"
    seen = glance(output, front, settings_file)
    if seen.unchanged and not request.clean:
        return BuildReport(output, seen.pages, seen.files, 0, 0, 0, time.monotonic() - started, "")
    if request.check:
        request.check(None if seen.texts is None else [Path(text) for text in seen.texts])
    return _build(request, output, front, started, seen)


def _build(request: BuildRequest, output: Path, front: str, started: float, seen: Glance) -> BuildReport:
    # Pelican takes a tenth of a second to import; a build that finds nothing to do is done by then.
    import pelican  # noqa: PLC0415

    from site_builder.engine.complaints import ComplaintError, complaints_are_errors  # noqa: PLC0415
    from site_builder.engine.pelican import SitePelican  # noqa: PLC0415

    settings_file = request.settings.absolute()
    # The command line says in one line what Pelican says in several.
    pelican.console.quiet = True
    try:
        with complaints_are_errors():
            # Whoever saves them while they are read, or while the site is built, has saved other settings than these.
            namespace = namespace_digest(settings_file)
            settings = _settings(
                request.settings, {"OUTPUT_PATH": str(output), **(WITH_DRAFTS if request.drafts else {})}
            )
            if namespace_digest(settings_file) != namespace:
                namespace = None
        # Kept until the process ends or builds again: to free ten thousand texts takes as long as to restore them.
        builder = KEPT[0] = SitePelican(
            settings,
            jobs=request.jobs,
            clean=request.clean,
            front=front,
            namespace=namespace,
            progress=request.progress,
            seen=None if request.clean else seen,
            judge=request.judge,
            eager=request.eager,
        )
        report = builder.build()
    except ComplaintError as error:
        raise error.located_in(request.settings) from error
    seconds = time.monotonic() - started
    return BuildReport(
        output,
        report.pages,
        report.files,
        report.made,
        report.written,
        report.removed,
        seconds,
        report.clean,
        report.changed,
    )


def _settings(file: Path, override: dict[str, Any]) -> dict[str, Any]:
    from pelican.settings import read_settings  # noqa: PLC0415

    try:
        settings: dict[str, Any] = read_settings(str(file), override=override)
    except Exception:
        # It says in words what is wrong with the file; where it finds nothing wrong, Pelican's own error stands.
        read_site_settings(file)
        raise
    return settings
