"""Look at what is there, and do what a plan says."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from site_builder.errors import ReleaseError
from site_builder.release.answers import object_metadata
from site_builder.release.functions import (
    ApiFunctions,
    Deployed,
    check,
    migrate,
    package_digest,
    package_key,
    read_package,
    traffic_for,
)
from site_builder.release.ledger import Ledger
from site_builder.release.manifest import ASSETS, NOT_FOUND_PAGE, Entry, Manifest, manifest_key, release_prefix
from site_builder.release.plan import (
    Action,
    Check,
    Copy,
    Delete,
    Migrate,
    Plan,
    Point,
    Present,
    Publish,
    RemoveVersions,
    Shift,
    ShowNotFoundPage,
    StorePackage,
    Upload,
    WriteManifest,
    step,
)
from site_builder.release.pointer import TRIES, Pointer, PointerStore
from site_builder.release.s3 import LARGEST_AT_ONCE
from site_builder.release.side import Each, side_by_side
from site_builder.release.stores import (
    AlreadyThereError,
    Body,
    Clock,
    Found,
    Headers,
    NothingThereError,
    ObjectStore,
    Sendable,
    Source,
    StoredObject,
)

# The one page that changes in place: everybody must see the new one soon after a flip.
NOT_FOUND_CACHING = "public, max-age=0, s-maxage=60"

Progress = Callable[[Action], None]


@dataclass(frozen=True)
class Stores:
    """The doors of one environment."""

    objects: ObjectStore
    pointer: PointerStore
    clock: Clock
    each: Each = side_by_side
    # For what a plan does to thousands of files, and nobody here has to know of.
    bulk: Each = side_by_side
    # None where the environment is a site alone.
    functions: ApiFunctions | None = None

    @property
    def ledger(self) -> Ledger:
        """Return the record of what was live when."""
        return Ledger(self.objects, self.each)


def look(manifest: Manifest, stores: Stores, *, thoroughly: bool = False, package: str | None = None) -> Present:
    """Read what the plan for this manifest depends on; if it is live already, that is little."""
    pointer = stores.pointer.read()
    api, packages = _look_at_api(stores, package)
    if pointer.digest == manifest.digest and not thoroughly:
        fits = _shows_not_found_page(manifest, stores)
        return Present(pointer, None, manifest, fits, api=api, packages=packages)
    taken = stores.pointer.size() if manifest.redirects else 0
    keys = stored_keys(manifest, stores)
    live = read_manifest(pointer.digest, stores.objects) if pointer.digest else None
    fits = live is not None and _shows_not_found_page(live, stores)
    return Present(pointer, keys, live, fits, taken, api, packages)


def _look_at_api(stores: Stores, package: str | None) -> tuple[Deployed | None, frozenset[str]]:
    if stores.functions is None:
        return None, frozenset()
    stored = package is not None and stores.objects.head(package_key(package)) is not None
    return stores.functions.look(), frozenset({package} if package and stored else ())


def stored_keys(manifest: Manifest, stores: Stores) -> dict[str, Found]:
    """Return everything in the bucket that belongs, or may belong, to a release."""
    prefixes = (ASSETS, release_prefix(manifest.digest), manifest.manifest_key)
    return {key: found for some in stores.each(stores.objects.listed, prefixes) for key, found in some.items()}


def read_manifest(digest: str, objects: ObjectStore) -> Manifest | None:
    """Read what a release consists of, if it is complete."""
    stored = objects.get(manifest_key(digest))
    return Manifest.unpacked(stored.body) if stored else None


def _shows_not_found_page(manifest: Manifest, stores: Stores) -> bool:
    shown = stores.objects.head(NOT_FOUND_PAGE)
    return shown is not None and shown.sha256 == manifest.by_path[NOT_FOUND_PAGE].sha256


def apply_plan(plan: Plan, output: Path | None, stores: Stores, progress: Progress = lambda _: None) -> None:
    """Do what the plan says, step after step; the files of one step go side by side."""
    for actions in _steps(plan):
        for action, _ in zip(actions, stores.bulk(lambda action: _do(action, output, stores), actions), strict=True):
            progress(action)


def _steps(plan: Plan) -> Iterator[list[Action]]:
    """Cut the plan where the order matters; within a step it does not."""
    for number, actions in groupby(sorted(plan.actions, key=step), key=step):
        # What is deleted is deleted in the plan's order: first what says that the rest is there.
        if number == step(Delete((), "")):
            yield from ([action] for action in actions)
        else:
            yield list(actions)


def _do(action: Action, output: Path | None, stores: Stores) -> None:
    match action:
        case Upload():
            _upload(action, output, stores.objects)
        case Copy():
            _copy(action, output, stores.objects)
        case WriteManifest():
            _write_manifest(action.manifest, stores.objects)
        case Point():
            point(action, stores)
        case ShowNotFoundPage():
            show_not_found_page(action.digest, stores)
        case Delete():
            stores.objects.delete(action.keys)
        case StorePackage():
            _store_package(action, stores.objects)
        case Publish() | Migrate() | Check() | Shift() | RemoveVersions():
            _do_to_api(action, stores)


def _do_to_api(action: Publish | Migrate | Check | Shift | RemoveVersions, stores: Stores) -> None:
    functions = stores.functions
    if functions is None:
        raise ReleaseError("the API", "this environment has none", "Apply Terraform, which describes it.")
    match action:
        case Publish():
            functions.publish(action.package)
        case Migrate():
            migrate(functions, action.package)
        case Check():
            check(functions, action.package)
        case Shift() if action.first:
            functions.shift(action.traffic)
        case Shift():
            let_api_follow(stores)
        case RemoveVersions():
            functions.remove(action.package)


def let_api_follow(stores: Stores) -> None:
    """Let the API's traffic be what the pointer says; if that has gone on meanwhile, the traffic goes after it."""
    if stores.functions is None:
        return
    for _ in range(TRIES):
        pointer, deployed = stores.pointer.read(), stores.functions.look()
        aim = traffic_for(pointer, deployed)
        if deployed.traffic == aim and not deployed.behind:
            return
        stores.functions.shift(aim)
    raise ReleaseError("the API", f"others changed its traffic {TRIES} times meanwhile", "Run the command again.")


def _store_package(action: StorePackage, objects: ObjectStore) -> None:
    key = package_key(action.package)
    headers = Headers("application/zip", "private, no-store")
    if isinstance(action.source, str):
        objects.copy(Source(key, action.source), key, headers)
        return
    body = read_package(action.source)
    if package_digest(body) != action.package:
        what = "the file changed after it was sealed"
        raise ReleaseError(str(action.source), what, "Do not package while deploying; deploy again.")
    objects.put(key, Sendable(body, headers.content_type, headers.cache_control))


def point(action: Point, stores: Stores) -> None:
    """Move the pointer; the ledger holds the move before it when it moves, and this one right after."""
    if action.new != action.seen:
        stores.ledger.record(action.seen)
    stores.pointer.write(action.seen, action.new, action.changes)
    if action.new != action.seen:
        stores.ledger.record(action.new)


def show_not_found_page(digest: str, stores: Stores) -> None:
    """Put the page where the CDN fetches it; if the pointer has gone on meanwhile, the page goes after it."""
    while True:
        headers = Headers("text/html; charset=utf-8", NOT_FOUND_CACHING, {"release": digest})
        stores.objects.copy(Source(f"{release_prefix(digest)}{NOT_FOUND_PAGE}"), NOT_FOUND_PAGE, headers)
        live = stores.pointer.read().digest
        if live is None or live == digest:
            return
        digest = live


def _headers(entry: Entry, release: str | None) -> Headers:
    return Headers(entry.content_type, entry.cache_control, object_metadata(entry.path, release) if release else {})


def _upload(action: Upload | Copy, output: Path | None, objects: ObjectStore) -> None:
    if output is None:
        raise ReleaseError(action.key, "it is gone from where it was to be copied from", "Run the command again.")
    entry = action.entry
    said = _headers(entry, action.release)
    try:
        stored = Sendable(_body(output / entry.path), said.content_type, said.cache_control, said.metadata)
    except OSError as error:
        raise _changed(entry) from error
    if stored.sha256 != entry.sha256:
        raise _changed(entry)
    objects.put(action.key, stored)


def _body(file: Path) -> Body:
    if file.stat().st_size <= LARGEST_AT_ONCE:
        return file.read_bytes()
    with file.open("rb") as stream:
        return mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)


def _changed(entry: Entry) -> ReleaseError:
    return ReleaseError(
        entry.path, "the file changed after it was sealed", "Do not build while deploying; deploy again."
    )


def _copy(action: Copy, output: Path | None, objects: ObjectStore) -> None:
    try:
        objects.copy(action.source, action.key, _headers(action.entry, action.release))
    except NothingThereError:
        # It was pruned, or somebody has deleted it by hand. The bytes are here as well.
        _upload(action, output, objects)


def _write_manifest(manifest: Manifest, objects: ObjectStore) -> None:
    stored = StoredObject(manifest.packed(), "application/gzip", "private, no-store")
    try:
        objects.put(manifest.manifest_key, stored, only_if_absent=True)
    except AlreadyThereError:
        # Another deploy of the same bytes was faster. Its manifest is ours: the name is the digest of the content.
        return


def missing_files(manifest: Manifest, stores: Stores) -> list[str]:
    """Name what a release lacks in the bucket, or has there with another size."""
    keys = stored_keys(manifest, stores)
    wanted = {manifest.key(entry): entry.size for entry in manifest.entries}
    return sorted(key for key, size in wanted.items() if key not in keys or keys[key].size != size)


def present_pointer(stores: Stores, pointer: Pointer, *, with_api: bool) -> Present:
    """Return what a move alone depends on."""
    live = read_manifest(pointer.digest, stores.objects) if pointer.digest else None
    api = stores.functions.look() if stores.functions and with_api else None
    return Present(pointer, None, live, live is not None and _shows_not_found_page(live, stores), api=api)
