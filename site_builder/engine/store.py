"""What a build leaves for the next one, in one SQLite file beside the output.

It may be deleted at any time: the next build is then a clean one. A build writes it in one transaction, as its last
act, so it always describes a finished build, whatever was killed when.
"""

from __future__ import annotations

import marshal
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from site_builder.engine.inputs import Known, Stamp

# A fact of a page is a number: that of the text above these bits, and below that of the name.
FIELD_BITS = 20
SCHEMA = 5
TABLES = """
create table meta (name text primary key, value blob) without rowid;
create table inputs (role text, path text, size int, modified int, changed int, inode int, looked_at int, digest blob,
    primary key (role, path)) without rowid;
create table sources (id integer primary key, key text unique, kind text, path text, digest blob, written blob,
    body int, links blob, depends blob, due real, after blob, url text, save_as text, live blob,
    head blob);
create table bodies (id integer primary key, html text);
create table names (id integer primary key, name text unique, digest blob);
create table pages (path text primary key, template text, facts blob, locals blob, opaque text, reason text,
    job blob);
create table outputs (path text primary key, size int, modified int, changed int, inode int, looked_at int, digest blob)
    without rowid;
"""


class Input(NamedTuple):
    """A file, a folder's list of names or a name of the environment that the site depends on, and in which role."""

    role: str
    path: str
    known: Known


class Source(NamedTuple):
    """One text as it was read."""

    id: int
    key: str
    kind: str
    path: str
    digest: bytes | None
    written: bytes | None
    body: int | None
    links: tuple[str, ...]
    # What its reader opened besides it: `file:…`, `folder:…` or `env:…`, each with its digest.
    depends: tuple[tuple[str, bytes | None], ...]
    # The moment from which it would be read otherwise: a date ahead that becomes a date behind.
    due: float | None
    # What the plugins changed of it after all were read: attribute to likeness.
    after: bytes
    url: str | None
    save_as: str | None
    # The values behind `after`, in which other texts are only named; None where they cannot be kept.
    live: bytes | None
    # The digest of what comes before the first empty line: the keys of a text, as most are written.
    head: bytes | None


class PageRow(NamedTuple):
    """One page as it was made."""

    path: str
    template: str
    facts: bytes
    locals: bytes
    opaque: str
    reason: str
    # What the page is made from, where that is short: to make it again without asking for all pages.
    job: bytes | None


class Store:
    """The state of the last finished build."""

    def __init__(self, file: Path) -> None:
        """Open the state, or begin an empty one where there is none that can be used."""
        self.file = file
        self._db = self._open()

    def _open(self) -> sqlite3.Connection:
        try:
            return self._opened()
        except (sqlite3.DatabaseError, _OtherSchemaError):
            # Damaged, or another version's: nothing in it is worth more than a clean build.
            self.forget()
            return self._opened()

    def _opened(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.file, isolation_level=None, check_same_thread=False)
        try:
            version = db.execute("pragma user_version").fetchone()[0]
            if version == 0:
                db.execute("pragma page_size=8192")
                db.executescript(f"begin; {TABLES} pragma user_version={SCHEMA}; commit;")
            elif version != SCHEMA:
                raise _OtherSchemaError  # noqa: TRY301 - what was opened is closed below, whatever went wrong
            db.execute("pragma synchronous=normal")
            db.execute("pragma journal_mode=wal")
            db.execute("select count(*) from meta").fetchone()
        except BaseException:
            db.close()
            raise
        return db

    def forget(self) -> None:
        """Delete the state."""
        if hasattr(self, "_db"):
            self._db.close()
        for ending in ("", "-wal", "-shm"):
            Path(f"{self.file}{ending}").unlink(missing_ok=True)

    def begin_anew(self) -> None:
        """Empty the state: what the next build writes shares nothing with it."""
        self.forget()
        self._db = self._opened()
        # It is nobody's state before it is whole and in its place.
        self._db.execute("pragma journal_mode=off")
        self._db.execute("pragma synchronous=off")

    def reopen(self) -> None:
        """Take a connection of one's own: after a fork the parent's must not be used."""
        self._db = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, isolation_level=None)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Write all of it, or nothing."""
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    # --- Facts about the build as a whole

    def meta(self) -> dict[str, Any]:
        """Return what was said of the build."""
        return {name: marshal.loads(value) for name, value in self._db.execute("select name, value from meta")}  # noqa: S302

    def build_number(self) -> int | None:
        """Return which build this is the state of."""
        row = self._db.execute("select value from meta where name = 'build'").fetchone()
        return int(marshal.loads(row[0])) if row else None  # noqa: S302

    def set_meta(self, values: dict[str, Any]) -> None:
        """Say something of the build, in marshal's types."""
        rows = [(name, marshal.dumps(value)) for name, value in values.items()]
        self._db.executemany("insert or replace into meta values (?, ?)", rows)

    # --- Inputs

    def inputs(self) -> list[Input]:
        """Return every input but the texts."""
        rows = self._db.execute("select role, path, size, modified, changed, inode, looked_at, digest from inputs")
        return [Input(row[0], row[1], _known(row[2:])) for row in rows]

    def put_inputs(self, inputs: Iterable[Input]) -> None:
        """Write inputs."""
        rows = [(one.role, one.path, *_columns(one.known)) for one in inputs]
        self._db.executemany(f"insert or replace into inputs values ({_marks(8)})", rows)  # noqa: S608

    def drop_inputs(self, inputs: Iterable[tuple[str, str]]) -> None:
        """Forget inputs that are none any more."""
        self._db.executemany("delete from inputs where role = ? and path = ?", inputs)

    # --- Texts

    def sources(self) -> dict[str, Source]:
        """Return every text, by its key."""
        return {row[1]: _source(row) for row in self._db.execute("select * from sources")}

    def source(self, key: str) -> Source | None:
        """Return one text."""
        row = self._db.execute("select * from sources where key = ?", (key,)).fetchone()
        return _source(row) if row else None

    def source_at(self, path: str) -> Source | None:
        """Return the article or page that a file is."""
        row = self._db.execute("select * from sources where path = ? and kind != 'static'", (path,)).fetchone()
        return _source(row) if row else None

    def source_of(self, save_as: str) -> Source | None:
        """Return the article or page that is published as a file of the output."""
        row = self._db.execute("select * from sources where save_as = ? and kind != 'static'", (save_as,)).fetchone()
        return _source(row) if row else None

    def sources_under(self, folder: str) -> list[Source]:
        """Return the articles and pages that are published under a folder of the output."""
        wanted = "substr(save_as, 1, ?) = ? and kind != 'static'"
        rows = self._db.execute(f"select * from sources where {wanted} order by save_as", (len(folder), folder))  # noqa: S608
        return [_source(row) for row in rows]

    def pages_that_read(self, facts: Iterable[int]) -> list[PageRow]:
        """Return the pages among whose facts one of these is; a few others may be among them."""
        needles = [fact.to_bytes(8, sys.byteorder) for fact in facts]
        if not needles:
            return []
        among = " or ".join(["instr(facts, ?)"] * len(needles))
        return [PageRow(*row) for row in self._db.execute(f"select * from pages where {among}", needles)]  # noqa: S608

    def put_sources(self, sources: Iterable[Source]) -> None:
        """Write texts, each in the place of its former self."""
        dumps = marshal.dumps
        rows = (
            (*one[:7], dumps(one.links) if one.links else None, dumps(one.depends) if one.depends else None, *one[9:])
            for one in sources
        )
        self._db.executemany(f"insert or replace into sources values ({_marks(15)})", rows)  # noqa: S608

    def drop_sources(self, keys: Iterable[str]) -> None:
        """Forget texts that are gone."""
        self._db.executemany("delete from sources where key = ?", [(key,) for key in keys])

    def last_body(self) -> int:
        """Return the highest number of a body."""
        return int(self._db.execute("select coalesce(max(id), 0) from bodies").fetchone()[0])

    def put_bodies(self, bodies: Iterable[tuple[int, str]]) -> None:
        """Write bodies, each under a new number."""
        self._db.executemany("insert into bodies values (?, ?)", bodies)

    def body(self, number: int) -> str:
        """Return one body."""
        return str(self._db.execute("select html from bodies where id = ?", (number,)).fetchone()[0])

    def drop_bodies(self, numbers: Iterable[int]) -> None:
        """Forget bodies that no text has any more."""
        self._db.executemany("delete from bodies where id = ?", [(number,) for number in numbers])

    def drop_stray_bodies(self) -> None:
        """Forget what a killed build left."""
        self._db.execute("delete from bodies where id not in (select body from sources where body is not null)")

    # --- Pages

    def names(self) -> dict[str, tuple[int, bytes | None]]:
        """Return the names that facts refer to, with the likeness that a name of the context had."""
        return {name: (number, digest) for number, name, digest in self._db.execute("select * from names")}

    def put_names(self, names: Iterable[tuple[int, str, bytes | None]]) -> None:
        """Write names."""
        self._db.executemany("insert or replace into names values (?, ?, ?)", names)

    def pages(self) -> dict[str, PageRow]:
        """Return every page by its path."""
        return {row[0]: PageRow(*row) for row in self._db.execute("select * from pages")}

    def page(self, path: str) -> PageRow | None:
        """Return one page."""
        row = self._db.execute("select * from pages where path = ?", (path,)).fetchone()
        return PageRow(*row) if row else None

    def put_pages(self, pages: Iterable[PageRow]) -> None:
        """Write pages."""
        self._db.executemany(f"insert or replace into pages values ({_marks(7)})", pages)  # noqa: S608

    def drop_pages(self, paths: Iterable[str]) -> None:
        """Forget pages that are gone."""
        self._db.executemany("delete from pages where path = ?", [(path,) for path in paths])

    def save_as(self, key: str) -> str | None:
        """Return where a text is published."""
        row = self._db.execute("select save_as from sources where key = ?", (key,)).fetchone()
        return row[0] if row else None

    # --- Outputs

    def outputs(self) -> dict[str, Known]:
        """Return every file that the build wrote, by its path in the output."""
        rows = self._db.execute("select path, size, modified, changed, inode, looked_at, digest from outputs")
        return {row[0]: _known(row[1:]) for row in rows}

    def outputs_of(self, paths: Iterable[str]) -> dict[str, Known]:
        """Return some of the files that the build wrote."""
        found = {}
        for path in paths:
            row = self._db.execute("select * from outputs where path = ?", (path,)).fetchone()
            if row:
                found[path] = _known(row[1:])
        return found

    def put_outputs(self, outputs: Iterable[tuple[str, Known]]) -> None:
        """Write outputs."""
        rows = ((path, *_columns(known)) for path, known in outputs)
        self._db.executemany(f"insert or replace into outputs values ({_marks(7)})", rows)  # noqa: S608

    def drop_outputs(self, paths: Iterable[str]) -> None:
        """Forget outputs that are gone."""
        self._db.executemany("delete from outputs where path = ?", [(path,) for path in paths])


class _OtherSchemaError(Exception):
    """The file was written by another version of the engine."""


def _source(row: tuple[Any, ...]) -> Source:
    loads = marshal.loads
    links = loads(row[7]) if row[7] else ()
    depends = loads(row[8]) if row[8] else ()
    return Source._make((*row[:7], links, depends, *row[9:]))


def _known(columns: tuple[Any, ...]) -> Known:
    # As `Known(Stamp(...), ...)`, without the function in between: there are tens of thousands.
    return tuple.__new__(Known, (tuple.__new__(Stamp, columns[:4]), columns[4], columns[5]))


def _columns(known: Known) -> tuple[Any, ...]:
    return (*known.stamp, known.looked_at, known.digest)


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def state_file(output: Path) -> Path:
    """Return where the state of an output folder lies."""
    return output.with_name(f".{output.name}.state.sqlite3")


def exists(output: Path) -> bool:
    """Say whether a build left a state for this output."""
    return os.path.exists(state_file(output))
