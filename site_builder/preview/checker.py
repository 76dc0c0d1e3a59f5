"""Index and check what was just built, and print the findings as JSON: for the preview, when nobody waits.

python -m site_builder.preview.checker pelicanconf.py .local/preview [--unchecked]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from site_builder.checks.findings import Finding
from site_builder.checks.output import check_output
from site_builder.checks.sources import check_sources
from site_builder.guarded import index
from site_builder.settings import read_site_settings
from site_builder.sources.calendar import build_moment


def main() -> None:
    """Check sources and pages; the pages alone where the texts have rules of their own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("settings", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("--unchecked", action="store_true")
    asked = parser.parse_args()
    os.nice(10)
    site = read_site_settings(asked.settings)
    index(asked.output)
    findings = [] if asked.unchecked else check_sources(site.content.absolute(), build_moment())
    findings += [one for one in check_output(asked.output, site.origin) if not _waits(one, asked.output, site.lists)]
    json.dump([{**vars(finding), "path": str(finding.path)} for finding in findings], sys.stdout)


def _waits(finding: Finding, output: Path, lists: tuple[str, ...]) -> bool:
    """Say whether a draft links to a list of posts that will be there with its first post, which it may be itself."""
    is_draft = finding.path.is_relative_to(output / "drafts")
    return is_draft and finding.rule == "link-broken" and finding.what.removeprefix("`").startswith(lists)


if __name__ == "__main__":
    main()
