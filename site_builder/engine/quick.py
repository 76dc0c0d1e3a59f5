"""Find out in a moment that there is nothing to build, without loading Pelican.

Every input that the last build found is looked at, every file of the output too, and the settings are run once more. Only
when all of it is as it was left is the answer yes.
"""

from __future__ import annotations

import marshal
import os
import sys
import time
import types
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from site_builder.engine.inputs import (
    NEVER,
    Folder,
    Known,
    Listing,
    Stamp,
    digest_of,
    is_surely_same,
    look,
    stamp_at,
    tree,
)
from site_builder.engine.output import Output
from site_builder.engine.store import Input, Store, exists, state_file


@dataclass(frozen=True)
class Unchanged:
    """The last build, which is still the right one."""

    pages: int
    files: int


def engine_key() -> str:
    """Return what every page depends on besides the site: Python, and the zone and language of the machine."""
    names = ("TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_TIME", "LC_CTYPE", "SOURCE_DATE_EPOCH")
    return repr((sys.version, sys.platform, sys.prefix, [os.environ.get(name) for name in names]))


def find_unchanged(output: Path, front: str) -> Unchanged | None:
    """Return the last build where nothing has changed since, or None where there is anything to look at closely."""
    if not exists(output):
        return None
    with Output(output).alone():
        store = Store(state_file(output))
        try:
            return _find_unchanged(store, output, front)
        finally:
            store.close()


def _find_unchanged(store: Store, output: Path, front: str) -> Unchanged | None:
    now = time.time_ns()
    meta = store.meta()
    if not meta.get("quick") or meta["front"] != front or meta["engine"] != engine_key():
        return None
    if meta["due"] is not None and meta["due"] <= now / 1e9:
        return None
    if meta["namespace"] is None or namespace_digest(front) != meta["namespace"]:
        return None
    inputs = store.inputs()
    contents = {one.path: one for one in inputs if one.role == "content"}
    fresh_inputs = _same_contents(meta, contents, output, now)
    if fresh_inputs is None:
        return None
    theme = tree(meta["theme"])
    if {f"file:{path}" for path in theme} != {one.path for one in inputs if one.role == "theme"}:
        return None
    for one in inputs:
        if one.role != "content":
            seen = look(one.path, one.known, now)
            if seen.digest != one.known.digest or seen.digest == NEVER:
                return None
            if seen is not one.known and seen.stamp != one.known.stamp:
                fresh_inputs.append(one._replace(known=seen))
    fresh_outputs = _same_outputs(store.outputs(), output, now)
    if fresh_outputs is None:
        return None
    if fresh_inputs or fresh_outputs:
        # Their bytes are the same; the next time their stamps say so.
        with store.writing():
            store.put_inputs(fresh_inputs)
            store.put_outputs(fresh_outputs)
    return Unchanged(meta["pages"], meta["files"])


def _same_contents(meta: dict[str, Any], contents: dict[str, Input], output: Path, now: int) -> list[Input] | None:
    files = Output(output)
    folder = Folder(meta["base"], meta["ignores"], [str(files.folder), str(files.staging)])
    found: dict[str, Stamp] = {}
    for paths, excludes, extensions in meta["listings"]:
        found.update(folder.files(Listing(paths, excludes, None if extensions is None else frozenset(extensions))))
    fresh = []
    if not found.keys() <= contents.keys():
        return None
    for path, one in contents.items():
        stamp = found.get(path)
        if stamp is None:
            stamp = stamp_at(os.path.join(meta["base"], path))
            if path not in meta["linked"]:
                return None
        if is_surely_same(one.known, stamp):
            continue
        seen = look(f"file:{os.path.join(meta['base'], path)}", one.known, now, stamp)
        if seen.digest != one.known.digest or seen.digest == NEVER:
            return None
        fresh.append(one._replace(known=seen))
    return fresh


def _same_outputs(outputs: dict[str, Known], output: Path, now: int) -> list[tuple[str, Known]] | None:
    fresh = []
    folder = f"{output}/"
    for path, known in outputs.items():
        try:
            status = os.stat(folder + path)
        except OSError:
            return None
        stamp = Stamp(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        if is_surely_same(known, stamp):
            continue
        seen = look(f"file:{folder}{path}", known, now, stamp)
        if seen.digest != known.digest:
            return None
        fresh.append((path, seen))
    return fresh


def namespace_digest(settings_file: str) -> bytes | None:
    """Run the settings, and return what they are like; None where they hold something that cannot be compared.

    They may ask for the date or for a file; so they are run each time, which takes a moment.
    """
    namespace: dict[str, Any] = {"__file__": settings_file, "__name__": "pelicanconf"}
    try:
        with open(settings_file, "rb") as file:
            code = compile(file.read(), settings_file, "exec")
        exec(code, namespace)  # noqa: S102 - it is what Pelican does with it
    except Exception:  # noqa: BLE001 - the full way says what is wrong with it
        return None
    try:
        values = sorted((name, _like(value)) for name, value in namespace.items() if name.isupper())
        return digest_of(marshal.dumps(values, 2))
    except ValueError:
        return None


def _like(value: Any) -> Any:
    match value:
        case types.FunctionType():
            return ("function", marshal.dumps(value.__code__), _like(value.__defaults__), _cells(value.__closure__ or ()))
        case dict():
            return ("dict", [(_like(key), _like(item)) for key, item in value.items()])
        case list() | tuple():
            return (type(value).__name__, [_like(item) for item in value])
        case set() | frozenset():
            return ("set", sorted(map(repr, value)))
        case Path():
            return ("path", str(value))
        case None | bool() | int() | float() | str() | bytes():
            return value
    raise ValueError


def _cells(cells: Iterable[Any]) -> list[Any]:
    return [_like(cell.cell_contents) for cell in cells]
