"""The commands that read the sources: `build`, `check` and `keys`."""

from __future__ import annotations

import argparse
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from site_builder.checks.findings import ContentError
from site_builder.checks.front_matter import describe_keys
from site_builder.checks.sources import check_sources
from site_builder.cli.terminal import FAILED, OK, Commands, say
from site_builder.settings import read_site_settings

if TYPE_CHECKING:
    from site_builder.engine.build import BuildReport

BUILD_DESCRIPTION = """\
Build the whole site.

The sources are checked first, and every fault is listed with file, line and what to do. Nothing is skipped: a
post that cannot be read, a plugin that cannot be loaded or a link that leads nowhere fails the build, and the
output stays as the last good build left it.

The same sources give the same bytes, on any machine, in any time zone.
"""
CHECK_DESCRIPTION = """\
Check the sources without building: front matter, dates, links between texts, pictures, double addresses.

Each finding is `path:line  rule  what is wrong`, and on the next line what to do.
"""
KEYS_DESCRIPTION = "Explain every key of the front matter, as a Markdown table."


def add_commands(commands: Commands) -> None:
    """Add `build`, `check` and `keys` to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    build = commands.add_parser("build", help="build the site", description=BUILD_DESCRIPTION, formatter_class=raw)
    build.add_argument("--output", type=Path, default=Path("output"), help="where to (default: %(default)s)")
    check = commands.add_parser("check", help="check the sources", description=CHECK_DESCRIPTION, formatter_class=raw)
    for command in (build, check):
        command.add_argument(
            "--settings",
            type=Path,
            default=Path("pelicanconf.py"),
            help="the site's facts (default: %(default)s)",
        )
        command.add_argument("--json", action="store_true", help="print the result as JSON, for machines")
    keys = commands.add_parser("keys", help="explain what a text may begin with", description=KEYS_DESCRIPTION)
    keys.set_defaults(command=_keys)
    build.set_defaults(command=_build)
    check.set_defaults(command=_check)


def build_checked(settings: Path, output: Path) -> BuildReport:
    """Check the sources, then build them."""
    # Pelican takes a fifth of a second to import; a fault in the sources is said without it.
    findings = check_sources(read_site_settings(settings).content, _now())
    if findings:
        raise ContentError(findings)
    from site_builder.engine.build import BuildRequest, build_site  # noqa: PLC0415

    return build_site(BuildRequest(settings, output))


def _build(arguments: argparse.Namespace) -> int:
    report = build_checked(arguments.settings, arguments.output)
    if arguments.json:
        say(json.dumps({"output": str(report.output), "pages": report.pages, "files": report.files,
                        "seconds": round(report.seconds, 3)}))  # fmt: skip
    else:
        say(f"Built {report.pages} pages ({report.files} files) into {arguments.output} in {report.seconds:.2f} s.")
    return OK


def _check(arguments: argparse.Namespace) -> int:
    findings = check_sources(read_site_settings(arguments.settings).content, _now())
    if arguments.json:
        say(json.dumps([{**vars(finding), "path": str(finding.path)} for finding in findings]))
    else:
        for finding in findings:
            say(str(finding))
        say(f"{len(findings)} findings." if findings else "No findings.")
    return FAILED if findings else OK


def _keys(_: argparse.Namespace) -> int:
    say(describe_keys())
    return OK


def _now() -> datetime:
    """Return the moment a date is ahead of; it decides whether to build, and never reaches a page."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    return datetime.fromtimestamp(int(epoch), UTC) if epoch else datetime.now(UTC)
