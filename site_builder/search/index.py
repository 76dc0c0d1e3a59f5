"""Write the index of a finished output, and only those of its files that are not as they should be."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from pathlib import Path

from site_builder.search.words import Document, read_document

FOLDER = "search"
PREFIX = "find-"
SCHEMA = 2
PATIENCE_SECONDS = 60
# A small site has few files, a large one small files: beyond each number of pages, the files are parted further.
STEPS = ((300, 1, 1), (20_000, 2, 16), (1 << 62, 3, 256))
TABLES = """
create table if not exists pages (path text primary key, size int, changed int, digest blob, id text, shown text);
create table if not exists postings (id text, word text, weight int, primary key (word, id)) without rowid;
create index if not exists of_page on postings (id, word, weight);
create table if not exists files (name text primary key);
"""
Weights = dict[str, int]


@dataclass(frozen=True)
class Layout:
    """How the index is parted: by so many first letters, and the list of pages into so many files."""

    letters: int
    parts: int


@dataclass(frozen=True)
class Indexed:
    """What an update of the index did."""

    pages: int
    read: int
    written: int


def update_index(output: Path) -> Indexed:
    """Bring the index of an output folder up to date."""
    file = output.with_name(f".{output.name}.search.sqlite3")
    try:
        return _update(output, file)
    except sqlite3.DatabaseError as error:
        # The kinds of it are other troubles, as a full disk: making it anew mends only what is no database any more.
        if type(error) is not sqlite3.DatabaseError:
            raise
        file.unlink()
        return _update(output, file)


def _update(output: Path, file: Path) -> Indexed:
    with closing(_open(file)) as store, store:
        # From the first look on: what is known of the pages must not change before it is written.
        store.execute("begin immediate")
        read, words = _read_changed(output, store)
        (number,) = store.execute("select count(*) from pages where id is not null").fetchone()
        layout = next(Layout(letters, parts) for most, letters, parts in STEPS if number <= most)
        is_whole = _layout_of(output) == layout and _is_whole(output, store)
        written = _write_changed(output, store, layout, words) if is_whole else _write_all(output, store, layout)
    return Indexed(number, read, written)


def _open(file: Path) -> sqlite3.Connection:
    # Another build of the same output may be at it; it is done soon.
    store = sqlite3.connect(file, timeout=PATIENCE_SECONDS, isolation_level=None)
    # It can be made again from the pages at any time; what is lost when the power fails is time.
    store.execute("pragma synchronous = off")
    if store.execute("pragma user_version").fetchone()[0] != SCHEMA:
        store.executescript("drop table if exists pages; drop table if exists postings; drop table if exists files;")
        store.execute(f"pragma user_version = {SCHEMA}")
    store.executescript(TABLES)
    return store


# --- Reading what has changed


def _read_changed(output: Path, store: sqlite3.Connection) -> tuple[int, set[str]]:
    """Read the pages that are not as they were, and return how many, and the words of which the index now differs."""
    known = {row[0]: row[1:] for row in store.execute("select path, size, changed, digest, id from pages")}
    touched: set[str] = set()
    postings: list[tuple[str, str, int]] = []
    read = 0
    for path, size, changed in _pages(output):
        before = known.pop(path, None)
        if before is not None and before[:2] == (size, changed):
            continue
        body = (output / path).read_bytes()
        digest = hashlib.blake2b(body, digest_size=16).digest()
        if before is not None and before[2] == digest:
            store.execute("update pages set size = ?, changed = ? where path = ?", (size, changed, path))
            continue
        read += 1
        old = _forget(store, path, before[3]) if before else {}
        page_id, new = _keep(store, path, (size, changed, digest), read_document(body.decode("utf-8", "replace")))
        touched |= {word for word, _ in old.items() ^ new.items()}
        postings += ((page_id, word, weight) for word, weight in new.items())
    for path, before in known.items():
        touched |= _forget(store, path, before[3]).keys()
    # In the order of the table, which is many times as fast as in that of the pages.
    postings.sort(key=itemgetter(1, 0))
    store.executemany("insert into postings values (?, ?, ?)", postings)
    return read, touched


def _pages(output: Path) -> Iterator[tuple[str, int, int]]:
    start = len(str(output)) + 1
    for folder, _, names in os.walk(output):
        for name in names:
            if name.endswith(".html"):
                file = f"{folder}/{name}"
                status = os.stat(file)  # noqa: PTH116 - ten thousand of them
                yield file[start:], status.st_size, status.st_mtime_ns


def _forget(store: sqlite3.Connection, path: str, page_id: str | None) -> Weights:
    """Take a page out, and return what it was found by."""
    store.execute("delete from pages where path = ?", (path,))
    if page_id is None:
        return {}
    weights = dict(store.execute("select word, weight from postings where id = ?", (page_id,)).fetchall())
    store.execute("delete from postings where id = ?", (page_id,))
    return weights


def _keep(
    store: sqlite3.Connection, path: str, stamp: tuple[int, int, bytes], document: Document | None
) -> tuple[str, Weights]:
    """Put a page in, and return its name in the index and what it is found by."""
    if document is None:
        store.execute("insert into pages values (?, ?, ?, ?, null, null)", (path, *stamp))
        return "", {}
    address = f"/{path.removesuffix('index.html')}"
    # Of the address alone: a page keeps its name in the index whatever other pages come and go.
    page_id = urlsafe_b64encode(hashlib.sha256(address.encode()).digest()[:6]).decode()
    shown = json.dumps([address, document.title, document.summary], ensure_ascii=False)
    store.execute("insert into pages values (?, ?, ?, ?, ?, ?)", (path, *stamp, page_id, shown))
    return page_id, dict(document.weights)


# --- Writing


def _layout_of(output: Path) -> Layout | None:
    try:
        return Layout(**json.loads((output / FOLDER / f"{PREFIX}layout.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _is_whole(output: Path, store: sqlite3.Connection) -> bool:
    """Say whether every file of the index is there, and no other."""
    there = {path.name for path in (output / FOLDER).glob(f"{PREFIX}*.json")}
    return there == {row[0] for row in store.execute("select name from files")}


def _write_changed(output: Path, store: sqlite3.Connection, layout: Layout, words: set[str]) -> int:
    """Write the files of these words, and the list of pages."""
    written = _write_files(output / FOLDER, store, dict(_shown_files(store, layout)))
    for beginning in sorted({word[: layout.letters] for word in words}):
        found = _postings(store, beginning, layout.letters)
        if found:
            written += _write_files(output / FOLDER, store, {_file_of(beginning): found})
        else:
            (output / FOLDER / _file_of(beginning)).unlink(missing_ok=True)
            store.execute("delete from files where name = ?", (_file_of(beginning),))
    return written


def _write_all(output: Path, store: sqlite3.Connection, layout: Layout) -> int:
    """Write the whole index; what is not part of it goes."""
    files: dict[str, dict[str, list[str | int]]] = {}
    for word, page_id, weight in store.execute("select word, id, weight from postings order by word, id"):
        words = files.setdefault(_file_of(word[: layout.letters]), {})
        words.setdefault(word, []).extend((page_id, weight))
    every = {**files, **dict(_shown_files(store, layout)), f"{PREFIX}layout.json": vars(layout)}
    (output / FOLDER).mkdir(parents=True, exist_ok=True)
    for stray in (output / FOLDER).glob(f"{PREFIX}*.json"):
        if stray.name not in every:
            stray.unlink()
    store.execute("delete from files")
    return _write_files(output / FOLDER, store, every)


def _write_files(folder: Path, store: sqlite3.Connection, files: Mapping[str, object]) -> int:
    store.executemany("insert or ignore into files values (?)", ((name,) for name in files))
    return sum(_write(folder / name, value) for name, value in files.items())


def _shown_files(store: sqlite3.Connection, layout: Layout) -> Iterable[tuple[str, object]]:
    parts: dict[int, dict[str, list[str]]] = {part: {} for part in range(layout.parts)}
    for page_id, shown in store.execute("select id, shown from pages where id is not null order by id"):
        parts[sum(page_id.encode()) % layout.parts][page_id] = json.loads(shown)
    return ((f"{PREFIX}pages-{part}.json", shown) for part, shown in parts.items())


def _postings(store: sqlite3.Connection, beginning: str, letters: int) -> dict[str, list[str | int]]:
    found: dict[str, list[str | int]] = {}
    # The last sign there is ends the range; the other condition keeps a short word apart from those that it begins.
    rows = store.execute(
        "select word, id, weight from postings where word >= ? and word < ? and substr(word, 1, ?) = ? "
        "order by word, id",
        (beginning, f"{beginning}\U0010ffff", letters, beginning),
    )
    for word, page_id, weight in rows:
        found.setdefault(word, []).extend((page_id, weight))
    return found


@lru_cache(maxsize=1 << 16)
def _file_of(beginning: str) -> str:
    return f"{PREFIX}{'-'.join(f'{ord(sign):x}' for sign in beginning)}.json"


def _write(file: Path, value: object) -> bool:
    """Write a file, unless it says the same already."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    if file.is_file() and file.read_bytes() == body:
        return False
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_bytes(body)
    draft.replace(file)
    return True
