"""Decide what is done, without doing it: a list of actions in order, each with its reason, and the price of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from site_builder.errors import ReleaseError
from site_builder.release.functions import Deployed, Traffic, describe_traffic, package_key, packages_of, traffic_for
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


@dataclass(frozen=True)
class StorePackage:
    """Keep the API's package beside the releases: from a file, or from another environment's bucket."""

    package: str
    source: Path | str
    reason: str


@dataclass(frozen=True)
class Publish:
    """Make a version of the API."""

    package: str
    reason: str


@dataclass(frozen=True)
class Migrate:
    """Bring the database's schema to what a version expects."""

    package: str
    reason: str


@dataclass(frozen=True)
class Check:
    """Ask a version before anybody is sent to it."""

    package: str
    reason: str


@dataclass(frozen=True)
class Shift:
    """Send requests to other versions."""

    traffic: Traffic
    reason: str
    # Before the pointer moves: pages may need a newer API than they have, and never an older one.
    first: bool = True


@dataclass(frozen=True)
class RemoveVersions:
    """Remove the versions of a package that nobody can go back to."""

    package: str
    reason: str


SiteAction = Upload | Copy | WriteManifest | Point | ShowNotFoundPage | Delete
ApiAction = StorePackage | Publish | Migrate | Check | Shift | RemoveVersions
Action = SiteAction | ApiAction
# What costs a writing request of S3; deleting is free.
PAID = Upload | Copy | WriteManifest | ShowNotFoundPage | StorePackage


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
    # The environment's API, where it has one, and which of the packages that are asked for lie in the bucket.
    api: Deployed | None = None
    packages: frozenset[str] = frozenset()


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
        paid = sum(isinstance(action, PAID) for action in self.actions)
        return paid * DOLLARS_PER_THOUSAND / 1000


# When an action's turn is. A page is never before what it shows, the manifest after all it lists; a version of the API
# is migrated for and asked before it gets requests, and it gets them before the pages that may need it.
TURNS: Mapping[type[Action], int] = {
    Upload: 1, Copy: 1, WriteManifest: 2, Delete: 2, StorePackage: 2, Publish: 3, Migrate: 4, Check: 5,
    Point: 8, ShowNotFoundPage: 9, Shift: 9, RemoveVersions: 9,
}  # fmt: skip


def step(action: Action) -> int:
    """Say when an action's turn is."""
    match action:
        case Upload() | Copy() if action.entry.is_asset:
            return 0
        case ShowNotFoundPage() if action.first:
            return 6
        case Shift() if action.first:
            return 7
    return TURNS[type(action)]


@dataclass(frozen=True)
class Origin:
    """Where the bytes come from: the output and the API's package here, or another environment's bucket."""

    bucket: str | None = None
    package: Path | None = None
    # Whether even what is there is made again.
    repair: bool = False


HERE = Origin()


def plan_release(
    manifest: Manifest, present: Present, new: Pointer, changes: Changes = NO_CHANGES, origin: Origin = HERE
) -> Plan:
    """Plan from what was sealed and what is there: assets, pages, the manifest, the API, the pointer, the 404 page."""
    files: tuple[Action, ...] = ()
    if present.keys is not None:
        files = _files(manifest, present, present.keys, origin.bucket)
        if manifest.manifest_key not in present.keys:
            files = (*files, WriteManifest(manifest, "written last: from here on the release is complete"))
    api = _api(present, new, origin)
    return Plan(manifest.digest, (*files, *api, *_move(present, new, changes)))


def plan_move(present: Present, new: Pointer, changes: Changes = NO_CHANGES, *, back: bool = False) -> Plan:
    """Plan what makes a release that is complete live, or changes how it is.

    On the way back the pages go first and the API follows: an API may be newer than its pages, and never older.
    """
    move = _move(present, new, changes)
    actions = (*move, *_way_back(present, new)) if back else (*_api(present, new, HERE), *move)
    return Plan(new.digest or "", actions)


def _api(present: Present, new: Pointer, origin: Origin) -> Iterator[Action]:
    """Plan what prepares the API and sends it requests, before the pointer moves."""
    if present.api is None:
        return
    aim, runs = traffic_for(new, present.api), packages_of(present.pointer)
    for package in packages_of(new):
        source = origin.package or origin.bucket
        if package not in present.packages and source and package not in runs:
            yield StorePackage(package, source, "kept beside the release, so that it can be gone back to")
        if package not in present.api.versions or origin.repair:
            yield Publish(package, "no version here is of this package" if not origin.repair else "to be made again")
        elif package in runs:
            continue
        if package not in runs or origin.repair:
            yield Migrate(package, "what is in the database is only added to")
        yield Check(package, "asked before anybody is sent to it")
    # Also where they go there already: that may be by somebody whose deploy fails, who will send them back.
    moves = traffic_for(present.pointer, present.api) != aim
    # A version that was made again, with settings that have changed, is of the package that is live already.
    if moves or aim != present.api.traffic or (origin.repair and aim.packages):
        yield Shift(aim, "before the pages, which may need it")
    elif present.api.behind:
        yield Shift(aim, _left_behind(present.api))


def _way_back(present: Present, new: Pointer) -> Iterator[Action]:
    """Plan how the API follows the pages back; it needs no migration, and has been checked when it came."""
    if present.api is None:
        return
    aim = traffic_for(new, present.api)
    for package in packages_of(new):
        if package not in present.api.versions:
            yield Publish(package, "its version is gone, and its package is kept")
    if aim != present.api.traffic:
        yield Shift(aim, "after the pages, which may have needed it", first=False)
    elif present.api.behind:
        yield Shift(aim, _left_behind(present.api), first=False)


def _left_behind(api: Deployed) -> str:
    return f"{', '.join(api.behind)} did not come along the last time"


def _move(present: Present, new: Pointer, changes: Changes) -> tuple[Action, ...]:
    seen = present.pointer
    actions: list[Action] = []
    reason = "the CDN fetches it past the edge function, so it lies outside the releases"
    if new.live and seen.live is None:
        actions.append(ShowNotFoundPage(new.live.digest, reason, first=True))
    if new != seen or changes.puts or changes.deletes:
        actions.append(Point(seen, new, _why_point(seen, new), changes))
    if new.live and (new.live.digest != seen.digest or not present.not_found_page_fits):
        actions.append(ShowNotFoundPage(new.live.digest, reason))
    return tuple(actions)


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
        return "the pages stay" if new.live != seen.live else "what is live stays"
    return f"instead of {seen.digest}" if seen.digest else "the first release here"


def describe(plan: Plan) -> list[str]:
    """Tell the plan in lines that a person reads."""
    if not plan.actions:
        return [f"Release {plan.digest} is live already; nothing to do."]
    lines = [_line_of_api(action) if isinstance(action, ApiAction) else _line(action) for action in plan.actions]
    return [f"Release {plan.digest}" if plan.digest else "No release", *lines, summary(plan)]


def summary(plan: Plan) -> str:
    """Tell the plan in one line, with what it costs."""
    counts = Counter(type(action).__name__ for action in plan.actions)
    deleted = sum(len(action.keys) for action in plan.actions if isinstance(action, Delete))
    parts = [f"{counts['Upload']:,} uploads ({plan.bytes_to_send:,} bytes), {counts['Copy']:,} copies in the store"]
    parts += [f"{deleted:,} objects deleted"] if deleted else []
    return f"{', '.join(parts)}, about ${plan.dollars:.4f}"


def _line(action: SiteAction) -> str:
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


def _line_of_api(action: ApiAction) -> str:
    match action:
        case StorePackage():
            return f"  store    {package_key(action.package)}  ({action.reason})"
        case Publish() | Migrate() | Check():
            return f"  {type(action).__name__.lower():<8} the API {action.package}  ({action.reason})"
        case Shift():
            return f"  shift    the API's requests to {describe_traffic(action.traffic)}  ({action.reason})"
        case RemoveVersions():
            return f"  delete   versions of the API {action.package}  ({action.reason})"


def _pointing(action: Point) -> str:
    more = f", with {len(action.changes.puts)} keys" if action.changes.puts else ""
    more += f", without {len(action.changes.deletes)} keys" if action.changes.deletes else ""
    return f"live -> {action.new.digest or 'nothing'}{more}"
