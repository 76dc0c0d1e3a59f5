"""Seal a finished output folder into a value: every file, what it is, and how it may be cached."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import unicodedata
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from site_builder.errors import ReleaseError
from site_builder.release.answers import GONE_PAGE
from site_builder.release.measured import Measured

ASSETS = "assets/"
MANIFESTS = "manifests/"
MANIFEST_ENDING = ".json.gz"
NOT_FOUND_PAGE = "404.html"
GONE = 410
REDIRECTS_FILE = "redirects.json"
# A name under assets/ holds the hash of its bytes, so a copy is good for ever.
FOREVER = "public, max-age=31536000, immutable"
# A page is asked for again each time by a browser, and kept by the CDN, whose address for it holds the digest.
PAGE = "public, max-age=0, s-maxage=31536000, must-revalidate"
# Python's own table depends on the machine it runs on; a release must not.
CONTENT_TYPES = {
    ".aac": "audio/aac",
    ".apng": "image/apng",
    ".atom": "application/atom+xml; charset=utf-8",
    ".avif": "image/avif",
    ".bmp": "image/bmp",
    ".css": "text/css; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".eot": "application/vnd.ms-fontobject",
    ".epub": "application/epub+zip",
    ".flac": "audio/flac",
    ".geojson": "application/geo+json",
    ".gif": "image/gif",
    ".gz": "application/gzip",
    ".htm": "text/html; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/vnd.microsoft.icon",
    ".ics": "text/calendar; charset=utf-8",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".jsonld": "application/ld+json",
    ".jxl": "image/jxl",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".oga": "audio/ogg",
    ".ogg": "audio/ogg",
    ".ogv": "video/ogg",
    ".opus": "audio/ogg",
    ".otf": "font/otf",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".rss": "application/rss+xml; charset=utf-8",
    ".svg": "image/svg+xml",
    ".tar": "application/x-tar",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".vcf": "text/vcard; charset=utf-8",
    ".vtt": "text/vtt; charset=utf-8",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".weba": "audio/webm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
    ".xsl": "application/xslt+xml; charset=utf-8",
    ".zip": "application/zip",
}
# Names of which the web says what they are, and no ending does.
NAMED_TYPES = {
    ".well-known/apple-app-site-association": "application/json",
    "CNAME": "text/plain; charset=utf-8",
    "LICENSE": "text/plain; charset=utf-8",
}
# The address of what lies under assets/ is kept for ever, so its bytes must be in it.
HASHED_NAME = re.compile(r"\.[0-9a-f]{8,}\.[^./]+$")
# What the edge function refuses in an address, however it is encoded.
UNSERVED = re.compile(r"[%\\\x00-\x1f\x7f-\x9f]")
# S3's own limit for a key, of which the release's prefix takes its share, and for what it copies in one request.
LONGEST_PATH = 1024 - len("releases//") - 32
FEED_TYPES = {
    ".feed.json": "application/feed+json",
    ".atom.xml": "application/atom+xml; charset=utf-8",
    ".rss.xml": "application/rss+xml; charset=utf-8",
}
FEED_ENDINGS = tuple(FEED_TYPES)


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
        entries = [vars(entry) for entry in self.entries]
        listed = {"version": 2, "entries": entries, "redirects": [list(one) for one in self.redirects]}
        return json.dumps(listed, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Read a manifest that `to_json` wrote."""
        try:
            listed = json.loads(text)
            redirects = tuple((path, answer) for path, answer in listed.get("redirects", ()))
            return cls(tuple(Entry(**entry) for entry in listed["entries"]), redirects)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _unreadable(error) from error

    def packed(self) -> bytes:
        """Write it as it is kept: a fifth of its size, and a page that changes is sent with all of it."""
        return gzip.compress(self.to_json(), compresslevel=1, mtime=0)

    @classmethod
    def unpacked(cls, kept: bytes) -> Manifest:
        """Read a manifest that `packed` wrote."""
        try:
            return cls.from_json(gzip.decompress(kept))
        except (OSError, EOFError, zlib.error) as error:
            raise _unreadable(error) from error

    def key(self, entry: Entry) -> str:
        """Return where the file of a release lies in the object store."""
        return entry.path if entry.is_asset else f"{release_prefix(self.digest)}{entry.path}"

    @property
    def manifest_key(self) -> str:
        """Return where the manifest itself lies."""
        return manifest_key(self.digest)

    @cached_property
    def by_path(self) -> Mapping[str, Entry]:
        """Return each file by its path."""
        return {entry.path: entry for entry in self.entries}

    @property
    def pages(self) -> frozenset[str]:
        """Return the paths of all pages of HTML."""
        return frozenset(entry.path for entry in self.entries if entry.path.endswith(".html"))


def _unreadable(error: Exception) -> ReleaseError:
    todo = "It was written by something else; look at it, and deploy again."
    return ReleaseError("a manifest", f"it cannot be read: {error}", todo)


def manifest_key(digest: str) -> str:
    """Return where the manifest of a release lies."""
    return f"{MANIFESTS}{digest}{MANIFEST_ENDING}"


def digest_in(key: str) -> str:
    """Return the release whose manifest lies there."""
    return key.removeprefix(MANIFESTS).removesuffix(MANIFEST_ENDING)


def release_prefix(digest: str) -> str:
    """Return what the keys of a release's own files begin with."""
    return f"releases/{digest}/"


def seal(output: Path, *, remember: bool = True) -> Manifest:
    """Read a finished output folder into a manifest; what was read may be remembered beside the folder."""
    if not output.is_dir():
        raise ReleaseError(str(output), "there is no such folder", "Run `make build` first.")
    measured = Measured(output)
    manifest = Manifest(tuple(sorted(_entries(output, measured))), read_redirects(output))
    if remember:
        measured.write()
    present = {entry.path for entry in manifest.entries}
    for needed in ("index.html", NOT_FOUND_PAGE):
        if needed not in present:
            raise ReleaseError(str(output), f"it holds no {needed}", "Build the site again; never publish half of it.")
    if GONE_PAGE not in present and any(json.loads(said).get("status") == GONE for _, said in manifest.redirects):
        what = f"some of its addresses are gone, and it holds no {GONE_PAGE} to say so"
        raise ReleaseError(str(output), what, "Let the theme make that page.")
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
    if path in NAMED_TYPES:
        return NAMED_TYPES[path]
    if path.endswith(FEED_ENDINGS):
        return next(media_type for ending, media_type in FEED_TYPES.items() if path.endswith(ending))
    try:
        return CONTENT_TYPES[f".{path.rpartition('/')[2].rpartition('.')[2].lower()}"]
    except KeyError:
        raise ReleaseError(
            path,
            "no media type is known for a file of this name",
            "Add its ending to CONTENT_TYPES in site_builder/release/manifest.py, or take the file out.",
        ) from None


def _entries(output: Path, measured: Measured) -> Iterator[Entry]:
    # Ten thousand files in a tenth of a second: folders as the system lists them, paths as strings.
    folders = [("", str(output))]
    while folders:
        prefix, folder = folders.pop()
        for found in _listed(folder):
            path = prefix + found.name
            _refuse_name(path, found.name)
            if found.is_symlink():
                raise ReleaseError(path, "it is a link, and may lead out of the site", "Put the file itself there.")
            if found.is_dir():
                folders.append((f"{path}/", found.path))
            # It is for the edge function, which asks its store, and for nobody else.
            elif path != REDIRECTS_FILE:
                yield _entry(found.path, path, measured)


def _listed(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as listed:
            return list(listed)
    except OSError as error:
        raise ReleaseError(folder, f"it cannot be read: {error.strerror}", "Give the right to read it.") from error


def _refuse_name(path: str, name: str) -> None:
    """Refuse what could never be asked for, or under two addresses that look alike."""
    if name.startswith(".") and name != ".well-known":
        raise ReleaseError(path, "its name begins with a dot: the edge serves no such file", "Take it out.")
    if name.isascii() and len(path) <= LONGEST_PATH and not UNSERVED.search(name):
        return
    try:
        length = len(path.encode())
    except UnicodeEncodeError:
        shown = path.encode("utf-8", "backslashreplace").decode()
        raise ReleaseError(shown, "its name is no UTF-8", "Give it a name that browsers can ask for.") from None
    if length > LONGEST_PATH:
        raise ReleaseError(
            f"{path[:60]}…", f"its path has {length} bytes, and {LONGEST_PATH} are the most", "Shorten its name."
        )
    if UNSERVED.search(name):
        what = "its name holds a percent sign, a backslash or a control character, which the edge refuses"
        raise ReleaseError(repr(path), what, "Give it another name.")
    if not unicodedata.is_normalized("NFC", name):
        what = "its letters and their accents are written apart, so two addresses would look alike"
        raise ReleaseError(path, what, "Write its name in Unicode's composed form (NFC).")


def _entry(file: str, path: str, measured: Measured) -> Entry:
    is_asset = path.startswith(ASSETS)
    if is_asset and not HASHED_NAME.search(path):
        what = "it lies among the assets, which are cached for ever, and its name holds no hash of its bytes"
        raise ReleaseError(path, what, "Name it <name>.<hash>.<ending>, or put it beside the page that uses it.")
    try:
        size, sha256 = measured.of(file, path)
    except OSError as error:
        raise ReleaseError(path, f"it cannot be read: {error.strerror}", "Give the right to read it.") from error
    return Entry(path, sha256, size, content_type(path), FOREVER if is_asset else PAGE)
