"""What a command does beside its happy end: going back, coming too late, and being asked for twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from site_builder.errors import ReleaseError
from site_builder.release.apply import let_api_follow
from site_builder.release.functions import Traffic
from site_builder.release.guards import RefusedError
from site_builder.release.pointer import (
    LONGEST_VALUE,
    Canary,
    Lock,
    Pointer,
    PointerStore,
    Release,
    moved,
    refuse_what_does_not_fit,
    short,
)
from site_builder.release.steps import Files, lock, make_live, release_before, roll_back, start_canary
from site_builder.release.stores import StoreError
from tests.site_builder.release.cloud import Cloud, Made, Place, deploy, make_release


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


@pytest.fixture
def two(tmp_path: Path) -> list[Made]:
    """Return two releases of pages and API."""
    return [make_release(tmp_path, number, with_api=True) for number in range(2)]


@pytest.fixture
def place() -> Place:
    """Return an environment with an API."""
    return Cloud(with_api=True)["dev"]


def test_one_rollback_takes_pages_and_api_back(place: Place, two: list[Made]) -> None:
    """Without a migration: the database serves both."""
    for one in two:
        deploy(place, one)
    assert place.functions is not None
    migrated = list(place.functions.migrated)
    target = release_before(place.stores())
    assert target == two[0].release
    roll_back(place.environment(), target)

    assert place.pointer.live == two[0].release
    assert place.functions.traffic == Traffic(two[0].release.api)
    assert place.functions.migrated == migrated == [one.release.api for one in two]


def test_the_api_alone_can_go_live_and_come_back(place: Place, two: list[Made]) -> None:
    """With the pages that are there; a rollback then takes back the API, and no page."""
    deploy(place, two[0])
    alone = replace(two[0], release=replace(two[0].release, api=two[1].release.api), package=two[1].package)
    deploy(place, alone)
    assert place.functions is not None
    with_new = place.pointer.bytes, place.functions.traffic.live
    target = release_before(place.stores())
    assert target is not None
    roll_back(place.environment(), target)

    assert with_new == ((two[0].release.digest, two[1].release.api), two[1].release.api)
    assert place.pointer.bytes == two[0].release.bytes
    assert place.functions.traffic.live == two[0].release.api


def test_pages_alone_keep_the_api_that_is_live(place: Place, two: list[Made]) -> None:
    """And nothing asks for the API: it may be down."""
    deploy(place, two[0])
    alone = replace(place, functions=None)
    deploy(alone, two[1])
    after = place.pointer
    roll_back(alone.environment(), two[0].release)

    assert after.bytes == (two[1].release.digest, two[0].release.api)
    assert place.pointer.bytes == two[0].release.bytes


def test_pages_alone_do_not_go_back_while_a_canary_of_the_api_runs(place: Place, two: list[Made]) -> None:
    """It would go on without its pages."""
    deploy(place, two[0])
    start_canary(place.environment(), two[1].wish(), 10, two[1].files)
    with pytest.raises(ReleaseError, match="leave --site-only out"):
        roll_back(replace(place, functions=None).environment(), two[0].release)

    assert place.pointer.canary is not None


def test_a_slower_deploy_of_an_older_commit_gives_the_api_back(place: Place, two: list[Made]) -> None:
    """It has sent the requests to its own version when it learns that somebody was faster."""
    older, newer = two

    def overtake(request: str) -> None:
        if request.startswith("shift") and str(older.release.api) in request and place.pointer.live is None:
            deploy(place, newer)

    with pytest.raises(RefusedError, match="older commit"):
        deploy(place, older, back=overtake)

    assert place.pointer.live == newer.release
    assert place.functions is not None
    assert place.functions.traffic == Traffic(newer.release.api)


def test_requests_that_others_sent_back_meanwhile_are_sent_again(place: Place, two: list[Made]) -> None:
    """Somebody whose deploy has failed tidies up between our shift and our pages."""
    deploy(place, two[0])

    def tidy_up(request: str) -> None:
        if request.startswith("update"):
            let_api_follow(place.stores())

    deploy(place, two[1], there=tidy_up)

    assert place.functions is not None
    assert place.functions.traffic == Traffic(two[1].release.api)


def test_when_even_sending_back_fails_both_are_said(place: Place, two: list[Made]) -> None:
    """Why the deploy failed, and that the API is now newer than its pages; the next command settles it."""
    deploy(place, two[0])
    shifted: list[str] = []

    def refuse(request: str) -> None:
        if request.startswith("update") or (request.startswith("shift") and shifted):
            raise StoreError(request, "it is not well")
        if request.startswith("shift"):
            shifted.append(request)

    with pytest.raises(ReleaseError, match=r"(?s)update.*could not be sent back to what is live: it is not well"):
        deploy(place, two[1], there=refuse)
    assert place.functions is not None
    left = place.functions.traffic
    roll_back(place.environment(), two[0].release)

    assert left == Traffic(two[1].release.api)
    assert place.functions.traffic == Traffic(two[0].release.api)


def test_what_the_pointer_says_of_the_api_fits_beside_all_else() -> None:
    """The longest words, a canary and a lock with it."""
    words = "\N{SNOWMAN}" * 500
    release = Release("d" * 32, "c" * 40, 10**10, "a" * 32)
    lock = Lock(short(words), short(words), 10**10)
    pointer = moved(Pointer(release, Canary(release, 100), lock, closed=True), "canary-finish", words, words, 10**10)

    assert Pointer.from_json(pointer.to_json()) == pointer
    assert len(pointer.to_json().encode()) <= LONGEST_VALUE
