"""Delete what nobody needs any more: the only thing here that deletes.

While it works, the environment is locked, by the same pointer that every deploy moves: one that has looked before
cannot point afterwards, so no deploy ever relies on what was deleted meanwhile. A lock that a dead prune has left can
be taken over after a while that is longer than any of its requests may be under way.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from site_builder.errors import ReleaseError
from site_builder.release.apply import Stores, apply_plan, read_manifest
from site_builder.release.functions import PACKAGES, Deployed, Traffic, package_key, package_of
from site_builder.release.guards import Objection, locked, refuse
from site_builder.release.manifest import ASSETS, MANIFESTS, Manifest, digest_in, manifest_key
from site_builder.release.plan import Delete, Plan, Point, Present, RemoveVersions
from site_builder.release.pointer import NO_CHANGES, Changes, Lock, Pointer, PointerMovedError, short
from site_builder.release.previews import read_previews
from site_builder.release.steps import Environment
from site_builder.release.stores import Found, preview_key

DAY = 24 * 60 * 60
KEPT_RELEASES = 10
KEPT_DAYS = 30
# A deploy that died is given this long to be run again before what it has stored goes.
UNFINISHED_DAYS = 1
MOST_DELETED = 1000
PRUNING = "it is being pruned"
TAKE_OVER_SECONDS = 15 * 60


@dataclass(frozen=True)
class Keep:
    """What stays whatever its age."""

    releases: int = KEPT_RELEASES
    days: int = KEPT_DAYS


@dataclass(frozen=True)
class Holdings:
    """Everything that a prune looks at."""

    pointer: Pointer
    moves: tuple[Pointer, ...]
    items: Mapping[str, str]
    releases: Mapping[str, Found]
    manifests: Mapping[str, Found]
    assets: Mapping[str, Found]
    kept: frozenset[str]
    # Of each release that stays and is there: what it consists of.
    contents: Mapping[str, Manifest]
    # The API's packages that are stored, and those that somebody may go back to; the versions made of them.
    packages: Mapping[str, Found] = field(default_factory=dict)
    kept_packages: frozenset[str] = frozenset()
    versions: frozenset[str] = frozenset()


def kept_releases(
    pointer: Pointer, moves: Iterable[Pointer], items: Mapping[str, str], now: float, keep: Keep
) -> set[str]:
    """Name the releases that stay: what viewers get, what was live of late, and what previews show."""
    served = set(pointer.digests)
    served |= {preview.release for preview in read_previews(items) if preview.until > now}
    lately: list[str] = []
    until = now
    for one in moves:
        # A release was live until the next move; an edge may have been late to hear of that.
        for digest in sorted(one.digests):
            if until > now - keep.days * DAY:
                served.add(digest)
            if digest not in lately:
                lately.append(digest)
        until = one.move.at
    return served | set(lately[: keep.releases])


def plan_prune(there: Holdings, now: float, keep: Keep) -> tuple[Plan, Changes]:
    """Plan what goes: whole releases, manifest first; what died half way; assets that no release shows any more."""
    actions = [*_releases(there, now, keep), *_assets(there, now, keep), *_packages(there, now, keep)]
    return Plan(there.pointer.digest or "", tuple(actions)), Changes(deletes=_keys_to_forget(there, now))


def _releases(there: Holdings, now: float, keep: Keep) -> Iterator[Delete]:
    by_digest: dict[str, list[str]] = {}
    newest: dict[str, float] = {}
    for key, found in there.releases.items():
        digest = key.split("/")[1]
        by_digest.setdefault(digest, []).append(key)
        newest[digest] = max(newest.get(digest, 0), found.modified)
    complete = {digest_in(key): found for key, found in there.manifests.items()}
    for digest in sorted({*by_digest, *complete} - there.kept):
        finished = digest in complete
        days = keep.days if finished else UNFINISHED_DAYS
        seen = max(newest.get(digest, 0), complete[digest].modified if finished else 0)
        ever_live = any(digest in one.digests for one in there.moves)
        # One that was live is judged by when it was; one that never was, by when it was stored.
        if not ever_live and seen > now - days * DAY:
            continue
        reason = "nobody can go back to it any more" if finished else "a deploy died before it was complete"
        keys = [*([manifest_key(digest)] if finished else []), *sorted(by_digest.get(digest, []))]
        yield from (Delete(some, reason) for some in _thousands(keys))


def _assets(there: Holdings, now: float, keep: Keep) -> Iterator[Delete]:
    shown = {entry.path for manifest in there.contents.values() for entry in manifest.entries if entry.is_asset}
    old = [key for key, found in there.assets.items() if key not in shown and found.modified <= now - keep.days * DAY]
    yield from (Delete(some, "no release that is kept shows it") for some in _thousands(sorted(old)))


def _packages(there: Holdings, now: float, keep: Keep) -> Iterator[Delete | RemoveVersions]:
    """Name what of the API goes: packages that belong to no release that is kept, and the versions made of them."""
    stored = {package_of(key): found for key, found in there.packages.items()}
    young = {package for package, found in stored.items() if found.modified > now - keep.days * DAY}
    for package in sorted(there.versions - there.kept_packages - young):
        yield RemoveVersions(package, "no release that is kept runs it")
    old = [package_key(package) for package in sorted(set(stored) - there.kept_packages - young)]
    yield from (Delete(some, "no release that is kept runs it") for some in _thousands(old))


def _kept_packages(there: Iterable[Pointer], kept: Collection[str]) -> Iterator[str]:
    for pointer in there:
        for release in (pointer.live, pointer.canary.release if pointer.canary else None):
            if release and release.api and release.digest in kept:
                yield release.api


def _keys_to_forget(there: Holdings, now: float) -> tuple[str, ...]:
    """Return redirects of releases that do not stay; a deploy of one of them brings its redirects again."""
    redirects = [key for key in there.items if key.startswith("r:") and key.split(":")[1] not in there.kept]
    ended = [preview_key(one.label) for one in read_previews(there.items) if one.until <= now]
    return tuple(sorted([*redirects, *ended]))


def _thousands(keys: Iterable[str]) -> Iterator[tuple[str, ...]]:
    waiting = iter(keys)
    while some := tuple(islice(waiting, MOST_DELETED)):
        yield some


def look_for_prune(stores: Stores, keep: Keep) -> Holdings:
    """Read everything that a prune depends on."""
    now = stores.clock.now()
    pointer = stores.pointer.read()
    moves = tuple(stores.ledger.moves(pointer))
    items = stores.pointer.items()
    releases, manifests, assets, packages = stores.each(
        stores.objects.listed, ("releases/", MANIFESTS, ASSETS, PACKAGES)
    )
    kept = kept_releases(pointer, moves, items, now, keep)
    # What was never live is kept for its time as well, and so are the assets that it shows.
    ever_live = {digest for one in moves for digest in one.digests}
    kept |= {digest_in(key) for key, found in manifests.items() if found.modified > now - keep.days * DAY} - ever_live
    names = sorted(kept)
    read = zip(names, stores.each(lambda digest: read_manifest(digest, stores.objects), names), strict=True)
    contents = {digest: manifest for digest, manifest in read if manifest}
    _refuse_if_unknown(pointer, items, contents, now)
    api = stores.functions.look() if stores.functions else Deployed({}, Traffic())
    return Holdings(
        pointer,
        moves,
        items,
        releases,
        manifests,
        assets,
        frozenset(kept),
        contents,
        packages,
        frozenset({*_kept_packages((pointer, *moves), kept), *api.traffic.packages}),
        frozenset(api.versions),
    )


def _refuse_if_unknown(
    pointer: Pointer, items: Mapping[str, str], contents: Mapping[str, Manifest], now: float
) -> None:
    """Delete nothing while it is unknown what a release that is served consists of."""
    served = set(pointer.digests) | {one.release for one in read_previews(items) if one.until > now}
    for digest in sorted(served - set(contents)):
        what = "it is served, and there is no such manifest; so nobody knows what it shows"
        raise ReleaseError(manifest_key(digest), what, "Deploy it again with --repair; nothing was deleted.")


def prune(env: Environment, keep: Keep) -> Plan:
    """Lock, look, delete, unlock; return what was done."""
    stores = env.stores
    seen = stores.pointer.read()
    refuse(env.name, _objections(seen, stores.clock.now()))
    at = stores.clock.now()
    held = replace(env.moved(seen, "prune"), lock=Lock(short(env.by), PRUNING, int(at)))
    stores.ledger.record(seen)
    stores.pointer.write(seen, held)
    stores.ledger.record(held)
    try:
        there = look_for_prune(stores, keep)
        plan, changes = plan_prune(there, stores.clock.now(), keep)
        env.tell.planned(plan, Present(held, None, None, not_found_page_fits=True))
        for action in plan.actions:
            _refuse_if_taken_over(held, stores)
            apply_plan(Plan(plan.digest, (action,)), None, stores, env.tell.done)
    except Exception:
        _let_go(env, held)
        raise
    _let_go(env, held, changes)
    return plan


def _let_go(env: Environment, held: Pointer, changes: Changes = NO_CHANGES) -> None:
    new = replace(env.moved(held, "pruned"), lock=None)
    apply_plan(Plan("", (Point(held, new, "others may deploy again", changes),)), None, env.stores)


def _objections(seen: Pointer, now: float) -> Iterator[Objection]:
    lock = seen.lock
    if lock is None or (lock.why == PRUNING and lock.at <= now - TAKE_OVER_SECONDS):
        return
    yield locked(lock)


def _refuse_if_taken_over(held: Pointer, stores: Stores) -> None:
    now = stores.pointer.read()
    if now != held:
        raise PointerMovedError(now)
