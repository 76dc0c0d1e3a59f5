"""What a command takes to an environment: pages and the API's package, as they were built here or sealed elsewhere."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from site_builder.cli.environments import Opened
from site_builder.cli.telling import say_json
from site_builder.cli.terminal import OK, Parser, say
from site_builder.errors import ReleaseError
from site_builder.release.apply import read_manifest
from site_builder.release.artefact import Artefact, make_artefact, read_artefact
from site_builder.release.commit import Commit, read_commit
from site_builder.release.functions import package_digest, read_package
from site_builder.release.manifest import Manifest, seal
from site_builder.release.pointer import Release
from site_builder.release.steps import Files

OUTPUT, PACKAGE, ARTEFACT = Path("output"), Path("dist") / "api.zip", Path("dist") / "artefact"

SEAL = """\
Put output/, its manifest and the API's package into one folder, with the hash of every file in SHA256SUMS, and the
commit that they were built from. `deploy ENV --artefact FOLDER` takes just these bytes, after it has looked at every
hash; so what is built once can be carried, attested and deployed elsewhere."""
SEALED = """\
Look at every hash of a sealed folder, and list what is in it. It fails where a file was changed, added or taken away,
and where pages and manifest do not belong together."""


@dataclass(frozen=True)
class Built:
    """Pages and API, the commit that they are of, and where their bytes are."""

    manifest: Manifest
    release: Release
    commit: Commit | None
    files: Files


def add_parts_options(parser: Parser) -> None:
    """Let a command leave the API out, or the pages."""
    parts = parser.add_mutually_exclusive_group()
    parts.add_argument("--site-only", action="store_true", help="the pages alone; the API stays, and is not asked")
    parts.add_argument("--api-only", action="store_true", help="the API alone; the pages stay")


def add_built_options(parser: Parser, *, with_api: bool = True) -> None:
    """Say where what was built lies."""
    parser.add_argument("--output", type=Path, default=OUTPUT, help=f"what was built (default: {OUTPUT})")
    parser.add_argument("--artefact", type=Path, metavar="FOLDER", help="take what was sealed there, and nothing else")
    parser.add_argument("--allow-shrink", action="store_true", help="let more than a tenth of the pages go")
    if with_api:
        words = f"the API's package, where the environment has an API (default: {PACKAGE})"
        parser.add_argument("--api", type=Path, default=PACKAGE, metavar="FILE", help=words)
        add_parts_options(parser)


def read_built(there: Opened, arguments: argparse.Namespace, *, pages_only: bool = False) -> Built:
    """Read what is to be taken to an environment."""
    sealed = read_artefact(arguments.artefact) if arguments.artefact else None
    commit = sealed.commit if sealed else read_commit(Path.cwd())
    file = None if pages_only or arguments.site_only else _package(there, sealed, arguments)
    api = package_digest(read_package(file)) if file else None
    if not pages_only and arguments.api_only:
        return _with_live_pages(there, commit, file, api)
    manifest = sealed.manifest if sealed else seal(arguments.output)
    files = Files(sealed.output if sealed else arguments.output, package=file)
    return Built(manifest, _release(manifest, commit, api), commit, files)


def _package(there: Opened, sealed: Artefact | None, arguments: argparse.Namespace) -> Path | None:
    """Return the file of the API's package; None where the environment is a site alone."""
    if there.descriptor.api is None:
        if arguments.api_only:
            todo = "Leave --api-only out, or describe its functions: Terraform does, where it makes them."
            raise ReleaseError(there.descriptor.name, "it has no API", todo)
        return None
    if sealed is None:
        file: Path = arguments.api
        return file
    if sealed.package is None:
        todo = "Seal one with the API: `make artefact`; or go on without it: --site-only."
        raise ReleaseError(str(sealed.folder), "it holds no API, and this environment has one", todo)
    return sealed.package


def _with_live_pages(there: Opened, commit: Commit | None, file: Path | None, api: str | None) -> Built:
    name, digest = there.descriptor.name, there.stores.pointer.read().digest
    manifest = read_manifest(digest, there.stores.objects) if digest else None
    if manifest is None:
        todo = "Deploy both: leave --api-only out."
        raise ReleaseError(name, "there are no live pages that the API could go with", todo)
    return Built(manifest, _release(manifest, commit, api), commit, Files(package=file))


def _release(manifest: Manifest, commit: Commit | None, api: str | None) -> Release:
    return Release(manifest.digest, commit.id if commit else None, commit.committed if commit else 0, api)


def seal_artefact(arguments: argparse.Namespace) -> int:
    """Seal what was built into a folder."""
    package = None if arguments.site_only else arguments.api
    made = make_artefact(arguments.output, package, read_commit(Path.cwd()), arguments.to)
    return _tell(made, arguments)


def check_artefact(arguments: argparse.Namespace) -> int:
    """Look at every hash of a sealed folder."""
    return _tell(read_artefact(arguments.folder), arguments)


def _tell(sealed: Artefact, arguments: argparse.Namespace) -> int:
    commit = vars(sealed.commit) if sealed.commit else None
    release = sealed.manifest.digest
    if arguments.json:
        values = {"folder": str(sealed.folder), "release": release, "api": sealed.api, "commit": commit}
        say_json({**values, "files": sealed.files, "bytes": sealed.size})
        return OK
    say(f"{sealed.folder}: {sealed.files:,} files, {sealed.size:,} bytes, each as it was sealed")
    say(f"  pages    {release}  ({len(sealed.manifest.entries):,} files)")
    say(f"  api      {sealed.api or 'none'}")
    say(f"  commit   {sealed.commit.id if sealed.commit else 'unknown'}{_changes(sealed.commit)}")
    return OK


def _changes(commit: Commit | None) -> str:
    return f", from which {len(commit.changed)} files differ" if commit and commit.changed else ""
