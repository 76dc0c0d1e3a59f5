"""What a release must be before it may go live somewhere: pure rules, and all objections at once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from site_builder.errors import ReleaseError
from site_builder.release.commit import Commit
from site_builder.release.ledger import Verdict
from site_builder.release.manifest import Manifest
from site_builder.release.plan import Present, redirect_puts
from site_builder.release.pointer import Lock, Pointer, Release, refuse_what_does_not_fit

# A tenth of the pages may go without a word: a folder that was moved, a series that ended.
SHRINK_SHARE = 0.1
CAREFUL = ("staging", "production")
MOST_NAMED = 5


@dataclass(frozen=True)
class Objection:
    """A reason not to go on, and what would take it away."""

    rule: str
    what: str
    todo: str


class RefusedError(ReleaseError):
    """The guards object; nothing was written."""

    def __init__(self, where: str, objections: tuple[Objection, ...]) -> None:
        lines = "\n".join(f"  - {one.what}\n    {one.todo}" for one in objections)
        super().__init__(where, f"refused, and nothing was written:\n{lines}", "What is live stays as it is.")
        self.objections = objections


@dataclass(frozen=True)
class Known:
    """What must be looked up to judge a wish."""

    # Every address that was ever published, without those that are said to be gone.
    addresses: frozenset[str] = frozenset()
    # What staging's smoke tests said of these bytes; asked for production alone.
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Wish:
    """What somebody wants to become live, and what is known of it."""

    stage: str
    manifest: Manifest
    release: Release
    # The commit in the folder that the output was built in; None where the bytes come from another environment.
    commit: Commit | None = None
    # Whether the bytes were built here, and not taken from another environment.
    built_here: bool = True
    # Asked only if there is something to judge: a deploy that has nothing to do is to be over at once.
    known: Callable[[], Known] = Known
    allow_shrink: bool = False
    # Whether visitors will see it, or only those who know a preview's address.
    for_visitors: bool = True


def refuse(where: str, objections: Iterator[Objection]) -> None:
    """Stop with all objections, if there is any."""
    found = tuple(objections)
    if found:
        raise RefusedError(where, found)


def objections_to(wish: Wish, present: Present) -> Iterator[Objection]:
    """Return everything that speaks against a wish."""
    if present.pointer.lock:
        yield locked(present.pointer.lock)
    if not wish.for_visitors:
        return
    if present.pointer.canary and not _is_tried(wish.release, present.pointer.canary.release):
        one = present.pointer.canary
        what = f"a canary runs: {one.percent} % of the viewers get {one.release.name}"
        yield Objection("canary", what, "End it first: `publish.py canary ENV --finish`, or `--abort`.")
    if wish.built_here and wish.stage in CAREFUL:
        yield from _unclean(wish)
    if wish.stage == "production":
        yield from _untested(wish.release, wish.known().verdict)
    yield from _older(wish.release, present.pointer)
    if not wish.allow_shrink:
        yield from _shrunken(wish.manifest, present.live)
    yield from _lost(wish, present.live)


def objections_to_move(pointer: Pointer) -> Iterator[Objection]:
    """Return what speaks against moving the pointer to something that was live before."""
    if pointer.lock:
        yield locked(pointer.lock)


def refuse_what_the_edge_cannot_hold(manifest: Manifest, present: Present) -> None:
    """Say before anything is uploaded that the redirects do not fit."""
    refuse_what_does_not_fit(redirect_puts(manifest), present.taken)


def locked(lock: Lock) -> Objection:
    """Say who locked it, since when, and why."""
    since = datetime.fromtimestamp(lock.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return Objection(
        "locked", f"it is locked by {lock.by} since {since}: {lock.why}", "Ask them, or `publish.py unlock ENV`."
    )


def _is_tried(wished: Release, tried: Release) -> bool:
    """Say whether the canary is what is wished; where no API is named, whichever it has."""
    return wished.digest == tried.digest and wished.api in (None, tried.api)


def _unclean(wish: Wish) -> Iterator[Objection]:
    if wish.commit is None:
        todo = "Deploy from a clone of the repository."
        yield Objection("commit", "git knows of no commit here, so nobody could tell what is live", todo)
    elif wish.commit.changed:
        named = _named(wish.commit.changed)
        yield Objection("commit", f"the folder differs from its commit: {named}", "Commit, build, and deploy again.")


def _untested(release: Release, verdict: Verdict | None) -> Iterator[Objection]:
    if verdict is None or not verdict.passed:
        words = "have not seen it" if verdict is None else f"failed on it ({verdict.why or 'no word why'})"
        todo = "Deploy it to staging, run `make smoke` there, then `publish.py promote staging production`."
        yield Objection("smoke", f"the smoke tests on staging {words}: release {release.name}", todo)


def _older(release: Release, pointer: Pointer) -> Iterator[Objection]:
    live = pointer.live
    if live and live.committed and release.committed and release.committed < live.committed:
        what = f"it was made from an older commit ({_commit(release)}) than what is live ({_commit(live)})"
        yield Objection("older", what, "Pull and build again; to go back on purpose: `publish.py rollback ENV`.")


def _commit(release: Release) -> str:
    at = datetime.fromtimestamp(release.committed, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return f"{(release.commit or 'unknown')[:10]} of {at}"


def _shrunken(manifest: Manifest, live: Manifest | None) -> Iterator[Objection]:
    before = live.pages if live else frozenset()
    gone = before - manifest.pages
    if before and len(gone) > SHRINK_SHARE * len(before):
        what = f"{len(gone)} of {len(before)} pages would go: {_named(sorted(gone))}"
        yield Objection("shrink", what, "Build all of it; if they are to go, say so with --allow-shrink.")


def _lost(wish: Wish, live: Manifest | None) -> Iterator[Objection]:
    lost = lost_addresses(wish.manifest, live, wish.known().addresses)
    if lost:
        what = f"{len(lost)} addresses would be lost: {_named(lost)}"
        todo = "Add `Aliases:` to the text that took a page's place, or write `gone` after it in content/urls.txt."
        yield Objection("lost", what, todo)


def lost_addresses(manifest: Manifest, live: Manifest | None, listed: frozenset[str]) -> list[str]:
    """Return the addresses that people may hold, and that would lead nowhere."""
    before = {_kept_address(entry.path) for entry in live.entries} if live else set()
    # What a redirect of the live release leads away from is held by people as well.
    before |= {path for path, answer in live.redirects if json.loads(answer).get("status") != 410} if live else set()  # noqa: PLR2004
    now = {_kept_address(entry.path) for entry in manifest.entries} | {path for path, _ in manifest.redirects}
    return sorted(address for address in (before | listed) - now if address is not None)


def _kept_address(path: str) -> str | None:
    # What it imports reads YAML, which takes longer than a deploy that has nothing to do.
    from site_builder.sources.addresses import address_of, is_kept  # noqa: PLC0415

    address = address_of(path)
    return address if address and is_kept(address) else None


def _named(things: list[str] | tuple[str, ...]) -> str:
    more = f" and {len(things) - MOST_NAMED} more" if len(things) > MOST_NAMED else ""
    return ", ".join(things[:MOST_NAMED]) + more
