"""Find out in a moment that there is nothing to build, without loading Pelican.

Every input that the last build found is looked at, every file of the output too, and the settings are run once more.
Only when all of it is as it was left is the answer yes.
"""

from __future__ import annotations

import marshal
import os
import sys
import time
import types
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

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


class Glance(NamedTuple):
    """What a look at all inputs and outputs shows."""

    # Nothing has changed: the last build is the right one, and made so much.
    unchanged: bool
    pages: int = 0
    files: int = 0
    # The texts that have changed or are new, where nothing else has; None where more than texts has.
    texts: tuple[str, ...] | None = None
    # Whether these texts were there before, and the output is as it was left: then it may be words alone.
    words: bool = False
    build: int = 0
    # The walk through the content folder, and whether every file of the output is as it was left: seen a moment ago.
    folder: Folder | None = None
    outputs_same: bool = False


UNKNOWN = Glance(unchanged=False)


def engine_key() -> str:
    """Return what every page depends on besides the site: Python, and the zone and language of the machine."""
    names = ("TZ", "LANG", "LANGUAGE", "LC_ALL", "LC_TIME", "LC_CTYPE", "SOURCE_DATE_EPOCH")
    return repr((sys.version, sys.platform, sys.prefix, [os.environ.get(name) for name in names]))


def glance(output: Path, front: str, settings_file: Path) -> Glance:
    """Look at everything that the last build by the same command depended on."""
    if not exists(output):
        return UNKNOWN
    with Output(output).alone():
        store = Store(state_file(output))
        try:
            return _glance(store, output, front, settings_file)
        finally:
            store.close()


def _glance(store: Store, output: Path, front: str, settings_file: Path) -> Glance:  # noqa: C901, PLR0911 - in turn
    now = time.time_ns()
    meta = store.meta()
    if not meta.get("quick") or meta["front"] != front or meta["engine"] != engine_key():
        return UNKNOWN
    if meta["due"] is not None and meta["due"] <= now / 1e9:
        return UNKNOWN
    if meta["namespace"] is None or namespace_digest(settings_file) != meta["namespace"]:
        return UNKNOWN
    inputs = store.inputs()
    contents = {one.path: one for one in inputs if one.role == "content"}
    files = Output(output)
    folder = Folder(meta["base"], meta["ignores"], [str(files.folder), str(files.staging)])
    fresh_inputs, changed, same_files = _changed_contents(meta, contents, folder, now)
    theme = tree(meta["theme"])
    if {f"file:{path}" for path in theme} != {one.path for one in inputs if one.role == "theme"}:
        return UNKNOWN
    for one in inputs:
        if one.role != "content":
            seen = look(one.path, one.known, now)
            if seen.digest != one.known.digest or seen.digest == NEVER:
                return UNKNOWN
            if seen is not one.known and seen.stamp != one.known.stamp:
                fresh_inputs.append(one._replace(known=seen))
    fresh_outputs = _same_outputs(store.outputs(), output, now)
    if changed or fresh_outputs is None:
        paths = tuple(os.path.normpath(os.path.join(meta["base"], path)) for path in changed)
        return Glance(
            unchanged=False,
            texts=paths,
            words=bool(changed) and same_files and fresh_outputs is not None,
            build=meta["build"],
            folder=folder,
            outputs_same=fresh_outputs is not None,
        )
    if fresh_inputs or fresh_outputs:
        # Their bytes are the same; the next time their stamps say so.
        with store.writing():
            store.put_inputs(fresh_inputs)
            store.put_outputs(fresh_outputs)
    return Glance(unchanged=True, pages=meta["pages"], files=meta["files"])


def _changed_contents(
    meta: dict[str, Any], contents: dict[str, Input], folder: Folder, now: int
) -> tuple[list[Input], list[str], bool]:
    """Return the files whose stamps alone are new, those with other bytes, and whether no file is new or gone."""
    found: dict[str, Stamp] = {}
    for paths, excludes, extensions in meta["listings"]:
        found.update(folder.files(Listing(paths, excludes, None if extensions is None else frozenset(extensions))))
    fresh = []
    changed = [path for path in found if path not in contents]
    same_files = not changed
    for path, one in contents.items():
        stamp = found.get(path)
        if stamp is None:
            stamp = stamp_at(os.path.join(meta["base"], path))
            if path not in meta["linked"]:
                changed.append(path)
                same_files = False
                continue
        if is_surely_same(one.known, stamp):
            continue
        seen = look(f"file:{os.path.join(meta['base'], path)}", one.known, now, stamp)
        if seen.digest != one.known.digest or seen.digest == NEVER:
            changed.append(path)
        else:
            fresh.append(one._replace(known=seen))
    return fresh, changed, same_files


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


def namespace_digest(settings_file: Path) -> bytes | None:
    """Run the settings, and return what they are like; None where they hold something that cannot be compared.

    They may ask for the date or for a file; so they are run each time, which takes a moment.
    """
    namespace: dict[str, Any] = {"__file__": str(settings_file), "__name__": "pelicanconf"}
    try:
        code = compile(settings_file.read_bytes(), str(settings_file), "exec")
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
            return (
                "function",
                marshal.dumps(value.__code__),
                _like(value.__defaults__),
                _cells(value.__closure__ or ()),
            )
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
