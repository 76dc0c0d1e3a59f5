"""Every fault of the sources is found, said where it is, and said what to do about."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from site_builder.checks.findings import ContentError
from site_builder.checks.sources import check_sources

INVALID = Path(__file__).parents[2] / "sites" / "invalid"
FAULTS = sorted(folder.name for folder in INVALID.iterdir() if folder.is_dir())
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def findings_of(site: Path) -> str:
    """Return what the check says of a site, with paths from the site's folder."""
    return "".join(f"{finding}\n" for finding in check_sources(site / "content", NOW)).replace(f"{site}/", "")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_reported_with_its_place_and_what_to_do(fault: str, tiny_site: Path) -> None:
    """Each folder of invalid sites gives exactly the findings beside it."""
    expected = (INVALID / fault / "expected.txt").read_text()
    shutil.copytree(INVALID / fault, tiny_site, dirs_exist_ok=True)

    assert findings_of(tiny_site) == expected


def test_a_site_without_faults_has_no_findings(tiny_site: Path) -> None:
    """The check does not cry wolf."""
    assert findings_of(tiny_site) == ""


def test_the_project_itself_has_no_findings(project_root: Path) -> None:
    """What we publish keeps our own rules."""
    assert check_sources(project_root / "content", datetime.now(UTC)) == []


def test_code_is_not_searched_for_links(tiny_site: Path) -> None:
    """A sample of Markdown in a post is no link of that post."""
    post = tiny_site / "content" / "posts" / "first" / "index.md"
    post.write_text(post.read_text() + "\n```markdown\n[no](nowhere.md)\n```\n\nand `[no](nowhere.md)` too\n")

    assert findings_of(tiny_site) == ""


def test_all_faults_are_said_at_once(tiny_site: Path) -> None:
    """An author mends a list, not a series of first errors."""
    (tiny_site / "content" / "pages" / "about.md").write_text("Titel: About\n\n![](x.svg)\n")

    error = ContentError(check_sources(tiny_site / "content", NOW))

    assert [finding.rule for finding in error.findings] == [
        "front-matter-missing",
        "front-matter-missing",
        "front-matter-unknown",
        "link-missing",
        "picture-without-words",
    ]
    assert "5 faults found" in str(error)
