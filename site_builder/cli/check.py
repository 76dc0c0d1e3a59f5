"""The command `check`: everything that is wrong, at once."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from site_builder.cli.build import add_site_options, say_json
from site_builder.cli.terminal import FAILED, OK, Commands, say
from site_builder.engine.build import BuildRequest
from site_builder.guarded import as_typed, build_guarded
from site_builder.settings import SiteSettings, read_site_settings

if TYPE_CHECKING:
    from site_builder.checks.findings import Finding

DESCRIPTION = """\
Check the sources, and then the built site.

Sources: front matter, dates, links between texts, pictures, headings, tags, double addresses, the spelling of names.
Pages: markup, links and anchors, headings, ids, titles, what is loaded from where, structured data, weight. And the
feeds, the sitemap, security.txt, and the list of addresses that are for ever. Only what has changed is looked at again.

Each finding is `path:line:column  rule  what is wrong`, and on the next line what to do. Errors end in exit code 1;
what is only doubtful is a warning, and does not. On GitHub Actions the findings are annotations of their lines.
"""


def add_commands(commands: Commands) -> None:
    """Add `check` to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    check = commands.add_parser("check", help="check the site", description=DESCRIPTION, formatter_class=raw)
    check.add_argument("--output", type=Path, default=Path("output"), help="the built site (default: %(default)s)")
    check.add_argument("--sources", action="store_true", help="check the sources alone, and build nothing")
    check.add_argument("--external", action="store_true", help="ask other sites too whether what is linked is there")
    add_site_options(check)
    check.set_defaults(command=_check)


def _check(arguments: argparse.Namespace) -> int:
    findings = [as_typed(finding) for finding in find(arguments)]
    if arguments.json:
        say_json([{**vars(finding), "path": str(finding.path)} for finding in findings])
    else:
        for finding in findings:
            say(annotation(finding) if "GITHUB_ACTIONS" in os.environ else str(finding))
        say(count(findings))
    return FAILED if any(finding.is_error for finding in findings) else OK


def find(arguments: argparse.Namespace) -> list[Finding]:
    """Return everything that is wrong; faulty sources are not built."""
    from site_builder.checks.output import check_output  # noqa: PLC0415
    from site_builder.checks.sources import check_sources  # noqa: PLC0415
    from site_builder.sources.calendar import build_moment  # noqa: PLC0415

    site = read_site_settings(arguments.settings)
    findings = check_sources(site.content.absolute(), build_moment())
    if arguments.sources or any(finding.is_error for finding in findings):
        return findings
    report = build_guarded(BuildRequest(arguments.settings, arguments.output))
    findings += check_output(report.output, site.origin)
    if arguments.external:
        findings += _ask_others(report.output, site)
    return findings


def _ask_others(output: Path, site: SiteSettings) -> list[Finding]:
    """Ask other sites, which takes a while the first time."""
    import time  # noqa: PLC0415

    from site_builder.checks.external import (  # noqa: PLC0415
        PAUSE_SECONDS,
        ask_by_http,
        check_external,
        places_in_sources,
        where_to_mend,
    )
    from site_builder.checks.output import outward_links, read_output  # noqa: PLC0415

    # Every post has a link to its own source, and each of these would ask whoever follows it to sign in.
    places = [place for place in outward_links(read_output(output, site.origin)) if "/edit/" not in place.link.target]
    places = where_to_mend(places, places_in_sources(site.content.absolute()))
    cache = site.file.absolute().parent / ".local" / "links.json"
    return check_external(places, cache, ask_by_http(site.origin), time.time(), PAUSE_SECONDS)


def count(findings: Sequence[Finding]) -> str:
    """Say how many findings there are."""
    if not findings:
        return "No findings."
    errors = sum(finding.is_error for finding in findings)
    parts = [(errors, "error"), (len(findings) - errors, "warning")]
    return " and ".join(f"{number} {word}{'s' if number > 1 else ''}" for number, word in parts if number) + "."


def annotation(finding: Finding) -> str:
    """Write a finding so that GitHub shows it at its line."""

    def escaped(text: str, more: str = "") -> str:
        for character in ("%", "\r", "\n", *more):
            text = text.replace(character, f"%{ord(character):02X}")
        return text

    place = f"file={escaped(str(finding.path), ':,')},line={finding.line},col={finding.column}"
    title = escaped(finding.rule, ":,")
    return f"::{finding.level} {place},title={title}::{escaped(f'{finding.what}. {finding.todo}')}"
