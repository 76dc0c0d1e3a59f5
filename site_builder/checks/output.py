"""Check the finished output: every page by itself, and what they say of each other."""

from __future__ import annotations

import hashlib
import os
import pickle
import posixpath
import threading
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache, partial
from multiprocessing import get_context, parent_process
from multiprocessing.connection import wait
from pathlib import Path
from urllib.parse import unquote, urlsplit

from site_builder.checks.external import Place
from site_builder.checks.feeds import check_feed, check_sitemap
from site_builder.checks.findings import WARNING, Finding
from site_builder.checks.markup import MOST_BYTES, RULES, Flaw, Link, Page, read_page
from site_builder.checks.permanence import REDIRECTS_FILE, read_redirects
from site_builder.checks.security import SECURITY_FILE, check_security_text
from site_builder.sources.calendar import build_moment

FEED_ENDINGS = (".atom.xml", ".rss.xml", ".feed.json")
SITEMAP_FILE = "sitemap.xml"
NOT_FOUND_FILE = "404.html"
Nearest = Callable[[str], str]
# With fewer pages, a second process takes longer to start than it saves.
ENOUGH_FOR_MANY = 60
# Answered by another part of the product.
ELSEWHERE = ("/api/",)


@dataclass(frozen=True)
class Known:
    """What was found in a file, and the stamp and content that the file had."""

    stamp: tuple[int, int, int]
    digest: bytes
    page: Page


@dataclass(frozen=True)
class Output:
    """A finished output folder, read."""

    folder: Path
    origin: str
    files: frozenset[str]
    pages: Mapping[str, Page]
    feeds: Mapping[str, tuple[Flaw, ...]]
    redirects: Mapping[str, object]


def check_output(folder: Path, origin: str) -> list[Finding]:
    """Return everything that is wrong with the pages, feeds and the sitemap under the folder."""
    output = read_output(folder, origin)
    found = []
    for file, flaw in _flaws(output):
        path = folder / file
        found.append(Finding(path, flaw.line, flaw.column, flaw.rule, flaw.what, flaw.todo, flaw.level))
    return sorted(found)


def read_output(folder: Path, origin: str) -> Output:
    """Read every page under the folder that is not as it was."""
    files = frozenset(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    read = _read_pages(folder, sorted(file for file in files if file.endswith((".html", *FEED_ENDINGS))), origin)
    pages = {file: page for file, page in read.items() if file.endswith(".html")}
    feeds = {file: page.flaws for file, page in read.items() if file not in pages}
    redirects = folder / REDIRECTS_FILE
    known = read_redirects(redirects.read_bytes() if redirects.is_file() else None)
    return Output(folder, origin, files, pages, feeds, known)


def outward_links(output: Output) -> list[Place]:
    """Return every link that leads to a page of others."""
    return [Place(output.folder / file, link) for file, page in output.pages.items() for link in page.outward]


def _flaws(output: Output) -> Iterator[tuple[str, Flaw]]:
    for file, page in output.pages.items():
        for flaw in page.flaws:
            yield file, flaw
    yield from _check_links(output)
    yield from _check_canonicals(output)
    yield from _check_titles(output)
    yield from _check_weights(output)
    for file, flaws in output.feeds.items():
        for flaw in flaws:
            yield file, flaw
    yield from _check_sitemap(output)
    yield from _check_security(output)


# --- Reading, each page once


def _read_pages(folder: Path, files: list[str], origin: str) -> dict[str, Page]:
    cache = folder.with_name(f".{folder.name}.checked")
    last = _read_cache(cache, origin)
    known: dict[str, Known] = {}
    todo: list[str] = []
    for file in files:
        stamp = _stamp(folder / file)
        before = last.get(file)
        if before is not None and before.stamp == stamp:
            known[file] = before
        else:
            todo.append(file)
    fresh = dict(zip(todo, _read_all(folder, todo, origin, last), strict=True))
    known.update(fresh)
    if fresh or last.keys() != known.keys():
        _write_cache(cache, origin, known)
    return {file: known[file].page for file in files}


def _read_all(folder: Path, files: list[str], origin: str, last: Mapping[str, Known]) -> list[Known]:
    if len(files) < ENOUGH_FOR_MANY:
        return [_read_one(folder, origin, file, last.get(file)) for file in files]
    before = [last.get(file) for file in files]
    with ProcessPoolExecutor(mp_context=get_context("fork"), initializer=_end_with_parent) as pool:
        return list(pool.map(partial(_read_one, folder, origin), files, before, chunksize=32))


def _end_with_parent() -> None:
    """Have this process end when the one that began it does: killed, it tells nobody, and each would wait for ever."""
    parent = parent_process()
    assert parent is not None  # noqa: S101 - it was begun by one

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _read_one(folder: Path, origin: str, file: str, before: Known | None) -> Known:
    path = folder / file
    stamp, body = _stamp(path), path.read_bytes()
    digest = hashlib.blake2b(body, digest_size=16).digest()
    if before is not None and before.digest == digest:
        return Known(stamp, digest, before.page)
    if file.endswith(FEED_ENDINGS):
        return Known(stamp, digest, Page(flaws=tuple(check_feed(file, body, origin))))
    return Known(stamp, digest, read_page(body, origin))


def _stamp(path: Path) -> tuple[int, int, int]:
    status = path.stat()
    return status.st_size, status.st_mtime_ns, status.st_ino


def _read_cache(cache: Path, origin: str) -> dict[str, Known]:
    try:
        # Our own file beside the output, as the engine's state is.
        rules, of, known = pickle.loads(cache.read_bytes())  # noqa: S301
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is made anew
        return {}
    return known if (rules, of) == (RULES, origin) else {}


def _write_cache(cache: Path, origin: str, known: Mapping[str, Known]) -> None:
    draft = cache.with_name(f"{cache.name}.{os.getpid()}")
    draft.write_bytes(pickle.dumps((RULES, origin, dict(known)), protocol=5))
    draft.replace(cache)


# --- What pages say of each other


def _check_links(output: Output) -> Iterator[tuple[str, Flaw]]:
    addresses: dict[str, str] = {}
    for file in output.files:
        addresses[f"/{file.removesuffix('index.html')}" if _is_index(file) else f"/{file}"] = file

    @cache
    def nearest(path: str) -> str:
        # A link in the template is broken on every page; it is looked for once.
        return next(iter(get_close_matches(path, addresses, n=1)), "")

    for file, page in output.pages.items():
        for link in page.links:
            parts = urlsplit(link.target)
            path = _resolved(file, unquote(parts.path))
            if path.startswith(ELSEWHERE):
                continue
            target = addresses.get(path) if path else file
            if target is None:
                yield file, _broken(output, link, path, addresses, nearest)
            elif parts.fragment and target in output.pages and not link.loads:
                yield from ((file, flaw) for flaw in _check_anchor(output, link, target, unquote(parts.fragment)))


def _resolved(file: str, path: str) -> str:
    """Return the path that a link in a file of the output names, from the root; nothing for the page itself."""
    if not path:
        return ""
    whole = posixpath.normpath(posixpath.join(f"/{posixpath.dirname(file)}/", path)).replace("//", "/")
    return f"{whole}/" if path.endswith("/") and whole != "/" else whole


def _check_anchor(output: Output, link: Link, file: str, anchor: str) -> Iterator[Flaw]:
    ids = output.pages[file].ids
    if anchor not in ids:
        what = f"`{link.target}` leads to `#{anchor}`, which {file} does not have"
        close = get_close_matches(anchor, ids, n=1)
        todo = f"Did you mean `#{close[0]}`?" if close else "Mend the anchor, or leave it out."
        yield Flaw(link.line, link.column, "link-anchor", what, todo)


def _broken(output: Output, link: Link, path: str, addresses: Mapping[str, str], nearest: Nearest) -> Flaw:
    target, line, column = link.target, link.line, link.column
    moved = output.redirects.get(path)
    if isinstance(moved, dict) and moved.get("to"):
        what = f"`{target}` has moved to {moved['to']}"
        return Flaw(line, column, "link-moved", what, "Link the new address: a redirect costs a round trip.", WARNING)
    if isinstance(moved, dict):
        return Flaw(line, column, "link-gone", f"`{target}` is gone", "Take the link out.")
    if f"{path}/" in addresses:
        return Flaw(line, column, "link-slash", f"`{target}` lacks its last slash", f"Write {path}/.")
    close = nearest(path)
    todo = f"Did you mean {close}?" if close else "Mend the link."
    return Flaw(line, column, "link-broken", f"`{target}` leads nowhere", todo)


def _is_index(file: str) -> bool:
    return file == "index.html" or file.endswith("/index.html")


def _address(output: Output, file: str) -> str:
    return f"{output.origin}/{file.removesuffix('index.html') if _is_index(file) else file}"


def _canonical_pages(output: Output) -> dict[str, str]:
    """Return the pages that search engines are to know, by their addresses."""
    return {
        _address(output, file): file
        for file, page in output.pages.items()
        if file != NOT_FOUND_FILE and not page.noindex and page.canonical in ("", _address(output, file))
    }


def _check_canonicals(output: Output) -> Iterator[tuple[str, Flaw]]:
    known = {_address(output, file) for file in output.pages}
    for file, page in output.pages.items():
        own = _address(output, file)
        if page.canonical.startswith(f"{output.origin}/") and page.canonical not in known:
            what = f"it names {page.canonical} as its canonical address, and there is no such page"
            yield file, Flaw(1, 1, "page-canonical", what, f"It is {own}.")


def _check_titles(output: Output) -> Iterator[tuple[str, Flaw]]:
    """Find titles that tell no page from another, in a tab, a list of bookmarks or a search."""
    by_title: dict[str, list[str]] = defaultdict(list)
    for file in _canonical_pages(output).values():
        by_title[output.pages[file].title].append(file)
    for title, files in by_title.items():
        for file in files[1:]:
            what = f"its title `{title}` is also that of {files[0]}"
            yield file, Flaw(1, 1, "title-twice", what, "Let each title say what only that page is about.", WARNING)


def _check_weights(output: Output) -> Iterator[tuple[str, Flaw]]:
    """Count what a page needs before it can be read: itself, its stylesheets and its scripts, as they are sent."""
    sent: dict[str, int] = {}
    for file, page in output.pages.items():
        needed = {
            link.target.lstrip("/") for link in page.links if link.loads and link.target.endswith((".css", ".js"))
        }
        for one in needed - sent.keys():
            path = output.folder / one
            sent[one] = len(zlib.compress(path.read_bytes(), 6)) if path.is_file() else 0
        total = page.wire + sum(sent[one] for one in needed)
        if total > MOST_BYTES:
            what = (
                f"it takes {total:,} bytes on the wire before it can be read; {MOST_BYTES:,} fit into the first answer"
            )
            yield file, Flaw(1, 1, "weight", what, "Shorten it, or part it in two.", WARNING)


def _check_sitemap(output: Output) -> Iterator[tuple[str, Flaw]]:
    if SITEMAP_FILE not in output.files:
        return
    wanted = _canonical_pages(output)

    def place(address: str) -> str | None:
        path = address.removeprefix(output.origin)
        if path in output.redirects:
            return "has moved"
        file = f"{path.lstrip('/')}index.html" if path.endswith("/") else path.lstrip("/")
        return "is not for search engines" if file in output.pages else None

    for flaw in check_sitemap((output.folder / SITEMAP_FILE).read_bytes(), frozenset(wanted), place):
        yield SITEMAP_FILE, flaw


def _check_security(output: Output) -> Iterator[tuple[str, Flaw]]:
    if SECURITY_FILE in output.files:
        text = (output.folder / SECURITY_FILE).read_text(encoding="utf-8", errors="replace")
        yield from ((SECURITY_FILE, flaw) for flaw in check_security_text(text, build_moment()))
