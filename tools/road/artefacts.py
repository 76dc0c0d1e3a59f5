"""Keep and take what jobs hand over, as the two actions of GitHub do it; a folder of each run stands for its store."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

WILD = "*?["


class ArtefactError(Exception):
    """GitHub would not have kept it, or would not have found it."""


def keep(work: Path, given: Mapping[str, str], store: Path) -> None:
    """Keep the files that are named: of one folder as they lie in it, of several as they lie in what holds both."""
    roots = dict(_roots(work, given["path"]))
    hidden = given.get("include-hidden-files") == "true"
    files = [file for root, pattern in roots.items() for file in _files(root, pattern, hidden=hidden)]
    if not files and given.get("if-no-files-found") == "error":
        raise ArtefactError(f"no file is there: {given['path'].strip()}")
    if not files:
        return
    kept = store / given["name"]
    if kept.exists():
        raise ArtefactError(f"an artefact {given['name']} was kept in this run already")
    top = Path(os.path.commonpath([root.parent if root.is_file() else root for root in roots]))
    for file in files:
        target = kept / file.relative_to(top)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file, target)


def take(store: Path, given: Mapping[str, str], work: Path) -> None:
    """Put what was kept under a name where it is asked for."""
    kept = store / given["name"]
    if not kept.is_dir():
        raise ArtefactError(f"no artefact {given['name']} was kept in that run")
    shutil.copytree(kept, work / given.get("path", ""), dirs_exist_ok=True)


def _roots(work: Path, paths: str) -> Iterator[tuple[Path, str]]:
    """Return where each line begins to look, and what it looks for there."""
    for line in filter(None, map(str.strip, paths.splitlines())):
        parts = Path(line).parts
        fixed = next((at for at, part in enumerate(parts) if any(sign in part for sign in WILD)), len(parts))
        yield work.joinpath(*parts[:fixed]), "/".join(parts[fixed:])


def _files(root: Path, pattern: str, *, hidden: bool) -> Iterator[Path]:
    found = root.glob(pattern) if pattern else [root]
    every = (file for one in found for file in ((one, *one.rglob("*")) if one.is_dir() else (one,)))
    for file in sorted(set(every)):
        # What begins with a dot is left out unless somebody asks for it, and so is all that lies below.
        if file.is_file() and (hidden or not any(part.startswith(".") for part in file.relative_to(root).parts)):
            yield file
