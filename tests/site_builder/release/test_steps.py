"""What a command does beside its happy end: going back, coming too late, and being asked for twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from site_builder.errors import ReleaseError
from site_builder.release.guards import RefusedError
from site_builder.release.pointer import Lock, Pointer, PointerStore, Release, moved, refuse_what_does_not_fit, short
from site_builder.release.steps import Files, lock, make_live, release_before, roll_back, start_canary
from site_builder.release.stores import StoreError
from tests.site_builder.release.cloud import Cloud, deploy, make_release


def test_a_release_of_which_something_is_missing_is_not_gone_back_to(cloud: Cloud, tmp_path: Path) -> None:
    """A way back that leads to half a site is none."""
    place = cloud["dev"]
    first, second = (make_release(tmp_path, number) for number in range(2))
    deploy(place, first)
    deploy(place, second)
    place.objects.delete([f"releases/{first.release.digest}/p0/index.html"])

    with pytest.raises(ReleaseError, match="lacks 1 of its files"):
        roll_back(place.environment(), first.release)
    assert place.pointer.digest == second.release.digest


def test_going_back_twice_stays_there_and_a_new_deploy_can_be_gone_back_from(cloud: Cloud, tmp_path: Path) -> None:
    """A rollback that is run again must not bring back what it took away."""
    place = cloud["dev"]
    made = [make_release(tmp_path, number) for number in range(4)]
    for one in made[:3]:
        deploy(place, one)
    before = []
    for _ in range(2):
        target = release_before(place.stores())
        assert target is not None
        before.append(target.digest)
        roll_back(place.environment(), target)
    lock_and_unlock = release_before(place.stores())
    deploy(place, made[3])

    assert before == [made[1].release.digest] * 2
    assert lock_and_unlock == made[1].release
    assert release_before(place.stores()) == made[1].release


def test_nothing_is_before_the_first(cloud: Cloud, tmp_path: Path) -> None:
    """There is no way back from there."""
    place = cloud["dev"]
    deploy(place, make_release(tmp_path, 0))

    assert release_before(place.stores()) is None
    assert release_before(Cloud()["dev"].stores()) is None


def test_the_same_bytes_of_a_newer_commit_keep_an_older_one_out(cloud: Cloud, tmp_path: Path) -> None:
    """Nothing is stored again, and the pointer knows of the newer commit."""
    place = cloud["dev"]
    made = make_release(tmp_path, 1)
    deploy(place, made)
    newer = replace(made, release=Release(made.release.digest, "f" * 40, made.release.committed + 10))
    deploy(place, newer)
    between = make_release(tmp_path, 5)

    assert place.pointer.live == newer.release
    with pytest.raises(RefusedError, match="older commit"):
        deploy(place, between)


def test_what_is_live_for_everybody_is_no_canary(cloud: Cloud, tmp_path: Path) -> None:
    """There is nothing to try."""
    made = make_release(tmp_path, 0)
    deploy(cloud["dev"], made)

    with pytest.raises(RefusedError, match="live already, for everybody"):
        start_canary(cloud["dev"].environment(), made.wish(), 10, Files(made.output))


def test_a_deploy_that_was_overtaken_all_the_time_gives_up_in_words(cloud: Cloud, tmp_path: Path) -> None:
    """Somebody moves the pointer between each look and each move."""
    place = cloud["dev"]
    made = make_release(tmp_path, 0)

    def overtake(request: str) -> None:
        if request.startswith("update"):
            store = PointerStore(place.values, cloud.clock)
            seen = store.read()
            store.write(seen, moved(seen, "elsewhere", "somebody", "", 0))

    with pytest.raises(ReleaseError, match="moved the pointer 10 times meanwhile"):
        make_live(place.environment(overtake), made.wish(), Files(made.output))


def test_a_change_of_other_keys_is_no_reason_to_give_up(cloud: Cloud, tmp_path: Path) -> None:
    """The store's version is another, and the pointer is where it was seen."""
    place = cloud["dev"]
    made = make_release(tmp_path, 0)
    left = [3]

    def disturb(request: str) -> None:
        if request.startswith("update") and left[0]:
            left[0] -= 1
            place.values.update(place.values.version().etag, {"preview:x": str(left[0])})

    deploy(place, made, there=disturb)

    assert (left, place.pointer.digest, place.pointer.move.number) == ([0], made.release.digest, 1)


def test_a_move_whose_answer_was_lost_was_made_once(cloud: Cloud, tmp_path: Path) -> None:
    """We look before we say that it failed."""
    place = cloud["dev"]
    made = make_release(tmp_path, 0)

    def lose(request: str) -> None:
        if request.startswith("update"):
            raise StoreError("a request", "the connection broke")

    deploy(place, made, back=lose)

    assert (place.pointer.digest, place.pointer.move.number) == (made.release.digest, 1)


def test_words_are_cut_to_what_fits_into_the_pointer(cloud: Cloud) -> None:
    """Whatever anybody types, the value stays under the service's limit."""
    words = 'ü"\\\n' * 500
    pointer = moved(Pointer(Release("d" * 32, "c" * 40, 10**10)), "deploy", words, words, 10**10)
    locked = replace(pointer, lock=Lock(short(words), short(words), 10**10))
    lock(replace(cloud["dev"].environment(), by=words, why=words))

    assert len(locked.to_json().encode()) < 1024
    assert Pointer.from_json(locked.to_json()) == locked
    assert cloud["dev"].pointer.lock is not None


@pytest.mark.parametrize("value", ["", "[]", "{}x", '{"live":1,"move":{"number":1}}', '{"canary":{"percent":1}}'])
def test_a_pointer_that_somebody_wrote_by_hand_is_said_to_be_unreadable(cloud: Cloud, value: str) -> None:
    """With where to look, and no traceback."""
    place = cloud["dev"]
    place.values.update(place.values.version().etag, {"live": value})

    with pytest.raises(ReleaseError, match="cannot be read"):
        place.stores().pointer.read()


def test_a_pointer_of_before_moves_were_numbered_is_understood() -> None:
    """The first one here was the digest alone."""
    assert Pointer.from_json('{"live":"a1"}') == Pointer(Release("a1"))


def test_redirects_that_do_not_fit_are_refused_before_anything_is_uploaded() -> None:
    """By their number, their length, and the room that is left."""
    for puts, taken, words in (
        ([("r:a1:/" + "x" * 600, "{}")], 0, "512 are the most"),
        ([("r:a1:/x/", "x" * 1100)], 0, "1024 are the most"),
        ([("r:a1:/x/", "x" * 1000)], 5 * 1024 * 1024 - 100, "Prune releases"),
    ):
        with pytest.raises(ReleaseError, match=words):
            refuse_what_does_not_fit(puts, taken)
