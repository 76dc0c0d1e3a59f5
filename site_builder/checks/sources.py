"""Check the texts of the content folder, before anything is built."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path

from site_builder.checks.across import check_across
from site_builder.checks.findings import Finding
from site_builder.checks.front_matter import check_front_matter
from site_builder.checks.links import check_links
from site_builder.checks.words import check_headings, check_terms, read_terms
from site_builder.sources.calendar import Calendar
from site_builder.sources.keys import KINDS
from site_builder.sources.text import NotUtf8Error, Source, read_source


def check_sources(content: Path, now: datetime, only: Collection[Path] | None = None) -> list[Finding]:
    """Return everything that is wrong with the texts under the folder, or with some of them alone."""
    findings: list[Finding] = []
    sources: list[Source] = []
    for kind in KINDS:
        for path in sorted((content / kind).rglob("*.md")) if only is None else _among(only, content / kind):
            try:
                sources.append(read_source(path, kind))
            except NotUtf8Error as error:
                what = f"byte {error.position} (0x{error.byte:02x}) is not UTF-8"
                todo = "Save the file as UTF-8 in your editor."
                findings.append(Finding(path, error.line, error.column, "not-utf-8", what, todo))
    calendar = Calendar(now)
    terms = read_terms(content)
    for source in sources:
        findings += _check_one(source, content, calendar, terms)
    findings += check_across(sources)
    return sorted(findings)


def _check_one(source: Source, content: Path, calendar: Calendar, terms: tuple[str, ...]) -> Iterator[Finding]:
    yield from check_front_matter(source)
    yield from check_links(source, content, calendar)
    yield from check_headings(source)
    yield from check_terms(source, terms)


def _among(only: Collection[Path], folder: Path) -> list[Path]:
    return sorted(path for path in only if path.suffix == ".md" and path.is_relative_to(folder) and path.is_file())
