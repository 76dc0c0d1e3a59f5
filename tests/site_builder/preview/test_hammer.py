"""Real clients ask the local cloud while releases go live and come back: nothing fails, nothing is mixed or stale.

Some thousand requests in `make test`; `make hammer` asks a hundred thousand times, over a hundred moves.
"""

from __future__ import annotations

import http.client
import os
import re
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from site_builder.preview.cloud import RunningCloud, running_cloud
from site_builder.release.apply import Stores
from site_builder.release.aws import LOCAL_ACCESS, Account
from site_builder.release.descriptor import Places, find_descriptor
from site_builder.release.pointer import PointerStore
from site_builder.release.steps import Environment, Files, make_live, roll_back
from tests.site_builder.release.cloud import ROUTER, Made, Quiet, make_release

REQUESTS = int(os.environ.get("HAMMER_REQUESTS", "2000"))
MOVES = int(os.environ.get("HAMMER_MOVES", "12"))
CLIENTS = 8
# How late an edge may hear of a flip, and how long after that its answer may be on its way on a busy machine.
DELAY, SLACK = 0.5, 0.5
PATHS = ("/", "/same/", "/p0/", "/p1/", "/p2/")


class RealClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass
class History:
    """From when to when which release was live, as far as somebody outside can know."""

    made: dict[str, Made]
    spans: list[tuple[str, float, float]] = field(default_factory=list)

    def begins(self, digest: str) -> None:
        """Say that a release is going to be live at any moment from now on."""
        self.spans.append((digest, time.monotonic(), float("inf")))

    def began(self) -> None:
        """Say that it is, and the one before is not any more."""
        if len(self.spans) > 1:
            digest, begin, _ = self.spans[-2]
            self.spans[-2] = (digest, begin, time.monotonic())

    def was_live(self, digest: str, asked: float, answered: float) -> bool:
        """Say whether an edge may have believed between asking and answering that the release is live."""
        return any(
            one == digest and begin <= answered and end + DELAY + SLACK >= asked for one, begin, end in list(self.spans)
        )


@dataclass
class Client(threading.Thread):
    """Somebody who asks without a pause, over one connection to one edge."""

    url: str
    history: History
    requests: int
    faults: list[str] = field(default_factory=list)
    answered: int = 0

    def __post_init__(self) -> None:
        """Become a thread."""
        super().__init__()

    def __hash__(self) -> int:
        """Be one of many, as threads are."""
        return id(self)

    def run(self) -> None:
        """Ask, and judge each answer."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=30)
        while self.answered < self.requests:
            path = PATHS[self.answered % len(PATHS)]
            asked = time.monotonic()
            status, release, body = self.ask(connection, path)
            fault = self.judge(path, status, release, body, asked)
            if fault:
                self.faults.append(fault)
            for asset in re.findall(rb'href="(/assets/[^"]+)"', body):
                status, _, _ = self.ask(connection, asset.decode())
                if status != 200:
                    self.faults.append(f"{asset.decode()} of {path} was answered with {status}")
        connection.close()

    def ask(self, connection: http.client.HTTPConnection, path: str) -> tuple[int, str, bytes]:
        """Ask once."""
        self.answered += 1
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.getheader("x-amz-meta-release", ""), answer.read()

    def judge(self, path: str, status: int, release: str, body: bytes, asked: float) -> str | None:
        """Say what is wrong with an answer."""
        if status != 200:
            return f"failed: {path} was answered with {status}: {body[:200]!r}"
        made = self.history.made[release]
        if body != (made.output / path.lstrip("/") / "index.html").read_bytes():
            return f"mixed: {path} says {release} and is of another"
        if not self.history.was_live(release, asked, time.monotonic()):
            return f"stale: {path} is of {release}, which was not live"
        return None


def environment(cloud: RunningCloud) -> Environment:
    """Open local-dev as publish.py does, with the real clients."""
    described = find_descriptor("local-dev", Places(None, cloud.folder, lambda _: None))
    account = Account(described.region, LOCAL_ACCESS)
    clock = RealClock()
    pointer = PointerStore(account.key_values(described.kvs_arn, described.kvs_endpoint), clock)
    return Environment(
        "dev", Stores(account.objects(described.bucket, described.s3_endpoint), pointer, clock), "a test", Quiet()
    )


def test_clients_that_never_rest_get_whole_releases_while_all_is_moved(tmp_path: Path) -> None:
    """Zero failed, zero mixed, zero stale beyond the delay."""
    made = [make_release(tmp_path, number) for number in range(max(3, MOVES // 4))]
    history = History({one.release.digest: one for one in made})
    with running_cloud(tmp_path / "cloud", ROUTER.parent, {}, port=0, delay=DELAY) as cloud:
        env = environment(cloud)
        go_live(env, made[0], history)
        time.sleep(DELAY + SLACK)
        urls = cloud.environments[0].urls
        clients = [Client(urls[number % len(urls)], history, REQUESTS // CLIENTS) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        moves = 0
        while moves < MOVES or any(client.is_alive() for client in clients):
            move(env, made, history, moves)
            moves += 1
        for client in clients:
            client.join()
        env.stores.objects.close()  # type: ignore[attr-defined] # the real one has connections

    asked = sum(client.answered for client in clients)
    assert [fault for client in clients for fault in client.faults] == []
    assert asked >= REQUESTS
    assert moves >= MOVES
    assert len(history.spans) == moves + 1


def move(env: Environment, made: list[Made], history: History, number: int) -> None:
    """Deploy what is new, and go back and forth between what is kept."""
    newest = max(made.index(history.made[digest]) for digest, _, _ in history.spans)
    live = env.stores.pointer.read().digest
    if number % 4 == 0 and newest + 1 < len(made):
        go_live(env, made[newest + 1], history)
        return
    kept = [one for one in made[: newest + 1] if one.release.digest != live]
    if not kept:
        go_live(env, made[newest + 1], history)
        return
    target = kept[number % len(kept)]
    history.begins(target.release.digest)
    roll_back(env, target.release)
    history.began()


def go_live(env: Environment, one: Made, history: History) -> None:
    """Deploy a release."""
    history.begins(one.release.digest)
    make_live(env, one.wish(allow_shrink=True), Files(one.output))
    history.began()
