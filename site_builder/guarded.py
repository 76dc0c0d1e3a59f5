"""A build with all that guards it: texts are checked before, addresses are kept, the search index follows.

What is wrong with a text is said before anything is built; a site that would lose an address is never put into its
place; and the site's own search knows what the pages say. The command line and the preview build by this alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from site_builder.engine.build import BuildReport, BuildRequest, build_site
from site_builder.settings import read_site_settings

if TYPE_CHECKING:
    from site_builder.checks.findings import Finding


def build_guarded(request: BuildRequest) -> BuildReport:
    """Check the texts that have changed, build, refuse a site that loses an address, and index it."""
    report = build_site(guarded(request))
    if report.changed or not is_indexed(report.output):
        index(report.output)
    return report


def guarded(request: BuildRequest) -> BuildRequest:
    """Return the request with its guards: the check of texts before it, and of addresses at its end."""

    def check(texts: Sequence[Path] | None) -> None:
        # A build that finds nothing to do needs none of the rules.
        from site_builder.checks.sources import check_sources  # noqa: PLC0415
        from site_builder.sources.calendar import build_moment  # noqa: PLC0415

        site = read_site_settings(request.settings)
        refuse(check_sources(site.content.absolute(), build_moment(), texts))

    def judge(files: Collection[str], read: Callable[[str], bytes | None]) -> None:
        from site_builder.checks.permanence import (  # noqa: PLC0415
            REDIRECTS_FILE,
            check_permanence,
            read_redirects,
        )
        from site_builder.sources.addresses import read_addresses  # noqa: PLC0415

        addresses = read_addresses(read_site_settings(request.settings).content.absolute())
        refuse(list(check_permanence(addresses, files, read_redirects(read(REDIRECTS_FILE)))))

    return request._replace(check=check, judge=judge)


def index(output: Path) -> None:
    """Bring the site's own search up to date, where the site has one."""
    if (output / "search" / "index.html").is_file():
        from site_builder.search.index import update_index  # noqa: PLC0415

        update_index(output)


def is_indexed(output: Path) -> bool:
    """Say whether an index has been made."""
    return any((output / "search").glob("find-layout.json"))


def refuse(findings: Sequence[Finding]) -> None:
    """Say all that is wrong; what is only doubtful does not stop a build, and `check` tells of it."""
    from site_builder.checks.findings import ContentError  # noqa: PLC0415

    errors = [as_typed(finding) for finding in findings if finding.is_error]
    if errors:
        raise ContentError(errors)


def as_typed(finding: Finding) -> Finding:
    """Name the file as a person in the project's folder would."""
    from dataclasses import replace  # noqa: PLC0415 - only where something is wrong

    return replace(finding, path=shown(finding.path))


def shown(path: Path) -> Path:
    """Return a path as a person in the project's folder would write it."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path
