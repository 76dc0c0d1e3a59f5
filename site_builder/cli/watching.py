"""The commands that only look, and the cloud to look at on this machine."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from site_builder.cli.environments import LOCAL_FOLDER, described, opened
from site_builder.cli.telling import age, moment, pointer_as_values, say_json, table
from site_builder.cli.terminal import OK, say
from site_builder.errors import ReleaseError, SiteError
from site_builder.release.apply import Stores, read_manifest
from site_builder.release.compare import compare, describe_differences
from site_builder.release.descriptor import ENVIRONMENTS
from site_builder.release.functions import Deployed
from site_builder.release.ledger import Verdict
from site_builder.release.manifest import MANIFESTS, Manifest, digest_in, manifest_key, seal
from site_builder.release.pointer import Pointer
from site_builder.release.previews import Preview, read_previews
from site_builder.release.verify import (
    SAMPLE,
    THE_API,
    Drift,
    Question,
    SiteAddress,
    api_question,
    find_api_drift,
    find_changed_bytes,
    find_drift,
    questions,
    verify_site,
)

DRIFTED = 4
SHORT = 12

STATUS = """\
Say of each environment, side by side: the live release, its commit and age, the canary, the smoke tests' verdict, a
lock, previews, and whether something is missing in its bucket."""
RELEASES = "List the moves of the pointer, the last first: what was live after each, who made it, when and why."
DIFF = """\
Compare two releases file by file. A and B are each an environment (its live release), ENV:DIGEST, or a built folder:

  publish.py diff production staging        what a promotion would change for visitors
  publish.py diff staging output            what a deploy would"""
VERIFY = """\
Ask for the live site through its address and compare with what was sealed: bytes, headers, redirects, the 404 page;
a sample, or --all. Then list the bucket and name what is missing, has another size, or belongs to no file; the hashes
that S3 keeps are compared for the sample, or for all. Exit code 4 if anything differs."""
CLOUD = """\
Run local-dev, local-staging and local-production until Ctrl-C: an S3, KeyValueStores, and two edges for each that run
the real edge function, with a cache like CloudFront's, and hear of a flip some seconds late, each in its own time. At
/api/ is the API of this folder, with a database of its own for each, until another version of it is deployed.
Every command of publish.py works on them from another terminal."""


@dataclass(frozen=True)
class Row:
    """An environment at one moment."""

    name: str
    pointer: Pointer
    verdict: Verdict | None
    previews: tuple[Preview, ...]
    drift: tuple[Drift, ...]
    now: float
    # None where the environment is a site alone.
    api: Deployed | None = None


def status(arguments: argparse.Namespace) -> int:
    """Say what is live, everywhere."""
    rows: list[Row] = []
    faults: list[tuple[str, SiteError]] = []
    for name in arguments.environment or described(arguments.environments):
        try:
            rows.append(_row(name, arguments.environments))
        except SiteError as error:
            # One environment that cannot be reached must not hide the others.
            faults.append((name, error))
    if arguments.json:
        wrong = {name: {"error": str(fault)} for name, fault in faults}
        say_json({**{row.name: _row_as_values(row) for row in rows}, **wrong})
    else:
        if rows or not faults:
            _say_rows(rows)
        for words in dict.fromkeys(str(fault) for _, fault in faults):
            names = ", ".join(name for name, fault in faults if str(fault) == words)
            say(f"{names}: cannot be looked at\n  {words}")
    return 1 if faults and not rows else OK


def _row(name: str, folder: Path | None) -> Row:
    with opened(name, folder) as there:
        stores = there.stores
        pointer = stores.pointer.read()
        now = stores.clock.now()
        previews = tuple(one for one in read_previews(stores.pointer.items()) if one.until > now)
        api = stores.functions.look() if stores.functions else None
        if pointer.live is None:
            return Row(name, pointer, None, previews, (), now, api)
        manifest = read_manifest(pointer.live.digest, stores.objects)
        drift = find_drift(manifest, stores) if manifest else (_no_manifest(pointer.live.digest),)
        drift += find_api_drift(pointer, api) if api else ()
        return Row(name, pointer, stores.ledger.verdict(pointer.live), previews, drift, now, api)


def _no_manifest(digest: str) -> Drift:
    return Drift(manifest_key(digest), "the manifest is missing")


def _row_as_values(row: Row) -> dict[str, object]:
    return {
        **pointer_as_values(row.pointer),
        "serving": _serving(row.api) if row.api else None,
        "smoke": None if row.verdict is None else vars(row.verdict),
        "previews": [vars(one) for one in row.previews],
        "drift": [vars(one) for one in row.drift],
    }


def _serving(api: Deployed) -> dict[str, object]:
    """Say which versions of the API get the requests, by the numbers that they have here."""
    traffic = api.traffic
    said: dict[str, object] = {"package": traffic.live, "version": api.versions.get(traffic.live or "")}
    if traffic.canary:
        canary = {"package": traffic.canary, "version": api.versions.get(traffic.canary)}
        said["canary"] = {**canary, "percent": traffic.percent}
    return said


def _say_rows(rows: Sequence[Row]) -> None:
    if not rows:
        say("No environment can be looked at here.")
        return
    cells = [("", "live", "api", "commit", "since", "canary", "smoke", "drift"), *(_cells(row) for row in rows)]
    for line in table(cells):
        say(line)
    for row in rows:
        for drift in find_api_drift(row.pointer, row.api) if row.api else ():
            say(f"{row.name}: {drift.where}: {drift.what}. Run what was interrupted again, or roll back.")
        if row.pointer.closed:
            say(f"{row.name} is closed: every page is its 503.html")
        if row.pointer.lock:
            one = row.pointer.lock
            say(f"{row.name} is locked by {one.by} since {moment(one.at)}: {one.why}")
        for preview in row.previews:
            say(f"{row.name} previews {preview.release[:SHORT]} as {preview.label} until {moment(preview.until)}")


def _cells(row: Row) -> tuple[str, ...]:
    live, canary = row.pointer.live, row.pointer.canary
    if live is None:
        return (row.name, "nothing yet", _api_cell(row.api), "", "", "", "", "")
    return (
        row.name,
        live.digest[:SHORT],
        _api_cell(row.api),
        (live.commit or "unknown")[:SHORT],
        f"{age(row.now - row.pointer.move.at)} ({row.pointer.move.action})",
        f"{canary.percent} % {canary.release.digest[:SHORT]}" if canary else "-",
        "not seen" if row.verdict is None else ("passed" if row.verdict.passed else "FAILED"),
        _drift_cell(row.drift),
    )


def _drift_cell(drift: Sequence[Drift]) -> str:
    files = [one for one in drift if one.where != THE_API]
    said = [f"{len(files)} files"] if files else []
    return " and ".join([*said, THE_API] if len(files) < len(drift) else said) or "none"


def _api_cell(api: Deployed | None) -> str:
    if api is None:
        return "-"
    package = api.traffic.live or ""
    return f"{package[:SHORT]} ({api.versions.get(package, '?')})"


def releases(arguments: argparse.Namespace) -> int:
    """List what was live when, and why."""
    with opened(arguments.environment, arguments.environments) as there:
        stores = there.stores
        moves = list(stores.ledger.moves(stores.pointer.read(), arguments.most))
        kept = {digest_in(key) for key in stores.objects.listed(MANIFESTS)}
    if arguments.json:
        say_json([{**pointer_as_values(one), "kept": one.digest in kept} for one in moves])
        return OK
    if not moves:
        say(f"{arguments.environment}: nothing was ever live")
        return OK
    rows: list[tuple[str, ...]] = [("move", "live", "api", "commit", "when", "what", "by", "why")]
    rows += [_move_cells(one, one.digest in kept) for one in moves]
    for line in table(rows):
        say(line)
    return OK


def _move_cells(one: Pointer, kept: bool) -> tuple[str, ...]:
    commit = (one.live.commit or "unknown")[:SHORT] if one.live else ""
    live = f"{one.digest[:SHORT]}{'' if kept else ' (pruned)'}" if one.digest else "nothing"
    api = (one.live.api or "")[:SHORT] if one.live else ""
    return (str(one.move.number), live, api, commit, moment(one.move.at), one.move.action, one.move.by, one.move.why)


def diff(arguments: argparse.Namespace) -> int:
    """Compare two releases file by file."""
    before = _named_manifest(arguments.before, arguments.environments)
    after = _named_manifest(arguments.after, arguments.environments)
    found = compare(before, after)
    if arguments.json:
        say_json([{"path": one.path, "kind": one.kind, "bytes": one.bytes} for one in found])
    else:
        for line in describe_differences(found):
            say(line)
    return OK


def _named_manifest(name: str, folder: Path | None) -> Manifest:
    environment, _, digest = name.partition(":")
    if environment not in ENVIRONMENTS:
        if not Path(name).is_dir():
            what = "it is neither an environment, nor ENV:DIGEST, nor a folder"
            raise ReleaseError(name, what, f"Environments are {', '.join(ENVIRONMENTS)}.")
        return seal(Path(name))
    with opened(environment, folder) as there:
        return _manifest(environment, digest or there.stores.pointer.read().digest, there.stores)


def _manifest(environment: str, digest: str | None, stores: Stores) -> Manifest:
    if digest is None:
        raise ReleaseError(environment, "nothing is live there", f"Run `publish.py deploy {environment}`.")
    manifest = read_manifest(digest, stores.objects)
    if manifest is None:
        raise ReleaseError(environment, f"release {digest} is not kept there", "See `publish.py releases ENV`.")
    return manifest


def verify(arguments: argparse.Namespace) -> int:
    """Compare the live site and the bucket with what was sealed."""
    with opened(arguments.environment, arguments.environments) as there:
        stores = there.stores
        pointer = stores.pointer.read()
        manifest = _manifest(arguments.environment, pointer.digest, stores)
        api = stores.functions.look() if stores.functions else None
        asked = [*questions(manifest, None if arguments.all else SAMPLE), *_api_questions(api)]
        address = SiteAddress(there.descriptor.site_url)
        try:
            wrong = verify_site(asked, address, stores, patience=arguments.patience)
        finally:
            address.close()
        entries = manifest.entries if arguments.all else manifest.entries[:SAMPLE]
        stored = (*find_drift(manifest, stores), *find_changed_bytes(manifest, entries, stores))
        stored += find_api_drift(pointer, api) if api else ()
    if arguments.json:
        values = {"release": manifest.digest, "asked": len(asked)}
        say_json({**values, "site": [vars(one) for one in wrong], "bucket": [vars(one) for one in stored]})
    else:
        for one in (*wrong, *stored):
            say(f"  {one.where}: {one.what}")
        words = "all is as it was sealed" if not wrong and not stored else "that is not as it was sealed"
        say(f"{manifest.digest}: {len(asked):,} addresses asked for, {len(manifest.entries):,} files listed; {words}.")
        if stored:
            say(f"  `publish.py deploy {arguments.environment} --repair` stores again what is missing.")
    return DRIFTED if wrong or stored else OK


def _api_questions(api: Deployed | None) -> list[Question]:
    """Ask the API which version it is, unless two of them share the requests."""
    number = api.versions.get(api.traffic.live or "") if api and not api.traffic.canary else None
    return [api_question(number)] if number else []


def cloud(arguments: argparse.Namespace) -> int:
    """Run three environments on this machine until Ctrl-C."""
    from site_builder.preview.cloud import running_backend, running_cloud  # noqa: PLC0415 - moto takes a second to import
    from site_builder.preview.instance import only_instance  # noqa: PLC0415
    from site_builder.preview.server import read_security_headers  # noqa: PLC0415
    from site_builder.preview.stack import Project, wait_for_stop  # noqa: PLC0415

    project = Project(Path(__file__).resolve().parents[2], arguments.state.absolute())
    folder = arguments.state / "cloud" / "environments"
    headers = read_security_headers(project.edge / "headers.json")
    with ExitStack() as parts:
        parts.enter_context(only_instance(project.local / "cloud.lock"))
        backend = None
        if not arguments.site_only:
            say("Starting PostgreSQL and three APIs …")
            backend = parts.enter_context(running_backend(project.api, project.local / "cloud", say))
        running = parts.enter_context(
            running_cloud(folder, project.edge, headers, port=arguments.port, delay=arguments.delay, backend=backend)
        )
        say("\n  The local cloud runs. Each environment has two edges, and each hears of a flip in its own time:\n")
        for one in running.environments:
            say(f"    {one.name:<17} {'   '.join(one.urls)}")
        if backend:
            say(f"\n  The API is at /api/ of each; what it mails lies in {arguments.state}/cloud/<environment>/mail/.")
        say("\n  In another terminal:\n")
        option = "" if folder == LOCAL_FOLDER else f" --environments {folder}"
        for words in (
            "deploy local-staging",
            "promote local-staging local-production",
            "status",
            "rollback local-staging",
        ):
            say(f"    .venv/bin/python publish.py {words}{option}")
        say("\n  Ctrl-C stops it; nothing is kept.")
        wait_for_stop()
        say("\nStopping …")
    return OK
