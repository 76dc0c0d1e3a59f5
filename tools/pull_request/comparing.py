"""Compare two built folders: which pages came, changed and went, and what each of them weighs."""

from __future__ import annotations

from pathlib import Path

from site_builder.errors import SiteError
from site_builder.release.compare import Difference, compare
from site_builder.release.manifest import Manifest, seal
from tools.pull_request import looking
from tools.pull_request.report import Page, Report, ReportError
from tools.pull_request.weighing import weigh_page

INDEX = "index.html"


def compare_folders(before: Path, after: Path, pictures: Path, most_marks: int) -> Report:
    """Find out everything about a change; the pictures go into a folder."""
    old, new = _seal(before), _seal(after)
    pages, others = find_pages(old, new, before, after)
    chosen = looking.choose_pages(pages, looking.MOST_LOOKED)
    if not chosen:
        return Report(old.digest, new.digest, pages, others, 0, (), (), "no page is new or changed")
    with looking.serving(before, after) as sides:
        taken = looking.take_pictures(sides, chosen, pictures)
        marks, unmarked = looking.ask_lighthouse(sides, chosen, most_marks)
    return Report(old.digest, new.digest, pages, others, len(chosen), taken, marks, unmarked)


def _seal(output: Path) -> Manifest:
    if not output.is_dir():
        todo = "Build it: `make build` for this folder, the same in a worktree of the base."
        raise ReportError(f"{output}: there is no such folder.\n  {todo}")
    try:
        return seal(output)
    except SiteError as error:
        raise ReportError(str(error)) from error


def find_pages(old: Manifest, new: Manifest, before: Path, after: Path) -> tuple[tuple[Page, ...], int]:
    """Return the pages that differ, by their addresses, and how many other files do."""
    differences = compare(old, new)
    pages = [_weighed(one, before, after) for one in differences if one.path.endswith(".html")]
    return tuple(sorted(pages, key=lambda page: page.path)), len(differences) - len(pages)


def _weighed(one: Difference, before: Path, after: Path) -> Page:
    return Page(
        address_of(one.path),
        one.kind,
        weigh_page(before, one.path) if one.before else 0,
        weigh_page(after, one.path) if one.after else 0,
    )


def address_of(file: str) -> str:
    """Return the address at which a file of the output is."""
    return f"/{file.removesuffix(INDEX) if file == INDEX or file.endswith(f'/{INDEX}') else file}"
