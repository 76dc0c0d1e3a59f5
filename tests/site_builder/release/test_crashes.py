"""Every command may die before and after each of its requests, and loses nothing that is live."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from site_builder.errors import ReleaseError
from site_builder.preview.cdn import Functions
from site_builder.release.apply import read_manifest
from site_builder.release.functions import Traffic
from site_builder.release.manifest import manifest_key
from site_builder.release.previews import Preview
from site_builder.release.prune import DAY, TAKE_OVER_SECONDS, Keep, prune
from site_builder.release.steps import (
    Environment,
    Files,
    close,
    end_canary,
    lock,
    make_live,
    release_before,
    remove_preview,
    roll_back,
    show_preview,
    start_canary,
    unlock,
)
from site_builder.release.stores import Sendable, StoreError
from tests.site_builder.release.cloud import ROUTER, Cloud, Killed, Made, deploy, make_release, view, whole_release


@pytest.fixture(scope="module")
def decide() -> Iterator[Functions]:
    """Return the real edge function."""
    function = Functions(ROUTER.parent)
    yield function
    function.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    """Return four releases, each newer than the one before."""
    return [make_release(tmp_path_factory.mktemp("made"), number) for number in range(4)]


# A share that the one who looks here is not in.
CANARY_PERCENT = 0


@pytest.fixture(scope="module")
def made_with_api(tmp_path_factory: pytest.TempPathFactory) -> list[Made]:
    """Return two releases of pages and API."""
    return [make_release(tmp_path_factory.mktemp("made"), number, with_api=True) for number in range(2)]


class Tripwire:
    """Counts requests, and kills the process at one of them."""

    def __init__(self, at: int = -1, *, before: bool = True) -> None:
        self.passed = 0
        self._at = at
        self._before = before

    def there(self, _: str) -> None:
        """Pass on the way there."""
        if self._before and self.passed == self._at:
            raise Killed
        self.passed += 1

    def back(self, _: str) -> None:
        """Pass on the way back; the request was carried out."""
        if not self._before and self.passed == self._at + 1:
            raise Killed


@dataclass(frozen=True)
class Command:
    """A command, the cloud that it begins in, and which of the releases it ends with."""

    name: str
    begin: Callable[[Cloud, list[Made]], None]
    run: Callable[[Environment, Cloud, list[Made]], None]
    old: int
    new: int
    # Whether it gives the API's requests to another version, or prepares one.
    moves_api: bool = False


def begin_with(*numbers: int) -> Callable[[Cloud, list[Made]], None]:
    """Return what deploys these releases to staging, one a day."""

    def begin(cloud: Cloud, made: list[Made]) -> None:
        for number in numbers:
            deploy(cloud["staging"], made[number])
            cloud.clock.sleep(DAY)

    return begin


def begin_with_canary(cloud: Cloud, made: list[Made]) -> None:
    """Let a canary run."""
    begin_with(0)(cloud, made)
    start_canary(cloud["staging"].environment(), made[1].wish(), CANARY_PERCENT, made[1].files)


def begin_with_waste(cloud: Cloud, made: list[Made]) -> None:
    """Have something to prune: two old releases, a dead deploy, and an asset that nobody shows."""
    begin_with(0, 1)(cloud, made)
    with pytest.raises(Killed):
        deploy(cloud["staging"], made[3], there=Tripwire(at=14).there)
    cloud.clock.sleep(100 * DAY)
    deploy(cloud["staging"], made[2])
    cloud.clock.sleep(40 * DAY)


def begin_locked(cloud: Cloud, made: list[Made]) -> None:
    """Have a lock."""
    begin_with(0)(cloud, made)
    lock(cloud["staging"].environment())


def begin_with_preview(cloud: Cloud, made: list[Made]) -> None:
    """Have a preview."""
    begin_with(0)(cloud, made)
    run_preview(cloud["staging"].environment(), cloud, made)


def run_deploy(env: Environment, _: Cloud, made: list[Made]) -> None:
    """Deploy the second release."""
    make_live(env, made[1].wish("staging", allow_shrink=True), made[1].files)


def begin_promotion(cloud: Cloud, made: list[Made]) -> None:
    """Have another release on dev than on staging."""
    begin_with(0)(cloud, made)
    deploy(cloud["dev"], made[1])


def run_promote(env: Environment, _: Cloud, made: list[Made]) -> None:
    """Take what is live on dev."""
    make_live(env, made[1].wish("staging", built_here=False, commit=None), Files(bucket="dev"))


def run_rollback(env: Environment, _: Cloud, __: list[Made]) -> None:
    """Go back to what was live before."""
    target = release_before(env.stores)
    assert target is not None
    roll_back(env, target)


def run_canary(env: Environment, _: Cloud, made: list[Made]) -> None:
    """Begin a canary, whose viewers are not the one who looks here."""
    start_canary(env, made[1].wish(), CANARY_PERCENT, made[1].files)


# The edge function asks the real clock, and the cloud has one of its own.
FAR_AHEAD = 99_999_999_999


def run_preview(env: Environment, _: Cloud, made: list[Made]) -> None:
    """Show a preview."""
    preview = Preview("pr-1", made[1].release.digest, FAR_AHEAD, "a test")
    show_preview(env, made[1].wish(for_visitors=False), preview, Files(made[1].output))


def run_prune(env: Environment, cloud: Cloud, _: list[Made]) -> None:
    """Prune; a lock that a dead prune left is waited for."""
    cloud.clock.sleep(TAKE_OVER_SECONDS)
    prune(env, Keep(releases=1, days=30))


def run_unlock(env: Environment, _: Cloud, __: list[Made]) -> None:
    """Unlock, if it is not done."""
    if env.stores.pointer.read().lock:
        unlock(env)


def run_lock(env: Environment, _: Cloud, __: list[Made]) -> None:
    """Lock, if it is not done."""
    if not env.stores.pointer.read().lock:
        lock(env)


def run_finish(env: Environment, _: Cloud, __: list[Made]) -> None:
    """Make the canary live for everybody."""
    end_canary(env, finish=True)


def run_abort(env: Environment, _: Cloud, __: list[Made]) -> None:
    """Take the canary away, if it is not done."""
    if env.stores.pointer.read().canary:
        end_canary(env, finish=False)


def run_remove_preview(env: Environment, _: Cloud, __: list[Made]) -> None:
    """Take the preview away, if it is not done."""
    if "preview:pr-1" in env.stores.pointer.items():
        remove_preview(env, "pr-1")


def run_close(env: Environment, _: Cloud, __: list[Made]) -> None:
    """Close and open, which leaves it as it was."""
    close(env, closed=True)
    close(env, closed=False)


COMMANDS = [
    Command("deploy", begin_with(0), run_deploy, 0, 1, moves_api=True),
    Command("promote", begin_promotion, run_promote, 0, 1, moves_api=True),
    Command("rollback", begin_with(0, 1), run_rollback, 1, 0, moves_api=True),
    Command("prune", begin_with_waste, run_prune, 2, 2),
    Command("canary", begin_with(0), run_canary, 0, 0, moves_api=True),
    Command("canary --finish", begin_with_canary, run_finish, 0, 1, moves_api=True),
    Command("canary --abort", begin_with_canary, run_abort, 0, 0, moves_api=True),
    Command("preview", begin_with(0), run_preview, 0, 0),
    Command("preview --remove", begin_with_preview, run_remove_preview, 0, 0),
    Command("lock", begin_with(0), run_lock, 0, 0),
    Command("unlock", begin_locked, run_unlock, 0, 0),
]


def begun(command: Command, made: list[Made], *, with_api: bool = False) -> Cloud:
    """Return the cloud that a command begins in."""
    cloud = Cloud(with_api=with_api)
    command.begin(cloud, made)
    return cloud


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_a_command_may_die_before_and_after_each_request(command: Command, made: list[Made], decide: Functions) -> None:
    """The site is wholly the old or wholly the new release, and running the command again ends right."""
    counting = Tripwire()
    cloud = begun(command, made)
    command.run(cloud["staging"].environment(counting.there, counting.back), cloud, made)
    finished = state(cloud)
    assert whole_release(cloud["staging"], made, decide) is made[command.new]

    for position in range(counting.passed):
        for before in (True, False):
            cloud = begun(command, made)
            wire = Tripwire(position, before=before)
            with pytest.raises(Killed):
                command.run(cloud["staging"].environment(wire.there, wire.back), cloud, made)
            assert whole_release(cloud["staging"], made, decide) in (made[command.old], made[command.new])

            command.run(cloud["staging"].environment(), cloud, made)

            assert whole_release(cloud["staging"], made, decide) is made[command.new]
            assert state(cloud) == finished, f"killed {'before' if before else 'after'} request {position}"
            move_once_more(cloud)
            assert ledger_is_whole(cloud)


def state(cloud: Cloud) -> tuple[object, ...]:
    """Return everything that must be the same however often the command died on its way."""
    place = cloud["staging"]
    objects = {key for key in place.objects.listed("") if not key.startswith("ledger/")}
    keys = {key: value for key, value in place.values.items().items() if key != "live"}
    pointer = place.pointer
    shown = place.objects.get("404.html")
    api = place.functions.look() if place.functions else None
    return objects, set(keys), pointer.live, pointer.canary, pointer.lock is None, shown, api


def move_once_more(cloud: Cloud) -> None:
    """Move the pointer, which writes down the move before."""
    env = cloud["staging"].environment()
    if cloud["staging"].pointer.lock:
        unlock(env)
    else:
        lock(env)


def ledger_is_whole(cloud: Cloud) -> bool:
    """Say whether every move of the pointer is in the ledger, and none that was not made."""
    place = cloud["staging"]
    last = place.pointer.move.number
    numbers = sorted(int(key[len("ledger/") : -len(".json")]) for key in place.objects.listed("ledger/"))
    return numbers == list(range(1, last + 1))


@pytest.mark.parametrize("command", [one for one in COMMANDS if one.moves_api], ids=lambda command: command.name)
def test_a_command_that_moves_the_api_may_die_before_and_after_each_request(
    command: Command, made_with_api: list[Made], decide: Functions
) -> None:
    """The API is the old or the new one, checked before it got a request, and never older than its pages."""
    made = made_with_api
    counting = Tripwire()
    cloud = begun(command, made, with_api=True)
    command.run(cloud["staging"].environment(counting.there, counting.back), cloud, made)
    finished = state(cloud)
    assert api_of(cloud) == made[command.new].release.api
    assert cloud["staging"].pointer.live == made[command.new].release

    for position in range(counting.passed):
        for before in (True, False):
            cloud = begun(command, made, with_api=True)
            wire = Tripwire(position, before=before)
            with pytest.raises(Killed):
                command.run(cloud["staging"].environment(wire.there, wire.back), cloud, made)
            pages = made.index(whole_release(cloud["staging"], made, decide))
            api = next(number for number, one in enumerate(made) if one.release.api == api_of(cloud))
            assert {pages, api} <= {command.old, command.new}
            assert api >= pages, f"killed {'before' if before else 'after'} request {position}"

            command.run(cloud["staging"].environment(), cloud, made)

            assert whole_release(cloud["staging"], made, decide) is made[command.new]
            assert api_of(cloud) == made[command.new].release.api
            assert state(cloud) == finished, f"killed {'before' if before else 'after'} request {position}"


def api_of(cloud: Cloud) -> str | None:
    """Return the package that the API's requests go to."""
    functions = cloud["staging"].functions
    assert functions is not None
    return functions.traffic.live


@pytest.mark.parametrize("broken", ["check", "migration", "shift", "follow", "publish", "point"])
@pytest.mark.parametrize("with_canary", [False, True], ids=["deploy", "canary"])
def test_whatever_fails_of_the_api_what_was_live_is_live(
    made_with_api: list[Made], decide: Functions, broken: str, with_canary: bool
) -> None:
    """Pages and API are the old ones, and the same command goes through when it is mended."""
    made, cloud = made_with_api, Cloud(with_api=True)
    deploy(cloud["staging"], made[0])
    place, package = cloud["staging"], str(made[1].release.api)
    assert place.functions is not None
    if broken == "check":
        place.functions.answers[package] = (503, "away")
    if broken == "migration":
        place.functions.unmigratable.add(package)

    def refuse(request: str) -> None:
        if request.startswith(WHERE.get(broken, "?")) and (package in request or broken == "point"):
            raise StoreError(request, "it is not well")

    def command(env: Environment) -> None:
        if with_canary:
            start_canary(env, made[1].wish(), 10, made[1].files)
        else:
            make_live(env, made[1].wish("staging"), made[1].files)

    with pytest.raises(ReleaseError):
        command(place.environment(there=refuse))
    assert whole_release(place, made, decide) is made[0]
    assert place.functions.traffic == Traffic(made[0].release.api)

    place.functions.answers.clear()
    place.functions.unmigratable.clear()
    command(place.environment())

    aim = Traffic(made[0].release.api, package, 10) if with_canary else Traffic(package)
    assert place.functions.traffic == aim


# How the request begins that fails.
WHERE = {"shift": "shift", "follow": "follow", "publish": "publish", "point": "update"}


def test_what_a_dead_deploy_has_left_is_not_sent_again(made: list[Made]) -> None:
    """The second run sends what the first had not, and no more."""
    cloud = Cloud()
    place = cloud["staging"]
    with pytest.raises(Killed):
        deploy(place, made[0], there=Tripwire(at=9).there)
    sent = [key for key in place.objects.listed("") if key.startswith(("releases/", "assets/"))]
    written: list[str] = []
    deploy(place, made[0], back=written.append)

    assert sent
    assert [one for one in written if one.removeprefix("put ") in sent] == []


def test_a_prune_leaves_the_api_that_somebody_may_go_back_to(made_with_api: list[Made]) -> None:
    """With its versions and its package; what belongs to no release that is kept goes, unless it is young."""
    cloud, made = Cloud(with_api=True), made_with_api
    place = cloud["staging"]
    assert place.functions is not None
    for one in made:
        deploy(place, one)
        cloud.clock.sleep(DAY)
    both = {str(one.release.api) for one in made}
    cloud.clock.sleep(100 * DAY)
    prune(place.environment(), Keep(releases=2, days=30))
    kept = set(place.functions.look().versions), set(place.objects.listed("api/"))
    place.objects.put("api/young.zip", Sendable(b"", "application/zip", "private"))
    prune(place.environment(), Keep(releases=1, days=30))
    prune(place.environment(), Keep(releases=1, days=30))
    live = made[1].release.api

    assert kept == (both, {f"api/{one}.zip" for one in both})
    assert set(place.functions.look().versions) == {live}
    assert set(place.objects.listed("api/")) == {f"api/{live}.zip", "api/young.zip"}


def test_a_preview_is_served_under_its_label(made: list[Made], decide: Functions) -> None:
    """Beside what is live, which nobody sees change."""
    cloud = Cloud()
    begin_with_preview(cloud, made)
    place = cloud["staging"]

    assert view(place, "/", decide).body == (made[0].output / "index.html").read_bytes()
    assert view(place, "/", decide, host="pr-1.preview.x").body == (made[1].output / "index.html").read_bytes()


def test_a_prune_leaves_the_live_release_and_nothing_old(made: list[Made]) -> None:
    """What died half way is gone as well, and so are the redirects of what went."""
    cloud = Cloud()
    begin_with_waste(cloud, made)
    place = cloud["staging"]
    run_prune(place.environment(), cloud, made)

    live = made[2].release.digest
    assert {key.split("/")[1] for key in place.objects.listed("releases/")} == {live}
    assert set(place.objects.listed("manifests/")) == {manifest_key(live)}
    assert {key.split(":")[1] for key in place.values.items() if key.startswith("r:")} == {live}
    assert set(place.objects.listed("assets/")) == {e.path for e in made[2].manifest.entries if e.is_asset}
    assert read_manifest(live, place.objects) == made[2].manifest
