"""Decide what a deploy does, without doing it: a list of actions in order, each with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from site_builder.release.manifest import NOT_FOUND_PAGE, Entry, Manifest
from site_builder.release.stores import Pointer, Redirects


@dataclass(frozen=True)
class Upload:
    """Send a file's bytes."""

    entry: Entry
    key: str
    reason: str
    # An object that is named by its content, or lies under a digest, is never overwritten with something else.
    release: str | None = None


@dataclass(frozen=True)
class Copy:
    """Have the store copy an unchanged file from the last release."""

    entry: Entry
    source: str
    key: str
    reason: str
    release: str


@dataclass(frozen=True)
class WriteManifest:
    """Say that the release is complete."""

    manifest: Manifest
    reason: str


@dataclass(frozen=True)
class Point:
    """Make the release live."""

    digest: str
    seen: Pointer
    reason: str
    redirects: Redirects = ()


Action = Upload | Copy | WriteManifest | Point


@dataclass(frozen=True)
class Present:
    """What the store holds already, as far as a plan needs to know."""

    keys: frozenset[str]
    live: Manifest | None
    pointer: Pointer


@dataclass(frozen=True)
class Plan:
    """What a deploy does, in order."""

    digest: str
    actions: tuple[Action, ...]

    @property
    def bytes_to_send(self) -> int:
        """Count the bytes that leave this machine."""
        return sum(action.entry.size for action in self.actions if isinstance(action, Upload))


def step(action: Action) -> int:
    """Say when an action's turn is: a page never before what it shows, the manifest after all it lists."""
    match action:
        case Upload() if action.entry.is_asset:
            return 0
        case Upload() | Copy() if action.key != NOT_FOUND_PAGE:
            return 1
        case WriteManifest():
            return 2
        case Point():
            return 4
        case _:
            return 3


def plan_release(manifest: Manifest, present: Present) -> Plan:
    """Plan from the sealed output and what is there: assets, pages, the manifest, then the pointer."""
    if present.pointer.live == manifest.digest:
        return Plan(manifest.digest, ())
    complete = manifest.manifest_key in present.keys
    files = () if complete else _files(manifest, present)
    last = () if complete else (WriteManifest(manifest, "written last: from here on the release is complete"),)
    return Plan(
        manifest.digest,
        (
            *files,
            *last,
            _not_found_page(manifest),
            Point(manifest.digest, present.pointer, _why_point(present), manifest.redirects),
        ),
    )


def _files(manifest: Manifest, present: Present) -> tuple[Action, ...]:
    # Assets first: a page must never be there before what it shows.
    ordered = sorted(manifest.entries, key=lambda entry: (not entry.is_asset, entry.path))
    absent = [entry for entry in ordered if manifest.key(entry) not in present.keys]
    return tuple(_file(entry, manifest, present) for entry in absent)


def _file(entry: Entry, manifest: Manifest, present: Present) -> Action:
    if entry.is_asset:
        return Upload(entry, entry.path, "no release has used it yet")
    key = manifest.key(entry)
    if present.live and entry in present.live.entries:
        source = present.live.key(entry)
        return Copy(entry, source, key, "unchanged since the live release", manifest.digest)
    known = {other.path for other in present.live.entries} if present.live else set()
    return Upload(entry, key, "changed" if entry.path in known else "new", manifest.digest)


def _not_found_page(manifest: Manifest) -> Action:
    entry = next(entry for entry in manifest.entries if entry.path == NOT_FOUND_PAGE)
    return Upload(entry, NOT_FOUND_PAGE, "the CDN fetches it past the edge function, so it lies outside the releases")


def _why_point(present: Present) -> str:
    return f"instead of {present.pointer.live}" if present.pointer.live else "the first release here"


def describe(plan: Plan) -> list[str]:
    """Tell the plan in lines that a person reads."""
    if not plan.actions:
        return [f"Release {plan.digest} is live already; nothing to do."]
    lines = [_line(action) for action in plan.actions]
    counts = Counter(type(action).__name__ for action in plan.actions)
    summary = f"{counts['Upload']} uploads ({plan.bytes_to_send:,} bytes), {counts['Copy']} copies in the store"
    return [f"Release {plan.digest}", *lines, summary]


def _line(action: Action) -> str:
    match action:
        case Upload():
            return f"  upload   {action.key}  ({action.entry.size:,} bytes: {action.reason})"
        case Copy():
            return f"  copy     {action.key}  ({action.reason})"
        case WriteManifest():
            return f"  seal     {action.manifest.manifest_key}  ({action.reason})"
        case Point():
            more = f", with {len(action.redirects)} redirects" if action.redirects else ""
            return f"  point    live -> {action.digest}{more}  ({action.reason})"
