"""What is carried from where it was built to where it is deployed: pages, manifest and the API's package, sealed.

    SHA256SUMS       the hash of everything below, as `sha256sum -c` reads it
    artefact.json    the commit, the pages' digest and the API's
    manifest.json    what the release consists of
    api.zip          the API's package, where there is one
    names/           what pages and API are called, which any environment can write down again
    output/          the pages

Whoever takes it looks at every hash first, so what is deployed is what was built and tested, or nothing is.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from site_builder.errors import ReleaseError
from site_builder.release.commit import Commit
from site_builder.release.functions import package_digest, read_package
from site_builder.release.manifest import Manifest, seal

SUMS, ABOUT, MANIFEST, PACKAGE, OUTPUT = "SHA256SUMS", "artefact.json", "manifest.json", "api.zip", "output"
NAMES = "names"
MOST_NAMED = 5
TODO = "Make it anew: `make artefact`."


@dataclass(frozen=True)
class Artefact:
    """A sealed folder of which every hash is right."""

    folder: Path
    manifest: Manifest
    commit: Commit | None
    # The API's package, if there is one in it.
    api: str | None
    files: int
    size: int

    @property
    def output(self) -> Path:
        """Return the folder of the pages."""
        return self.folder / OUTPUT

    @property
    def package(self) -> Path | None:
        """Return the file of the API's package."""
        return self.folder / PACKAGE if self.api else None


def make_artefact(output: Path, package: Path | None, commit: Commit | None, folder: Path) -> Artefact:
    """Seal what was built into a folder, which is there as a whole or not at all."""
    manifest = seal(output)
    half = folder.with_name(f".{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    shutil.copytree(output, half / OUTPUT)
    api = None
    if package:
        body = read_package(package)
        api = package_digest(body)
        (half / PACKAGE).write_bytes(body)
    (half / MANIFEST).write_bytes(manifest.to_json())
    about = {"commit": vars(commit) if commit else None, "release": manifest.digest, "api": api}
    (half / ABOUT).write_text(json.dumps(about, indent=1, sort_keys=True) + "\n")
    write_names(half / NAMES, manifest.digest, commit.id if commit else None, api)
    sums = [f"{_hash(file)}  {name}\n" for name, file in sorted(_files(half).items())]
    (half / SUMS).write_text("".join(sums))
    if folder.exists() and not (folder / SUMS).is_file():
        raise ReleaseError(str(folder), "it is there, and is no artefact", "Name another folder with --to.")
    shutil.rmtree(folder, ignore_errors=True)
    half.rename(folder)
    return read_artefact(folder)


def read_artefact(folder: Path) -> Artefact:
    """Read a sealed folder, or say what in it is not as it was sealed."""
    files = _files(folder)
    sealed = _sealed(folder)
    wrong = [name for name in sorted({*files, *sealed} - {SUMS}) if _wrong(name, files, sealed)]
    if wrong:
        more = f" and {len(wrong) - MOST_NAMED} more" if len(wrong) > MOST_NAMED else ""
        what = f"not as it was sealed: {', '.join(wrong[:MOST_NAMED])}{more}"
        raise ReleaseError(str(folder), what, TODO)
    try:
        about = json.loads((folder / ABOUT).read_text())
        commit = (
            Commit(**{**about["commit"], "changed": tuple(about["commit"]["changed"])}) if about["commit"] else None
        )
        manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
        digest, api = about["release"], about["api"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(str(folder / ABOUT), f"it cannot be read: {error}", TODO) from error
    # The hashes say that nothing was changed since; these, that its parts belong together.
    if manifest.digest != digest or seal(folder / OUTPUT, remember=False).digest != digest:
        raise ReleaseError(str(folder), f"its pages are not release {digest}", TODO)
    if api and package_digest(read_package(folder / PACKAGE)) != api:
        raise ReleaseError(str(folder / PACKAGE), f"it is not the package {api}", TODO)
    return Artefact(folder, manifest, commit, api, len(sealed), sum(file.stat().st_size for file in files.values()))


def write_names(folder: Path, pages: str, commit: str | None, api: str | None) -> tuple[Path, ...]:
    """Write down what pages and API are called, in the same bytes wherever they are live: what was attested is that."""
    folder.mkdir(parents=True, exist_ok=True)
    named = {"pages.json": {"commit": commit, "pages": pages}, "api.json": {"api": api} if api else None}
    for name, values in named.items():
        (folder / name).unlink(missing_ok=True)
        if values:
            (folder / name).write_text(json.dumps(values, indent=1, sort_keys=True) + "\n")
    return tuple(folder / name for name, values in named.items() if values)


def _sealed(folder: Path) -> dict[str, str]:
    try:
        lines = (folder / SUMS).read_text().splitlines()
    except OSError as error:
        raise ReleaseError(str(folder / SUMS), f"it cannot be read: {error.strerror}", TODO) from error
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _files(folder: Path) -> dict[str, Path]:
    return {file.relative_to(folder).as_posix(): file for file in folder.rglob("*") if not file.is_dir()}


def _wrong(name: str, files: dict[str, Path], sealed: dict[str, str]) -> bool:
    return name not in files or name not in sealed or _hash(files[name]) != sealed[name]


def _hash(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
