"""Write the index of a finished output, and only those of its files that are not as they should be."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from site_builder.search.words import Document, read_document

FOLDER = "search"
PREFIX = "find-"
SCHEMA = 1
# A small site has few files, a large one small files: beyond each number of pages, the files are parted further.
STEPS = ((300, 1, 1), (20_000, 2, 16), (1 << 62, 3, 256))
TABLES = """
create table if not exists pages (path text primary key, size int, changed int, digest blob, id text, shown text);
create table if not exists postings (id text, word text, weight int, primary key (word, id)) without rowid;
create index if not exists of_page on postings (id);
"""


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
    with closing(_open(output.with_name(f".{output.name}.search.sqlite3"))) as store, store:
        changed, letters = _read_changed(output, store)
        (number,) = store.execute("select count(*) from pages where id is not null").fetchone()
        layout = next(Layout(letters, parts) for most, letters, parts in STEPS if number <= most)
        everything = _layout_of(output) != layout
        written = _write_all(output, store, layout, None if everything else letters)
    return Indexed(number, changed, written)


def _open(file: Path) -> sqlite3.Connection:
    store = sqlite3.connect(file)
    if store.execute("pragma user_version").fetchone()[0] != SCHEMA:
        store.executescript("drop table if exists pages; drop table if exists postings;")
        store.execute(f"pragma user_version = {SCHEMA}")
    store.executescript(TABLES)
    return store


# --- Reading what has changed


def _read_changed(output: Path, store: sqlite3.Connection) -> tuple[int, set[str]]:
    """Read the pages that are not as they were, and return how many, and every word that was or is in one of them."""
    known = {row[0]: row[1:] for row in store.execute("select path, size, changed, digest, id from pages")}
    touched: set[str] = set()
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
        touched |= _forget(store, path, before[3] if before else None)
        touched |= _keep(store, path, (size, changed, digest), read_document(body.decode("utf-8", "replace")))
    for path, before in known.items():
        touched |= _forget(store, path, before[3])
    return read, touched


def _pages(output: Path) -> Iterator[tuple[str, int, int]]:
    for folder, _, names in os.walk(output):
        for name in names:
            if name.endswith(".html"):
                file = Path(folder) / name
                status = file.stat()
                yield file.relative_to(output).as_posix(), status.st_size, status.st_mtime_ns


def _forget(store: sqlite3.Connection, path: str, page_id: str | None) -> set[str]:
    store.execute("delete from pages where path = ?", (path,))
    if page_id is None:
        return set()
    words = {row[0] for row in store.execute("select word from postings where id = ?", (page_id,))}
    store.execute("delete from postings where id = ?", (page_id,))
    return words


def _keep(store: sqlite3.Connection, path: str, stamp: tuple[int, int, bytes], document: Document | None) -> set[str]:
    if document is None:
        store.execute("insert into pages values (?, ?, ?, ?, null, null)", (path, *stamp))
        return set()
    address = f"/{path.removesuffix('index.html')}"
    # Of the address alone: a page keeps its name in the index whatever other pages come and go.
    page_id = urlsafe_b64encode(hashlib.sha256(address.encode()).digest()[:6]).decode()
    shown = json.dumps([address, document.title, document.summary], ensure_ascii=False)
    store.execute("insert into pages values (?, ?, ?, ?, ?, ?)", (path, *stamp, page_id, shown))
    store.executemany(
        "insert into postings values (?, ?, ?)", ((page_id, word, weight) for word, weight in document.weights)
    )
    return {word for word, _ in document.weights}


# --- Writing


def _layout_of(output: Path) -> Layout | None:
    try:
        return Layout(**json.loads((output / FOLDER / f"{PREFIX}layout.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _write_all(output: Path, store: sqlite3.Connection, layout: Layout, words: set[str] | None) -> int:
    """Write the files of these words, or all of them; what is not part of the index any more goes."""
    folder = output / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    files = dict(_shown_files(store, layout))
    beginnings = {word[: layout.letters] for word in words} if words is not None else None
    there = {row[0] for row in store.execute("select distinct substr(word, 1, ?) from postings", (layout.letters,))}
    for beginning in sorted(there if beginnings is None else there & beginnings):
        files[_file_of(beginning)] = _postings(store, beginning, layout.letters)
    kept = {_file_of(beginning) for beginning in there} | files.keys() | {f"{PREFIX}layout.json"}
    files[f"{PREFIX}layout.json"] = vars(layout)
    for stray in folder.glob(f"{PREFIX}*.json"):
        if stray.name not in kept:
            stray.unlink()
    return sum(_write(folder / name, value) for name, value in files.items())


def _shown_files(store: sqlite3.Connection, layout: Layout) -> Iterable[tuple[str, object]]:
    parts: dict[int, dict[str, list[str]]] = {part: {} for part in range(layout.parts)}
    for page_id, shown in store.execute("select id, shown from pages where id is not null order by id"):
        parts[sum(page_id.encode()) % layout.parts][page_id] = json.loads(shown)
    return ((f"{PREFIX}pages-{part}.json", shown) for part, shown in parts.items())


def _postings(store: sqlite3.Connection, beginning: str, letters: int) -> dict[str, list[str | int]]:
    found: dict[str, list[str | int]] = {}
    rows = store.execute(
        "select word, id, weight from postings where word >= ? and substr(word, 1, ?) = ? order by word, id",
        (beginning, letters, beginning),
    )
    for word, page_id, weight in rows:
        found.setdefault(word, []).extend((page_id, weight))
    return found


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
