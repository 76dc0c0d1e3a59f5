"""Write a report as one comment: what is in it was written by others, so nothing of it is Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from tools.pull_request.report import Marks, Page, Picture, Report

# By this line the comment is found again; it is the first one.
MARKER = "<!-- zichkoding: what this pull request shows -->"
# GitHub's own limit, in characters.
LONGEST = 65_536
MOST_ROWS = 40
# Below the preview's address; what lies there is of the comment, and no page of the site.
PICTURES = "pull-request"
# Anything else in an address is written as an address has it: no backtick, bracket, bar or at-sign is left.
ODD = re.compile(r"[^\w/.~-]")
CATEGORIES = ("performance", "accessibility", "best practices", "SEO")
WIDTHS = {"desktop": 800, "phone": 400}


@dataclass(frozen=True)
class Shown:
    """Where a change can be tried, and until when."""

    url: str
    release: str
    until: int


def write_comment(report: Report, shown: Shown, commit: str = "") -> str:
    """Return the comment, short enough for GitHub."""
    rows = MOST_ROWS
    while True:
        text = "\n".join(_lines(report, shown, commit, rows)) + "\n"
        if len(text) <= LONGEST:
            return text
        rows //= 2


def write_closed() -> str:
    """Return what is left of the comment when there is nothing to try any more."""
    return f"{MARKER}\nThe preview of this pull request was removed.\n"


def _lines(report: Report, shown: Shown, commit: str, rows: int) -> Iterator[str]:
    yield MARKER
    yield f"### [Try it]({shown.url})"
    yield ""
    of = f" of `{commit[:12]}`" if re.fullmatch(r"[0-9a-f]{7,64}", commit) else ""
    until = f"{datetime.fromtimestamp(shown.until, UTC):%Y-%m-%d}"
    yield f"Release `{report.after[:12]}`{of}, until {until}. {_summary(report)}"
    yield ""
    if report.pages:
        yield from _table(report, shown, rows)
    yield from _pictures(report, shown)
    yield from _marks(report, shown)
    yield "<sub>Written anew with each push. Weights are what a first visit is sent, compressed.</sub>"


def _summary(report: Report) -> str:
    if not report.pages and not report.others:
        return "No file differs."
    counted = ", ".join(f"{report.of_kind(kind)} {kind}" for kind in ("added", "changed", "removed"))
    others = f"; {report.others} other files differ" if report.others else ""
    return f"Pages: {counted}{others}."


def _table(report: Report, shown: Shown, rows: int) -> Iterator[str]:
    yield "| page | | before | after | |"
    yield "|---|---|--:|--:|--:|"
    # What grew or came first: that is what somebody has to look at.
    ordered = sorted(report.pages, key=lambda page: (page.kind == "removed", page.before - page.after, page.path))
    for page in ordered[:rows]:
        yield _row(page, shown)
    if len(ordered) > rows:
        yield f"\n… and {len(ordered) - rows:,} more."
    yield ""


def _row(page: Page, shown: Shown) -> str:
    name = f"`{plain(page.path)}`" if page.kind == "removed" else _link(page.path, shown)
    before = kilobytes(page.before) if page.kind != "added" else ""
    after = kilobytes(page.after) if page.kind != "removed" else ""
    return f"| {name} | {page.kind} | {before} | {after} | {page.after - page.before:+,} B |"


def _pictures(report: Report, shown: Shown) -> Iterator[str]:
    if not report.looked:
        return
    seen = {picture.path for picture in report.pictures}
    words = "before on the left, after on the right" if seen else "none looks different"
    yield f"#### To the eye\n\n{report.looked} pages were looked at, large and on a phone; {words}."
    yield ""
    for path in dict.fromkeys(picture.path for picture in report.pictures):
        yield f"<details><summary><code>{plain(path)}</code></summary>\n"
        yield from (_image(picture, shown) for picture in report.pictures if picture.path == path)
        yield "\n</details>\n"


def _image(picture: Picture, shown: Shown) -> str:
    source = f"{shown.url}{PICTURES}/{picture.file}"
    words = f"{picture.view}, {picture.moved:.1%} of it differs"
    return f'<p>{words}<br><img src="{source}" width="{WIDTHS[picture.view]}" alt="{words}"></p>'


def _marks(report: Report, shown: Shown) -> Iterator[str]:
    yield "#### Lighthouse"
    yield ""
    if report.marks:
        yield f"| page | {' | '.join(CATEGORIES)} | largest part |"
        yield f"|---|{'--:|' * (len(CATEGORIES) + 1)}"
        yield from (_marked(one, shown) for one in report.marks)
        yield ""
    if report.unmarked:
        yield f"No marks: `{ODD.sub(' ', report.unmarked)}`."
        yield ""


def _marked(one: Marks, shown: Shown) -> str:
    cells = [_step(before, after) for before, after in zip(one.before or one.after, one.after, strict=True)]
    late = f"{one.after_ms:,} ms" + (f" ({one.after_ms - one.before_ms:+,})" if one.before else "")
    return f"| {_link(one.path, shown)} | {' | '.join(cells)} | {late} |"


def _step(before: int, after: int) -> str:
    return str(after) if before == after else f"{before} → **{after}**"


def _link(path: str, shown: Shown) -> str:
    return f"[`{plain(path)}`]({shown.url}{quote(path.lstrip('/'), safe='/')})"


def plain(path: str) -> str:
    """Return an address as it can stand in Markdown and HTML without being any."""
    return ODD.sub(lambda found: quote(found[0]), path)


def kilobytes(size: int) -> str:
    """Say how much that is."""
    return f"{size / 1000:,.1f} kB"
