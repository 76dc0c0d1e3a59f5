"""The commands' work, each from looking over planning to the last write; what they tell goes through one small port.

Whoever moves the pointer has looked at everything before, and the move succeeds only if the pointer still stands as it
was seen. So two commands at once cannot both believe what they saw: the slower one looks again, its guards judge
again, and what it has stored already is not stored again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from site_builder.errors import ReleaseError
from site_builder.release.apply import (
    Stores,
    apply_plan,
    let_api_follow,
    look,
    missing_files,
    present_pointer,
    read_manifest,
)
from site_builder.release.guards import (
    Objection,
    RefusedError,
    Wish,
    objections_to,
    objections_to_move,
    refuse,
    refuse_what_the_edge_cannot_hold,
)
from site_builder.release.manifest import Manifest
from site_builder.release.plan import Action, Origin, Plan, Present, Shift, plan_move, plan_release, redirect_puts
from site_builder.release.pointer import (
    NO_CHANGES,
    Canary,
    Changes,
    Lock,
    Pointer,
    PointerMovedError,
    Release,
    moved,
    short,
)
from site_builder.release.previews import Preview
from site_builder.release.stores import preview_key

# How often a deploy looks again because somebody else was faster.
LOOKS = 10
ROLLBACK, FINISH = "rollback", "canary-finish"


class StoppedError(ReleaseError):
    """The person was asked, and said no."""

    def __init__(self) -> None:
        super().__init__("publish.py", "stopped, as you said", "Nothing was written.")


class Teller(Protocol):
    """Hears what is going to be done and what was done."""

    def planned(self, plan: Plan, present: Present) -> None:
        """Hear the plan before it is applied; raise StoppedError to stop here."""

    def done(self, action: Action) -> None:
        """Hear that an action was done."""


@dataclass(frozen=True)
class Environment:
    """Where a command works, on whose behalf and why, and who hears of it."""

    name: str
    stores: Stores
    by: str
    tell: Teller
    why: str = ""

    def whole(self, release: Release, seen: Pointer) -> Release:
        """Return the release with the API that belongs to it: where none is named, the one that is live."""
        kept = seen.live.api if seen.live else None
        return replace(release, api=(release.api if self.stores.functions else None) or kept)

    def moved(self, seen: Pointer, action: str) -> Pointer:
        """Return the pointer with a move of ours that changes nothing yet."""
        return moved(seen, action, self.by, self.why, self.stores.clock.now())


@dataclass(frozen=True)
class Files:
    """Where a release's bytes come from: the output and the API's package, or another environment's bucket."""

    output: Path | None = None
    bucket: str | None = None
    package: Path | None = None


Aim = Callable[[Pointer], tuple[Pointer, Changes]]


def make_live(env: Environment, wish: Wish, files: Files, *, repair: bool = False) -> Pointer:
    """Store a release and make it live; return the pointer as it was seen before."""
    action = "promote" if files.bucket else "deploy"

    def aim(seen: Pointer) -> tuple[Pointer, Changes]:
        release = env.whole(wish.release, seen)
        if seen.bytes == release.bytes and not _is_newer(release, seen):
            return seen, Changes()
        new = replace(env.moved(seen, action), live=release, canary=None)
        return new, _brought(wish.manifest, seen)

    return _store_and_point(env, wish, files, aim, repair=repair)


def start_canary(env: Environment, wish: Wish, percent: int, files: Files) -> Pointer:
    """Store a release and give it to a share of the viewers."""

    def aim(seen: Pointer) -> tuple[Pointer, Changes]:
        release = env.whole(wish.release, seen)
        if seen.bytes == release.bytes:
            what = f"release {wish.release.digest} is live already, for everybody"
            raise RefusedError(env.name, (Objection("canary", what, "Build what you want to try first."),))
        canary = Canary(release, percent)
        if seen.canary == canary:
            return seen, Changes()
        new = replace(env.moved(seen, "canary"), canary=canary)
        return new, _brought(wish.manifest, seen)

    return _store_and_point(env, wish, files, aim)


def show_preview(env: Environment, wish: Wish, preview: Preview, files: Files) -> Pointer:
    """Store a release and let a label lead to it; what is live stays."""

    def aim(seen: Pointer) -> tuple[Pointer, Changes]:
        return seen, Changes((*_brought(wish.manifest, seen).puts, preview.put))

    return _store_and_point(env, wish, files, aim, repair=True)


def _store_and_point(env: Environment, wish: Wish, files: Files, aim: Aim, *, repair: bool = False) -> Pointer:
    origin = Origin(files.bucket, files.package, repair)
    with _api_following(env) as shifts:
        for _ in range(LOOKS):
            present = look(wish.manifest, env.stores, thoroughly=repair, package=wish.release.api)
            new, changes = aim(present.pointer)
            plan = plan_release(wish.manifest, present, new, changes, origin)
            if plan.actions:
                refuse(env.name, objections_to(wish, present))
                refuse_what_the_edge_cannot_hold(wish.manifest, present)
            env.tell.planned(plan, present)
            shifts.may_come(plan)
            try:
                apply_plan(plan, files.output, env.stores, env.tell.done)
            except PointerMovedError:
                continue
            return present.pointer
    raise ReleaseError(env.name, f"others moved the pointer {LOOKS} times meanwhile", "Run the command again.")


@dataclass
class _Shifts:
    """Whether the API's requests may have been sent elsewhere."""

    begun: bool = False

    def may_come(self, plan: Plan) -> None:
        """Hear of a plan that is about to be applied."""
        self.begun = self.begun or any(isinstance(action, Shift) and action.first for action in plan.actions)


@contextmanager
def _api_following(env: Environment) -> Iterator[_Shifts]:
    """Let whoever sends requests to an API before its pages are there look at the end where the pointer wants them.

    The pages may not have come, because something failed; or somebody whose deploy failed has sent the requests back,
    since the pointer had not moved yet.
    """
    shifts = _Shifts()
    try:
        yield shifts
    except (Exception, KeyboardInterrupt) as failure:
        if shifts.begun:
            _send_back(env, failure)
        raise
    if shifts.begun:
        let_api_follow(env.stores)


def _send_back(env: Environment, failure: BaseException) -> None:
    try:
        let_api_follow(env.stores)
    except ReleaseError as error:
        what = f"{failure}\n  And the API's requests could not be sent back to what is live: {error.what}"
        raise ReleaseError(env.name, what, "See `publish.py status`; run the command again, or roll back.") from failure


def _is_newer(release: Release, seen: Pointer) -> bool:
    """Say whether the same bytes come from a newer commit, which nothing older may replace from now on."""
    return seen.live is not None and release.committed > seen.live.committed


def _brought(manifest: Manifest, seen: Pointer) -> Changes:
    """Return the keys that a release brings with it, unless it is one of those that are served already."""
    return Changes() if manifest.digest in seen.digests else Changes(redirect_puts(manifest))


def end_canary(env: Environment, *, finish: bool) -> Pointer:
    """Make the canary live for everybody, or take it away; return the pointer as it is then."""
    seen = env.stores.pointer.read()
    refuse(env.name, objections_to_move(seen))
    if seen.canary is None:
        if finish and seen.move.action == FINISH:
            # It died after its last write but one, perhaps; then this is the rest.
            return _settle(env, seen)
        raise ReleaseError(env.name, "no canary runs here", "Begin one: `publish.py canary ENV --percent 10`.")
    named = env.moved(seen, FINISH if finish else "canary-abort")
    new = replace(named, live=seen.canary.release if finish else seen.live, canary=None)
    if finish:
        _kept(env, seen.canary.release.digest)
    _move_with_api(env, seen, new, back=not finish)
    return new


def roll_back(env: Environment, target: Release) -> Pointer:
    """Point to a release that is kept, and end a canary; return the pointer as it is then."""
    seen = env.stores.pointer.read()
    refuse(env.name, objections_to_move(seen))
    whole = env.whole(target, seen)
    if env.stores.functions is None and seen.canary and seen.canary.release.api not in (None, whole.api):
        what = "a canary of the API runs, and would go on without its pages"
        raise ReleaseError(env.name, what, "Go back with both: leave --site-only out.")
    if seen.bytes == whole.bytes and seen.canary is None:
        return _settle(env, seen)
    manifest = _kept(env, target.digest)
    new = replace(env.moved(seen, ROLLBACK), live=whole, canary=None)
    _move_with_api(env, seen, new, Changes(redirect_puts(manifest)), back=True)
    return new


def _kept(env: Environment, digest: str) -> Manifest:
    """Return the manifest of a release of which nothing is missing."""
    manifest = read_manifest(digest, env.stores.objects)
    if manifest is None:
        todo = "See `publish.py releases ENV` for those that are."
        raise ReleaseError(env.name, f"release {digest} is not kept here any more", todo)
    missing = missing_files(manifest, env.stores)
    if missing:
        what = f"release {digest} lacks {len(missing)} of its files: {', '.join(missing[:3])}"
        raise ReleaseError(env.name, what, "Deploy its commit again, or go to another release.")
    return manifest


def _move(env: Environment, seen: Pointer, new: Pointer, changes: Changes = NO_CHANGES) -> None:
    present = present_pointer(env.stores, seen, with_api=False)
    plan = plan_move(present, new, changes)
    env.tell.planned(plan, present)
    apply_plan(plan, None, env.stores, env.tell.done)


def _move_with_api(env: Environment, seen: Pointer, new: Pointer, changes: Changes = NO_CHANGES, *, back: bool) -> None:
    present = present_pointer(env.stores, seen, with_api=True)
    plan = plan_move(present, new, changes, back=back)
    env.tell.planned(plan, present)
    with _api_following(env) as shifts:
        shifts.may_come(plan)
        apply_plan(plan, None, env.stores, env.tell.done)


def _settle(env: Environment, seen: Pointer) -> Pointer:
    """Do what may be left to do of a move that was made already."""
    _move_with_api(env, seen, seen, back=True)
    return seen


def release_before(stores: Stores) -> Release | None:
    """Return where a rollback leads: the release before the one that was deployed last.

    After a rollback that is where it led to, so that running it twice does not bring back what it took away.
    """
    now = stores.pointer.read()
    made_live = now
    for pointer in stores.ledger.moves(now):
        if pointer.bytes != now.bytes:
            return now.live if made_live.move.action == ROLLBACK else pointer.live
        made_live = pointer
    return now.live if made_live.move.action == ROLLBACK else None


def lock(env: Environment) -> None:
    """Keep everybody from changing what is live."""
    seen = env.stores.pointer.read()
    refuse(env.name, objections_to_move(seen))
    at = env.stores.clock.now()
    new = replace(env.moved(seen, "lock"), lock=Lock(short(env.by), short(env.why), int(at)))
    _move(env, seen, new)


def unlock(env: Environment) -> Lock:
    """Let everybody change what is live again; return the lock that was there."""
    seen = env.stores.pointer.read()
    if seen.lock is None:
        raise ReleaseError(env.name, "it is not locked", "Nothing is to be done.")
    _move(env, seen, replace(env.moved(seen, "unlock"), lock=None))
    return seen.lock


def close(env: Environment, *, closed: bool) -> bool:
    """Answer every page with the one that says that the site is closed, or open it again; say if that is a change."""
    seen = env.stores.pointer.read()
    refuse(env.name, objections_to_move(seen))
    if seen.closed == closed:
        return False
    _move(env, seen, replace(env.moved(seen, "close" if closed else "open"), closed=closed))
    return True


def remove_preview(env: Environment, label: str) -> None:
    """Let a label lead nowhere; the release stays until it is pruned."""
    seen = env.stores.pointer.read()
    if preview_key(label) not in env.stores.pointer.items():
        raise ReleaseError(env.name, f"there is no preview {label}", "See `publish.py status` for those that are.")
    _move(env, seen, seen, Changes(deletes=(preview_key(label),)))
