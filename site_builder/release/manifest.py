"""Seal a finished output folder into a value: every file, what it is, and how it may be cached."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from site_builder.errors import ReleaseError

ASSETS = "assets/"
NOT_FOUND_PAGE = "404.html"
REDIRECTS_FILE = "redirects.json"
# A name under assets/ holds the hash of its bytes, so a copy is good for ever.
FOREVER = "public, max-age=31536000, immutable"
# A page is asked for again each time by a browser, and kept by the CDN, whose address for it holds the digest.
PAGE = "public, max-age=0, s-maxage=31536000, must-revalidate"
# Python's own table depends on the machine it runs on; a release must not.
CONTENT_TYPES = {
    ".avif": "image/avif",
    ".css": "text/css; charset=utf-8",
    ".gif": "image/gif",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".mjs": "text/javascript; charset=utf-8",
    ".mp4": "video/mp4",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
    ".xml": "application/xml; charset=utf-8",
}
FEED_TYPES = {
    ".feed.json": "application/feed+json",
    ".atom.xml": "application/atom+xml; charset=utf-8",
    ".rss.xml": "application/rss+xml; charset=utf-8",
}


@dataclass(frozen=True, order=True)
class Entry:
    """One file of a release."""

    path: str
    sha256: str
    size: int
    content_type: str
    cache_control: str

    @property
    def is_asset(self) -> bool:
        """Say whether the file is shared by all releases, under a name that holds its hash."""
        return self.path.startswith(ASSETS)


@dataclass(frozen=True)
class Manifest:
    """Everything a release consists of, in one order."""

    entries: tuple[Entry, ...]
    # What the edge answers where a page was before, or is no more: the path, and the answer as the edge reads it.
    redirects: tuple[tuple[str, str], ...] = ()

    @cached_property
    def digest(self) -> str:
        """Name the release by what visitors get: bytes and headers alike."""
        return hashlib.sha256(self.to_json()).hexdigest()[:32]

    def to_json(self) -> bytes:
        """Write the manifest in its one canonical form."""
        entries = [asdict(entry) for entry in self.entries]
        listed = {"version": 2, "entries": entries, "redirects": [list(one) for one in self.redirects]}
        return json.dumps(listed, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Read a manifest that `to_json` wrote."""
        listed = json.loads(text)
        redirects = tuple((path, answer) for path, answer in listed.get("redirects", ()))
        return cls(tuple(Entry(**entry) for entry in listed["entries"]), redirects)

    def key(self, entry: Entry) -> str:
        """Return where the file of a release lies in the object store."""
        return entry.path if entry.is_asset else f"releases/{self.digest}/{entry.path}"

    @property
    def manifest_key(self) -> str:
        """Return where the manifest itself lies."""
        return f"manifests/{self.digest}.json"


def seal(output: Path) -> Manifest:
    """Read a finished output folder into a manifest."""
    if not output.is_dir():
        raise ReleaseError(str(output), "there is no such folder", "Run `make build` first.")
    manifest = Manifest(tuple(sorted(_entries(output))), read_redirects(output))
    present = {entry.path for entry in manifest.entries}
    for needed in ("index.html", NOT_FOUND_PAGE):
        if needed not in present:
            raise ReleaseError(str(output), f"it holds no {needed}", "Build the site again; never publish half of it.")
    return manifest


def read_redirects(output: Path) -> tuple[tuple[str, str], ...]:
    """Return the redirects that a build wrote, each as the edge function reads it."""
    file = output / REDIRECTS_FILE
    if not file.is_file():
        return ()
    try:
        said = json.loads(file.read_bytes())
        return tuple(sorted((path, json.dumps(answer, separators=(",", ":"))) for path, answer in said.items()))
    except (ValueError, AttributeError) as error:
        raise ReleaseError(str(file), f"it cannot be read: {error}", "Build the site again.") from error


def content_type(path: str) -> str:
    """Return the media type of a file, by its name alone."""
    for ending, media_type in FEED_TYPES.items():
        if path.endswith(ending):
            return media_type
    try:
        return CONTENT_TYPES[PurePosixPath(path).suffix.lower()]
    except KeyError:
        raise ReleaseError(
            path,
            "no media type is known for a file of this name",
            "Add its ending to CONTENT_TYPES in site_builder/release/manifest.py, or take the file out.",
        ) from None


def _entries(output: Path) -> Iterator[Entry]:
    for folder, subfolders, names in os.walk(output):
        for name in [*subfolders, *names]:
            _refuse_unpublishable(Path(folder) / name, output)
        for name in names:
            # It is for the edge function, which asks its store, and for nobody else.
            if Path(folder) / name != output / REDIRECTS_FILE:
                yield _entry(Path(folder) / name, output)


def _refuse_unpublishable(path: Path, output: Path) -> None:
    relative = path.relative_to(output).as_posix()
    if path.is_symlink():
        raise ReleaseError(relative, "it is a link, and may lead out of the site", "Put the file itself there.")
    if path.name.startswith(".") and path.name != ".well-known":
        raise ReleaseError(relative, "its name begins with a dot: the edge serves no such file", "Take it out.")


def _entry(path: Path, output: Path) -> Entry:
    relative = path.relative_to(output).as_posix()
    body = path.read_bytes()
    caching = FOREVER if relative.startswith(ASSETS) else PAGE
    return Entry(relative, hashlib.sha256(body).hexdigest(), len(body), content_type(relative), caching)
