"""Find the file that a text of an export names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from site_builder.importing.values import Draft, Export

# WordPress keeps each picture in several sizes; the first one is the one to keep.
SIZED = re.compile(r"-(?:\d+x\d+|scaled)(?=\.\w+$)")
SAFE = re.compile(r"[^A-Za-z0-9._-]+")
PICTURES = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".svg"})


# Stands for an address that is none: nothing is there, and nothing of the old site.
NO_ADDRESS = SplitResult("invalid", "", "", "", "")


def split_address(text: str) -> SplitResult:
    """Take an address apart; one that cannot be is nowhere."""
    try:
        return urlsplit(text)
    except ValueError:
        return NO_ADDRESS


def path_of(target: str, export: Export) -> str | None:
    """Return the path below the old site that an address names; none where it is another site's."""
    parts = split_address(target)
    if parts.netloc:
        return parts.path or "/" if (parts.hostname or "") in export.hosts else None
    return None if parts.scheme else parts.path


def find_file(target: str, draft: Draft, export: Export) -> Path | None:
    """Return the file that a target names, if the export holds it."""
    path = path_of(target, export)
    if path is None and export.loose:
        path = f"/{Path(split_address(target).path).name}"
    if not path:
        return None
    name = unquote(path).removeprefix(export.base) if path.startswith("/") else unquote(path)
    for candidate in _candidates(name, draft, export):
        try:
            if candidate.is_file() and _is_within(candidate, export.roots):
                return candidate
        except (OSError, ValueError):  # A name that is too long, or holds a zero.
            continue
    return None


def _candidates(name: str, draft: Draft, export: Export) -> Iterator[Path]:
    if not name.startswith("/") and draft.folder is not None:
        yield draft.folder / name
    parts = [part for part in name.split("/") if part]
    if not parts:
        return
    whole = SIZED.sub("", parts[-1])
    for last in dict.fromkeys([whole, parts[-1]] if export.loose else [parts[-1]]):
        for root in export.roots:
            for begin in range(len(parts)) if export.loose else (0,):
                yield root.joinpath(*parts[begin:-1], last)


def _is_within(file: Path, roots: tuple[Path, ...]) -> bool:
    """Say whether a file belongs to the export: a link may lead out of it, and what is there is nobody's business."""
    return any(file.resolve().is_relative_to(root.resolve()) for root in roots)


def safe_name(name: str) -> str:
    """Return a file's name as an address can hold it."""
    stem, dot, ending = name.rpartition(".")
    return f"{SAFE.sub('-', stem).strip('-.') or 'file'}{dot}{SAFE.sub('', ending)}" if dot else SAFE.sub("-", name)


def is_picture(name: str) -> bool:
    """Say whether a name is that of a picture."""
    return Path(split_address(name).path).suffix.lower() in PICTURES
