"""What anybody may still need stays; the rest goes, whole releases first of all by their manifest."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from site_builder.errors import ReleaseError
from site_builder.release.guards import RefusedError
from site_builder.release.manifest import manifest_key
from site_builder.release.plan import Delete
from site_builder.release.pointer import Canary, Lock, Move, Pointer, PointerMovedError, Release
from site_builder.release.previews import Preview
from site_builder.release.prune import (
    DAY,
    PRUNING,
    TAKE_OVER_SECONDS,
    Keep,
    kept_releases,
    look_for_prune,
    plan_prune,
    prune,
)
from tests.site_builder.release.cloud import Cloud, deploy, make_release

NOW = 1000 * DAY


def live(digest: str, days_ago: int, number: int) -> Pointer:
    """Return the pointer after a move that made a release live so long ago."""
    return Pointer(Release(digest), move=Move(number, "deploy", "a test", "", NOW - days_ago * DAY))


def test_what_is_served_previewed_was_live_of_late_or_is_among_the_last_stays() -> None:
    """A release was live until the next move, however long ago it was deployed."""
    now = replace(live("e", 1, 5), canary=Canary(Release("canary"), 5))
    moves = [now, live("d", 200, 4), live("c", 300, 3), live("b", 400, 2), live("a", 500, 1)]
    items = dict([Preview("pr-1", "preview", NOW + 1, "").put, Preview("pr-2", "ended", NOW - 1, "").put])

    assert kept_releases(now, moves, items, NOW, Keep(1, 30)) == {"e", "canary", "d", "preview"}
    assert kept_releases(now, moves, items, NOW, Keep(4, 30)) == {"e", "canary", "d", "c", "preview"}
    assert kept_releases(now, moves, items, NOW, Keep(1, 250)) == {"e", "canary", "d", "c", "preview"}


def test_a_release_goes_by_its_manifest_first(cloud: Cloud, tmp_path: Path) -> None:
    """From then on it is not there, however the rest fares."""
    place = cloud["dev"]
    old, new = (make_release(tmp_path, number) for number in range(2))
    deploy(place, old)
    cloud.clock.sleep(100 * DAY)
    deploy(place, new)
    cloud.clock.sleep(100 * DAY)
    plan, changes = plan_prune(look_for_prune(place.stores(), Keep(1, 30)), cloud.clock.now(), Keep(1, 30))
    deletes = [action for action in plan.actions if isinstance(action, Delete)]

    assert deletes[0].keys[0] == manifest_key(old.release.digest)
    assert deletes[-1].keys == ("assets/site.0000000000.css",)
    assert all(key.startswith(f"r:{old.release.digest}:") for key in changes.deletes)
    assert changes.deletes


def test_nothing_is_deleted_while_it_is_unknown_what_is_served(cloud: Cloud, tmp_path: Path) -> None:
    """Somebody deleted the manifest by hand; the lock is let go of again."""
    place = cloud["dev"]
    made = make_release(tmp_path, 0)
    deploy(place, made)
    place.objects.delete([made.manifest.manifest_key])

    with pytest.raises(ReleaseError, match="nothing was deleted"):
        prune(place.environment(), Keep())
    assert place.pointer.lock is None


def test_the_lock_of_a_dead_prune_is_taken_over_after_a_while(cloud: Cloud, tmp_path: Path) -> None:
    """And anybody else's never is."""
    place = cloud["dev"]
    deploy(place, make_release(tmp_path, 0))
    for why, wait, refused in ((PRUNING, 10, True), (PRUNING, TAKE_OVER_SECONDS, False), ("lunch", 10**6, True)):
        seen = place.pointer
        held = replace(seen, lock=Lock("somebody", why, int(cloud.clock.now())))
        place.values.update(place.values.version().etag, {"live": held.to_json()})
        cloud.clock.sleep(wait)
        if refused:
            with pytest.raises(RefusedError, match=why):
                prune(place.environment(), Keep())
        else:
            prune(place.environment(), Keep())
            assert place.pointer.lock is None


def test_a_prune_that_was_taken_over_deletes_nothing_more(cloud: Cloud, tmp_path: Path) -> None:
    """It looks before each deletion."""
    place = cloud["dev"]
    for number in range(2):
        deploy(place, make_release(tmp_path, number))
        cloud.clock.sleep(100 * DAY)

    def take_over(request: str) -> None:
        if request == "list assets/":
            pointer = replace(place.pointer, move=replace(place.pointer.move, number=99))
            place.values.update(place.values.version().etag, {"live": pointer.to_json()})

    before = set(place.objects.listed("releases/"))
    with pytest.raises(PointerMovedError):
        prune(place.environment(back=take_over), Keep(1, 30))
    assert set(place.objects.listed("releases/")) == before
