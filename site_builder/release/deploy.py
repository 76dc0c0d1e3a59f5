"""Look at what is there, and do what a plan says."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from site_builder.errors import ReleaseError
from site_builder.release.answers import object_metadata
from site_builder.release.manifest import ASSETS, Entry, Manifest
from site_builder.release.plan import Action, Copy, Plan, Point, Present, Upload, WriteManifest, step
from site_builder.release.stores import AlreadyThereError, ObjectStore, PointerStore, StoredObject

CONNECTIONS = 16
# The one page that changes in place: everybody must see the new one soon after a flip.
NOT_FOUND_CACHING = "public, max-age=0, s-maxage=60"

Progress = Callable[[Action], None]


@dataclass(frozen=True)
class Stores:
    """The two doors that a deploy goes through."""

    objects: ObjectStore
    pointer: PointerStore


def look(manifest: Manifest, stores: Stores) -> Present:
    """Read what the plan for this manifest depends on."""
    pointer = stores.pointer.read()
    live = stores.objects.get(f"manifests/{pointer.live}.json") if pointer.live else None
    objects = stores.objects
    prefixes = (ASSETS, f"releases/{manifest.digest}/", manifest.manifest_key)
    keys = frozenset().union(*(objects.keys(prefix) for prefix in prefixes))
    return Present(keys, Manifest.from_json(live.body) if live else None, pointer)


def apply_plan(plan: Plan, output: Path, stores: Stores, progress: Progress = lambda _: None) -> None:
    """Do what the plan says, step after step; the files of one step go side by side."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        for actions in _steps(plan):
            for action in pool.map(lambda action: _do(action, output, stores), actions):
                progress(action)


def _steps(plan: Plan) -> Iterator[list[Action]]:
    """Cut the plan where the order matters; within a step it does not."""
    for _, actions in groupby(sorted(plan.actions, key=step), key=step):
        yield list(actions)


def _do(action: Action, output: Path, stores: Stores) -> Action:
    match action:
        case Upload():
            stores.objects.put(action.key, _stored(action, output))
        case Copy():
            stores.objects.copy(action.source, action.key, object_metadata(action.entry.path, action.release))
        case WriteManifest():
            _write_manifest(action.manifest, stores.objects)
        case Point():
            stores.pointer.move(action.seen, action.digest, action.redirects)
    return action


def _stored(action: Upload, output: Path) -> StoredObject:
    entry = action.entry
    body = (output / entry.path).read_bytes()
    _refuse_other_bytes(entry, body)
    caching = NOT_FOUND_CACHING if action.key == entry.path and not entry.is_asset else entry.cache_control
    metadata = object_metadata(entry.path, action.release) if action.release else {}
    return StoredObject(body, entry.content_type, caching, metadata)


def _refuse_other_bytes(entry: Entry, body: bytes) -> None:
    if hashlib.sha256(body).hexdigest() != entry.sha256:
        raise ReleaseError(
            entry.path, "the file changed after it was sealed", "Do not build while deploying; deploy again."
        )


def _write_manifest(manifest: Manifest, objects: ObjectStore) -> None:
    stored = StoredObject(manifest.to_json(), "application/json", "private, no-store")
    try:
        objects.put(manifest.manifest_key, stored, only_if_absent=True)
    except AlreadyThereError:
        # Another deploy of the same bytes was faster. Its manifest is ours: the name is the digest of the content.
        return
