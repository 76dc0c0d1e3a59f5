"""Decide what is done, without doing it: a list of actions in order, each with its reason, and the price of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from site_builder.errors import ReleaseError
from site_builder.release.manifest import NOT_FOUND_PAGE, Entry, Manifest, release_prefix
from site_builder.release.pointer import NO_CHANGES, Changes, Pointer
from site_builder.release.stores import Found, Source, redirect_key

# What S3 asks for a thousand writing requests in most regions, in dollars; bytes that come in are free.
DOLLARS_PER_THOUSAND = 0.005


@dataclass(frozen=True)
class Upload:
    """Send a file's bytes."""

    entry: Entry
    key: str
    reason: str
    # Said in the response of each page; an asset belongs to no release.
    release: str | None = None


@dataclass(frozen=True)
class Copy:
    """Have the store copy a file that it holds already."""

    entry: Entry
    source: Source
    key: str
    reason: str
    release: str | None = None


@dataclass(frozen=True)
class WriteManifest:
    """Say that the release is complete."""

    manifest: Manifest
    reason: str


@dataclass(frozen=True)
class Point:
    """Change what the edge function reads: first what a release brings with it, then the pointer."""

    seen: Pointer
    new: Pointer
    reason: str
    changes: Changes = NO_CHANGES


@dataclass(frozen=True)
class ShowNotFoundPage:
    """Put the live release's 404 page where the CDN fetches it."""

    digest: str
    reason: str
    # Before the pointer moves: while there is none at all, the CDN would answer with the bucket's own refusal.
    first: bool = False


@dataclass(frozen=True)
class Delete:
    """Remove objects for good."""

    keys: tuple[str, ...]
    reason: str


Action = Upload | Copy | WriteManifest | Point | ShowNotFoundPage | Delete


@dataclass(frozen=True)
class Present:
    """What is there already, as far as a plan needs to know."""

    pointer: Pointer
    # None where it was not looked: nothing would be done with it.
    keys: Mapping[str, Found] | None
    live: Manifest | None
    # Whether the CDN's 404 page is that of the live release.
    not_found_page_fits: bool
    # How many bytes the key-value store holds; only asked where there is something to add.
    taken: int = 0


@dataclass(frozen=True)
class Plan:
    """What a command does, in order."""

    digest: str
    actions: tuple[Action, ...]

    @property
    def bytes_to_send(self) -> int:
        """Count the bytes that leave this machine."""
        return sum(action.entry.size for action in self.actions if isinstance(action, Upload))

    @property
    def dollars(self) -> float:
        """Say what the writing requests cost; deleting is free."""
        paid = sum(not isinstance(action, Point | Delete) for action in self.actions)
        return paid * DOLLARS_PER_THOUSAND / 1000


def step(action: Action) -> int:
    """Say when an action's turn is: a page never before what it shows, the manifest after all it lists."""
    match action:
        case Upload() | Copy() if action.entry.is_asset:
            return 0
        case Upload() | Copy():
            return 1
        case WriteManifest() | Delete():
            return 2
        case ShowNotFoundPage() if action.first:
            return 3
        case Point():
            return 4
        case ShowNotFoundPage():
            return 5


def plan_release(
    manifest: Manifest, present: Present, new: Pointer, changes: Changes = NO_CHANGES, source: str | None = None
) -> Plan:
    """Plan from what was sealed and what is there: assets, pages, the manifest, the pointer, the CDN's 404 page.

    The files come from the output, or from another environment's bucket if one is named.
    """
    files: tuple[Action, ...] = ()
    if present.keys is not None:
        files = _files(manifest, present, present.keys, source)
        if manifest.manifest_key not in present.keys:
            files = (*files, WriteManifest(manifest, "written last: from here on the release is complete"))
    return Plan(manifest.digest, (*files, *plan_move(present, new, changes).actions))


def plan_move(present: Present, new: Pointer, changes: Changes = NO_CHANGES) -> Plan:
    """Plan what makes a release that is complete live, or changes how it is."""
    seen = present.pointer
    actions: list[Action] = []
    reason = "the CDN fetches it past the edge function, so it lies outside the releases"
    if new.live and seen.live is None:
        actions.append(ShowNotFoundPage(new.live.digest, reason, first=True))
    if new != seen or changes.puts or changes.deletes:
        actions.append(Point(seen, new, _why_point(seen, new), changes))
    if new.live and (new.live.digest != seen.digest or not present.not_found_page_fits):
        actions.append(ShowNotFoundPage(new.live.digest, reason))
    return Plan(new.digest or "", tuple(actions))


def redirect_puts(manifest: Manifest) -> tuple[tuple[str, str], ...]:
    """Return what the edge function looks up for a release where a page was before, or is no more."""
    return tuple((redirect_key(manifest.digest, path), answer) for path, answer in manifest.redirects)


def _files(
    manifest: Manifest, present: Present, keys: Mapping[str, Found], source: str | None
) -> tuple[Upload | Copy, ...]:
    # Assets first: a page must never be there before what it shows.
    ordered = sorted(manifest.entries, key=lambda entry: (not entry.is_asset, entry.path))
    _refuse_other_bytes_under_one_name(manifest, present, keys)
    absent = [entry for entry in ordered if not _is_there(entry, keys.get(manifest.key(entry)))]
    return tuple(_file(entry, manifest, present, source) for entry in absent)


def _is_there(entry: Entry, found: Found | None) -> bool:
    return found is not None and found.size == entry.size


def _refuse_other_bytes_under_one_name(manifest: Manifest, present: Present, keys: Mapping[str, Found]) -> None:
    """Refuse other bytes under an address that browsers keep for ever."""
    before = present.live.by_path if present.live else {}
    for entry in manifest.entries:
        if not entry.is_asset:
            continue
        found = keys.get(entry.path)
        known = before.get(entry.path)
        if (found and found.size != entry.size) or (known and known.sha256 != entry.sha256):
            what = "an asset of this name is there with other bytes, and browsers keep it for a year"
            raise ReleaseError(entry.path, what, "Name it by the hash of its bytes; build again.")


def _file(entry: Entry, manifest: Manifest, present: Present, source: str | None) -> Upload | Copy:
    key = manifest.key(entry)
    release = None if entry.is_asset else manifest.digest
    if source is not None:
        return Copy(entry, Source(key, source), key, f"the same bytes as in {source}", release)
    if entry.is_asset:
        return Upload(entry, key, "no release has used it yet")
    before = present.live.by_path if present.live else {}
    known = before.get(entry.path)
    if present.live and known == entry:
        return Copy(entry, Source(present.live.key(entry)), key, "unchanged since the live release", release)
    return Upload(entry, key, "changed" if known else "new", release)


def _why_point(seen: Pointer, new: Pointer) -> str:
    if new == seen:
        return "keys of its own, and what is live stays"
    if new.canary and new.canary != seen.canary:
        return f"{new.canary.percent} % of the viewers get {new.canary.release.digest}"
    if new.digest == seen.digest:
        return "what is live stays"
    return f"instead of {seen.digest}" if seen.digest else "the first release here"


def describe(plan: Plan) -> list[str]:
    """Tell the plan in lines that a person reads."""
    if not plan.actions:
        return [f"Release {plan.digest} is live already; nothing to do."]
    lines = [_line(action) for action in plan.actions]
    return [f"Release {plan.digest}" if plan.digest else "No release", *lines, summary(plan)]


def summary(plan: Plan) -> str:
    """Tell the plan in one line, with what it costs."""
    counts = Counter(type(action).__name__ for action in plan.actions)
    deleted = sum(len(action.keys) for action in plan.actions if isinstance(action, Delete))
    parts = [f"{counts['Upload']:,} uploads ({plan.bytes_to_send:,} bytes), {counts['Copy']:,} copies in the store"]
    parts += [f"{deleted:,} objects deleted"] if deleted else []
    return f"{', '.join(parts)}, about ${plan.dollars:.4f}"


def _line(action: Action) -> str:
    match action:
        case Upload():
            return f"  upload   {action.key}  ({action.entry.size:,} bytes: {action.reason})"
        case Copy():
            return f"  copy     {action.key}  ({action.reason})"
        case WriteManifest():
            return f"  seal     {action.manifest.manifest_key}  ({action.reason})"
        case Point():
            return f"  point    {_pointing(action)}  ({action.reason})"
        case ShowNotFoundPage():
            return f"  show     {NOT_FOUND_PAGE} of {action.digest}  ({action.reason})"
        case Delete():
            first = release_prefix(action.keys[0].split("/")[1]) if action.keys[0].startswith("releases/") else ""
            return f"  delete   {len(action.keys):,} objects {first or action.keys[0]}  ({action.reason})"


def _pointing(action: Point) -> str:
    more = f", with {len(action.changes.puts)} keys" if action.changes.puts else ""
    more += f", without {len(action.changes.deletes)} keys" if action.changes.deletes else ""
    return f"live -> {action.new.digest or 'nothing'}{more}"
