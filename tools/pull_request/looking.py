"""Look at changed pages before and after: pictures side by side, and Lighthouse's marks."""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page as Tab

from site_builder.preview.origin import FolderOrigin, working_values
from site_builder.preview.stack import Project, running_site
from tools import lighthouse
from tools.browser import find_browser
from tools.node_tools import LIGHTHOUSE, install_tool
from tools.pull_request.report import Marks, Page, Picture, ReportError

ROOT = Path(__file__).resolve().parents[2]
SIZES = {"desktop": (1280, 900), "phone": (400, 860)}
# What is below is not looked at: a picture is to be read in a comment.
TALLEST = 1800
MOST_LOOKED = 12
MOST_SHOWN = 6
# A difference that nobody sees is none: smoothed edges of the same letter.
SEEN = 12
LEAST_MOVED = 0.0002
GAP = 24
API = re.compile(r"https?://[^/]+/api/")
# Pages that are answers: nobody can ask for them by name.
ANSWERS = ("/404.html", "/410.html", "/503.html")
QUALITY = 78


@dataclass(frozen=True)
class Sides:
    """Where the site is served as it was and as it would be."""

    before: str
    after: str


@contextmanager
def serving(before: Path, after: Path) -> Iterator[Sides]:
    """Serve two built folders as the CDN does until the block ends."""
    with ExitStack() as parts:
        urls = []
        for output in (before, after):
            local = Path(parts.enter_context(tempfile.TemporaryDirectory(prefix="zichkoding-compare-")))
            values = partial(working_values, output)
            urls.append(parts.enter_context(running_site(Project(ROOT, local), FolderOrigin(output), values, port=0)))
        yield Sides(urls[0].url, urls[1].url)


def choose_pages(pages: Sequence[Page], most: int) -> list[Page]:
    """Choose pages to look at: what is new first, then changed ones from the whole length of the list."""
    added, changed = (
        [one for one in pages if one.kind == kind and one.path not in ANSWERS] for kind in ("added", "changed")
    )
    left = max(0, most - len(added))
    sample = changed if len(changed) <= left else [changed[index * len(changed) // left] for index in range(left)]
    return [*added[:most], *sample]


def take_pictures(sides: Sides, pages: Sequence[Page], folder: Path) -> tuple[Picture, ...]:
    """Take pictures of pages, and keep those that differ most."""
    program = find_browser()
    if program is None:
        raise ReportError("there is no browser to take pictures with.\n  Run `make setup`, or name one in CHROMIUM.")
    folder.mkdir(parents=True, exist_ok=True)
    taken: list[tuple[float, Page, str, bytes]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program)
        for view, (width, height) in SIZES.items():
            tab = _open_tab(browser, width, height)
            for page in pages:
                shot = _photograph(tab, sides.after + page.path)
                old = _photograph(tab, sides.before + page.path) if page.kind == "changed" else None
                moved, picture = side_by_side(old, shot)
                if moved >= LEAST_MOVED:
                    taken.append((moved, page, view, picture))
        browser.close()
    return tuple(_kept(taken, folder))


def _kept(taken: list[tuple[float, Page, str, bytes]], folder: Path) -> Iterator[Picture]:
    largest: dict[str, float] = {}
    for moved, page, _, _ in taken:
        largest[page.path] = max(moved, largest.get(page.path, 0.0))
    shown = sorted(largest, key=lambda path: (-largest[path], path))[:MOST_SHOWN]
    for number, path in enumerate(shown, 1):
        for moved, page, view, picture in taken:
            if page.path == path:
                file = f"{number}-{view}.jpg"
                (folder / file).write_bytes(picture)
                yield Picture(path, view, file, round(moved, 4))


def _open_tab(browser: Browser, width: int, height: int) -> Tab:
    context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
    # There is no API beside the two; what asks for it is to end at once.
    context.route(API, lambda route: route.abort())
    return context.new_page()


def _photograph(tab: Tab, url: str) -> bytes:
    size = tab.viewport_size
    assert size is not None  # noqa: S101 - it was opened with one
    try:
        tab.goto(url)
    except PlaywrightError as error:
        raise ReportError(
            f"{url} cannot be looked at: {error.message.splitlines()[0]}.\n  Open it in a browser."
        ) from error
    tall = min(TALLEST, int(tab.evaluate("document.documentElement.scrollHeight")))
    tab.set_viewport_size({"width": size["width"], "height": max(size["height"], tall)})
    shot = tab.screenshot(animations="disabled", caret="hide")
    tab.set_viewport_size(size)
    return shot


def side_by_side(before: bytes | None, after: bytes) -> tuple[float, bytes]:
    """Return which share of two screenshots differs, and both beside each other; a new one stands alone."""
    new = _opened(after)
    if before is None:
        return 1.0, _jpeg(new)
    old = _opened(before)
    width, height = max(old.width, new.width), max(old.height, new.height)
    canvases = []
    for one in (old, new):
        canvas = Image.new("RGB", (width, height), "white")
        canvas.paste(one, (0, 0))
        canvases.append(canvas)
    apart = ImageChops.difference(*canvases).convert("L").point([0] * SEEN + [255] * (256 - SEEN))
    share = apart.histogram()[255] / (width * height)
    both = Image.new("RGB", (2 * width + GAP, height), "#888888")
    both.paste(canvases[0], (0, 0))
    both.paste(canvases[1], (width + GAP, 0))
    return share, _jpeg(both)


def _opened(shot: bytes) -> Image.Image:
    return Image.open(io.BytesIO(shot)).convert("RGB")


def _jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY, optimize=True)
    return file.getvalue()


Look = Callable[[str, str], lighthouse.Report]


def ask_lighthouse(sides: Sides, pages: Sequence[Page], most: int) -> tuple[tuple[Marks, ...], str]:
    """Return the marks of some pages before and after, or why there are none."""
    if most == 0:
        return (), "it was not asked"
    if trouble := install_tool(LIGHTHOUSE):
        return (), trouble
    with tempfile.TemporaryDirectory(prefix="zichkoding-lighthouse-") as name, ExitStack() as parts:
        folders = [Path(name) / "before", Path(name) / "after"]
        urls = []
        for folder, url in zip(folders, (sides.before, sides.after), strict=True):
            folder.mkdir()
            urls.append(parts.enter_context(lighthouse.cdn_before(url, folder)))
        # A page that was there before says more: its marks may have fallen.
        chosen = sorted(pages, key=lambda page: page.kind != "changed")[:most]
        return compare_marks(Sides(*urls), chosen, lighthouse.look_at)


def compare_marks(sides: Sides, pages: Sequence[Page], look: Look) -> tuple[tuple[Marks, ...], str]:
    """Ask for the marks of pages on both sides; a busy machine may be answered nothing."""
    marks: list[Marks] = []
    for page in pages:
        try:
            after = look(sides.after, page.path)
            before = look(sides.before, page.path) if page.kind == "changed" else None
        except lighthouse.NoReportError as error:
            return tuple(marks), f"it came to no end with {page.path}: {str(error)[-200:]}"
        marks.append(
            Marks(
                page.path, before.marks if before else (), after.marks,
                round(before.lcp_ms) if before else 0, round(after.lcp_ms),
            )
        )  # fmt: skip
    return tuple(marks), ""
