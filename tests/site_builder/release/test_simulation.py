"""Many hands at once, in every order that can be thought of: what visitors get is always one whole release.

Commands run as they are, each in a coroutine of its own that stops before every request to a store. Which of them goes
on, for how many requests, whether a request or its answer is lost or the process dies there, how the time passes and
who looks at what through which edge: hypothesis decides, and shortens what it finds. One seed, one history.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import hypothesis
import pytest
from greenlet import getcurrent, greenlet
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from site_builder.errors import ReleaseError
from site_builder.preview.cdn import EdgeCache, Functions, Viewed, Views
from site_builder.preview.edge import EdgeRequest
from site_builder.release.functions import Traffic, package_key, packages_of, traffic_for
from site_builder.release.ledger import Ledger
from site_builder.release.manifest import ASSETS, MANIFESTS, digest_in
from site_builder.release.memory import MemoryFunctions
from site_builder.release.pointer import Pointer
from site_builder.release.previews import Preview, read_previews
from site_builder.release.prune import DAY, Keep, prune
from site_builder.release.side import in_turn
from site_builder.release.steps import (
    Environment,
    end_canary,
    lock,
    release_before,
    roll_back,
    show_preview,
    start_canary,
    unlock,
)
from site_builder.release.stores import StoreError
from tests.site_builder.release.cloud import ROUTER, Cloud, Killed, Made, make_release

COMMITS = 6
# How late the slowest edge hears of a change.
LATEST = 20.0
DELAYS = (0.0, 3.0, LATEST)
PATHS = ("/", "/same/", "/p0/", "/p2/")
VIEWERS = ("192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4")
KEEP = Keep(releases=1, days=2)
FAR_AHEAD = 99_999_999_999
FAULTS = ("none", "none", "none", "none", "none", "none", "asked in vain", "answer lost", "dies before", "dies after")


@cache
def commits() -> tuple[Made, ...]:
    """Return a release for each commit, made once."""
    folder = Path(mkdtemp(prefix="zichkoding-simulation-"))
    return tuple(make_release(folder, number, with_api=True) for number in range(COMMITS))


@cache
def router() -> Functions:
    """Return the real edge function, loaded once."""
    return Functions(ROUTER.parent)


@dataclass
class Task:
    """A command that runs, stopped before its next request."""

    name: str
    run: Callable[[Environment], object]
    fault: str = "none"
    error: BaseException | None = None
    _coroutine: greenlet | None = field(default=None, repr=False)

    def there(self, _: str) -> None:
        """Stop before a request; then go on, or not."""
        whole = getcurrent().parent
        assert whole is not None
        whole.switch()
        if self.fault == "dies before":
            raise Killed
        if self.fault == "asked in vain":
            self.fault = "none"
            raise StoreError("a request", "503 SlowDown")

    def back(self, _: str) -> None:
        """Come back from a request, or not."""
        if self.fault == "dies after":
            raise Killed
        if self.fault == "answer lost":
            self.fault = "none"
            raise StoreError("a request", "the connection broke")

    def start(self, cloud: Cloud) -> None:
        """Run up to the first request."""
        env = cloud["dev"].environment(self.there, self.back, by=self.name)

        def work() -> None:
            try:
                self.run(env)
            except (ReleaseError, Killed) as error:
                self.error = error

        self._coroutine = greenlet(work)
        self._coroutine.switch()

    def go_on(self, fault: str = "none") -> None:
        """Run up to the next request."""
        self.fault = fault
        assert self._coroutine is not None
        self._coroutine.switch()

    @property
    def ended(self) -> bool:
        """Say whether it came to its end, good or bad."""
        return self._coroutine is None or self._coroutine.dead


class Release(RuleBasedStateMachine):
    """The cloud, everybody who works in it, and everybody who looks."""

    def __init__(self) -> None:
        super().__init__()
        self.cloud = Cloud(with_api=True)
        self.place = self.cloud["dev"]
        self.views = Views({}, self.cloud.clock.now())
        self.edges = [EdgeCache(router(), self.place.objects, router().finish) for _ in DELAYS]
        self.tasks: list[Task] = []
        # Whether a request was ever lost, or somebody died.
        self.disturbed = False
        self.pointers: list[Pointer] = [Pointer()]
        self.moments: list[float] = [self.cloud.clock.now()]
        self.assets: dict[str, float] = {}

    def begin(self, name: str, run: Callable[[Environment], object], *, whole: bool) -> None:
        """Start a command, unless there are enough; let it run to its end undisturbed, or leave it to others."""
        if len(self.tasks) < 4:
            task = Task(name, run)
            self.tasks.append(task)
            task.start(self.cloud)
            self.notice()
            if whole:
                self.comes_to_an_end(len(self.tasks) - 1)

    @rule(number=st.integers(0, COMMITS - 2), whole=st.booleans())
    def deploys(self, number: int, *, whole: bool) -> None:
        """Somebody deploys a commit."""
        made = commits()[number]
        self.begin(f"deploy {number}", lambda env: deploy_in(env, made), whole=whole)

    @rule(whole=st.booleans())
    def rolls_back(self, *, whole: bool) -> None:
        """Somebody goes back."""

        def run(env: Environment) -> None:
            target = release_before(env.stores)
            if target:
                roll_back(env, target)

        self.begin("rollback", run, whole=whole)

    @rule(whole=st.booleans())
    def prunes(self, *, whole: bool) -> None:
        """Somebody tidies up."""
        self.begin("prune", lambda env: prune(env, KEEP), whole=whole)

    @rule(number=st.integers(0, COMMITS - 2), percent=st.sampled_from([0, 50, 100]), whole=st.booleans())
    def begins_canary(self, number: int, percent: int, *, whole: bool) -> None:
        """Somebody tries a commit on some."""
        made = commits()[number]
        self.begin(
            f"canary {number}",
            lambda env: start_canary(env, made.wish(allow_shrink=True), percent, made.files),
            whole=whole,
        )

    @rule(finish=st.booleans(), whole=st.booleans())
    def ends_canary(self, finish: bool, *, whole: bool) -> None:
        """Somebody decides about it."""
        self.begin(f"canary ends {finish}", lambda env: end_canary(env, finish=finish), whole=whole)

    @rule(number=st.integers(0, COMMITS - 2), whole=st.booleans())
    def previews(self, number: int, *, whole: bool) -> None:
        """Somebody shows a commit to others."""
        made = commits()[number]
        preview = Preview(f"pr-{number}", made.release.digest, FAR_AHEAD, "a test")
        self.begin(
            f"preview {number}",
            lambda env: show_preview(env, made.wish(for_visitors=False), preview, made.files),
            whole=whole,
        )

    @rule(locks=st.booleans(), whole=st.booleans())
    def locks_or_unlocks(self, locks: bool, *, whole: bool) -> None:
        """Somebody keeps the others out, or lets them in, a prune's lock included only when it is dead."""

        def run(env: Environment) -> None:
            held = env.stores.pointer.read().lock
            if locks:
                lock(env)
            elif held and not self.someone_prunes():
                unlock(env)

        self.begin("lock" if locks else "unlock", run, whole=whole)

    def someone_prunes(self) -> bool:
        """Say whether a prune is alive, whose lock nobody who can see it takes away."""
        return any(task.name == "prune" and not task.ended for task in self.tasks)

    @precondition(lambda self: self.tasks)
    @rule(which=st.integers(0, 3), requests=st.integers(1, 25), fault=st.sampled_from(FAULTS))
    def goes_on(self, which: int, requests: int, fault: str) -> None:
        """One of them makes some requests; the last may go wrong."""
        task = self.tasks[which % len(self.tasks)]
        for number in range(requests):
            if task.ended:
                break
            task.go_on(fault if number == requests - 1 else "none")
            self.disturbed = self.disturbed or fault != "none"
            self.notice()
        self.tasks = [one for one in self.tasks if not one.ended]

    @precondition(lambda self: self.tasks)
    @rule(which=st.integers(0, 3))
    def comes_to_an_end(self, which: int) -> None:
        """Let one of them do all that is left, undisturbed."""
        task = self.tasks[which % len(self.tasks)]
        while not task.ended:
            task.go_on()
            self.notice()
        self.tasks.remove(task)

    @rule(seconds=st.sampled_from([1.0, 10.0, LATEST + 1, 1200.0, 3 * DAY, 40 * DAY]))
    def time_passes(self, seconds: float) -> None:
        """Edges hear of things, caches forget, releases grow old. Nobody who works is so slow as to sleep for days."""
        if seconds < DAY or not self.tasks:
            self.cloud.clock.sleep(seconds)

    def notice(self) -> None:
        """See what has changed in the stores."""
        now = self.cloud.clock.now()
        self.views.changed(self.place.values.items(), now)
        pointer = self.place.pointer
        if pointer != self.pointers[-1]:
            before = self.pointers[-1]
            assert pointer.move.number == before.move.number + 1
            if pointer.move.action in ("deploy", "canary-finish") and before.live and pointer.live:
                assert pointer.live.committed >= before.live.committed, "an older commit replaced a newer one"
            if before.lock and pointer.move.action not in ("unlock", "pruned", "prune"):
                pytest.fail(f"{pointer.move.action} went through a lock")
            self.pointers.append(pointer)
            self.moments.append(now)
        assets = {key: found.modified for key, found in self.place.objects.listed(ASSETS).items()}
        for key in self.assets.keys() - assets.keys():
            assert self.assets[key] <= now - KEEP.days * DAY, f"{key} was young, and a deploy may count on it"
        self.assets = assets

    @rule(which=st.integers(0, len(DELAYS) - 1), path=st.sampled_from(PATHS), ip=st.sampled_from(VIEWERS))
    def somebody_looks(self, which: int, path: str, ip: str) -> None:
        """Ask an edge for a page, and for what it shows."""
        now = self.cloud.clock.now()
        seen = self.view(which, path, ip)
        possible = {digest for values in self.views.possible(now, LATEST) for digest in digests_in(values)}
        if possible == {None}:
            assert seen.status == 503
            return
        if seen.status == 503:
            assert None in possible, "an edge that knows of a release refused to serve it"
            return
        assert seen.status == 200, f"{path} is in every release, and was answered with {seen.status}"
        made = by_digest(seen.headers["x-amz-meta-release"])
        assert made.release.digest in possible, "a release was served that was not live within the delay"
        assert seen.body == (made.output / path.lstrip("/") / "index.html").read_bytes(), (
            "the page is of another release"
        )
        for asset in re.findall(rb'href="(/assets/[^"]+)"', seen.body):
            shown = self.view(which, asset.decode(), ip)
            assert shown.status == 200, f"{asset.decode()} is shown by a page that was served, and is not there"
            assert shown.body == (made.output / asset.decode().lstrip("/")).read_bytes()

    @rule(which=st.integers(0, len(DELAYS) - 1))
    def somebody_errs(self, which: int) -> None:
        """Ask for what never was."""
        seen = self.view(which, "/nowhere/", VIEWERS[0])
        assert seen.status in ((404, 503) if self.pointers[-1].live is None or self.recently_first() else (404,))

    def recently_first(self) -> bool:
        """Say whether an edge may not have heard yet that anything is live at all."""
        return None in {digest for v in self.views.possible(self.cloud.clock.now(), LATEST) for digest in digests_in(v)}

    def view(self, which: int, path: str, ip: str) -> Viewed:
        """Ask an edge, which sees the store as it was some time ago."""
        now = self.cloud.clock.now()
        request = EdgeRequest("GET", path, ip=ip, headers={"host": "site.example"})
        return self.edges[which].answer(request, self.views.seen(now, DELAYS[which]), now)

    @invariant()
    def whatever_may_be_asked_for_is_there(self) -> None:
        """Everything of every release that an edge may still serve, and of every preview."""
        now = self.cloud.clock.now()
        wanted = {digest for values in self.views.possible(now, LATEST) for digest in digests_in(values) if digest}
        wanted |= {preview.release for preview in read_previews(self.place.values.items())}
        for digest in wanted:
            made = by_digest(digest)
            for entry in made.manifest.entries:
                stored = self.place.objects.get(made.manifest.key(entry))
                assert stored is not None, f"{entry.path} of a release that may be asked for is gone"
                assert stored.sha256 == entry.sha256

    @invariant()
    def the_api_goes_with_its_pages(self) -> None:
        """Who gets requests is there, and what is live can be gone back to; where nobody works, they fit together."""
        api, pointer = self.functions.look(), self.place.pointer
        for package in {*api.traffic.packages, *packages_of(pointer)}:
            assert package in api.versions, "requests go, or should go, to a version that is gone"
            assert self.place.objects.head(package_key(package)) is not None, "a package that is live is gone"
        if not self.tasks and not self.disturbed:
            assert api.traffic == traffic_for(pointer, api), "nobody works, and the API is not that of its pages"

    @property
    def functions(self) -> MemoryFunctions:
        """Return what runs the API."""
        assert self.place.functions is not None
        return self.place.functions

    @invariant()
    def a_manifest_says_that_all_of_it_is_there(self) -> None:
        """Write it last and delete it first, and nobody ever relies on half a release."""
        keys = self.place.objects.listed("")
        for key in self.place.objects.listed(MANIFESTS):
            made = by_digest(digest_in(key))
            missing = {made.manifest.key(entry) for entry in made.manifest.entries} - keys.keys()
            assert not missing, f"{key} is there, and {min(missing)} is not"

    @invariant()
    def the_ledger_has_every_move_but_the_last(self) -> None:
        """And no other."""
        last = self.place.pointer.move.number
        numbers = {int(key[len("ledger/") : -len(".json")]) for key in self.place.objects.listed("ledger/")}
        assert numbers in (set(range(1, last + 1)), set(range(1, last)))
        told = list(Ledger(self.place.objects, in_turn).moves(self.place.pointer))
        assert told == list(reversed(self.pointers[1:]))

    def teardown(self) -> None:
        """Let everybody come to an end; then the newest commit can be deployed, and everybody gets it."""
        for task in self.tasks:
            while not task.ended:
                task.go_on()
                self.notice()
        self.tasks = []
        self.cloud.clock.sleep(1200)
        env = self.place.environment()
        if self.place.pointer.lock:
            unlock(env)
        if self.place.pointer.canary:
            end_canary(env, finish=False)
        newest = commits()[COMMITS - 1]
        deploy_in(env, newest)
        self.notice_all()
        assert self.functions.traffic == Traffic(newest.release.api)
        self.cloud.clock.sleep(LATEST + 61)
        for which in range(len(DELAYS)):
            for path in PATHS:
                body = (newest.output / path.lstrip("/") / "index.html").read_bytes()
                assert self.view(which, path, VIEWERS[0]).body == body
            assert self.view(which, "/nowhere/", VIEWERS[0]).body == (newest.output / "404.html").read_bytes()

    def notice_all(self) -> None:
        """See what several moves in a row have changed."""
        self.views.changed(self.place.values.items(), self.cloud.clock.now())


def deploy_in(env: Environment, made: Made) -> None:
    """Deploy a commit."""
    from site_builder.release.steps import make_live  # noqa: PLC0415 - beside its one use

    make_live(env, made.wish(allow_shrink=True), made.files)


def digests_in(values: object) -> Iterator[str | None]:
    """Return every release that an edge with this view may serve; None where it knows of none."""
    assert isinstance(values, dict)
    if "live" not in values:
        yield None
        return
    pointer = Pointer.from_json(values["live"])
    yield pointer.digest
    if pointer.canary and pointer.live:
        yield pointer.canary.release.digest


@cache
def by_digest(digest: str) -> Made:
    """Return the release of that name."""
    return next(made for made in commits() if made.release.digest == digest)


Release.TestCase.settings = hypothesis.settings(
    # Some hundred histories each time, thousands at night.
    max_examples=3 * hypothesis.settings().max_examples,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
TestRelease = Release.TestCase
