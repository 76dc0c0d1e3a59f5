"""One sender may do so much, wherever it is counted: PostgreSQL and Redis keep the same promises."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import pytest
from chalicelib import redis_limits
from chalicelib.contact.keeping import LIMIT as CONTACT_LIMIT
from chalicelib.database import Database
from chalicelib.errors import SettingsError
from chalicelib.limits import DatabaseLimits, Limit, Limits
from chalicelib.redis_limits import RedisLimits
from chalicelib.requests import JSON, Request
from chalicelib.routes import answer
from chalicelib.services import Services, open_services
from chalicelib.settings import RedisAddress, Settings, read_settings

from tests.api.conftest import ENVIRONMENT
from tests.api.redis_server import PASSWORD, find_redis, running_redis

pytestmark = pytest.mark.integration

LEFT: LiteralString = "SELECT tokens_left(%(tokens)s, %(buckets)s, %(burst)s, %(per_second)s, %(credit)s)"
LIMIT = Limit(burst=3.0, per_second=0.001)


@dataclass(frozen=True)
class Counted:
    """Buckets, and how to let time pass for them."""

    limits: Limits
    database: Database
    wait: Callable[[float], None]

    def take(self, *buckets: str, limit: Limit = LIMIT) -> float:
        """Take one token of each as a statement does, and return what is left in the emptiest."""
        left: float = self.database.ask(LEFT, self.limits.charge(buckets, limit).values(limit))[0][0]
        return round(left, 1)


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Run a real Redis for these tests."""
    program = find_redis()
    if program is None:
        pytest.skip("neither redis-server nor valkey-server is on this machine (Debian: apt install redis-server)")
    with running_redis(program, tmp_path_factory.mktemp("redis")) as port:
        yield port


def test_each_connection_signs_in_with_a_token_of_its_own(redis_port: int) -> None:
    """Where IAM knows the user there is no password, and a token is good for a quarter of an hour."""
    made: list[str] = []

    def token() -> str:
        made.append(PASSWORD)
        return PASSWORD

    limits = RedisLimits(RedisAddress("127.0.0.1", redis_port, "default", "", 0, encrypted=False, make_token=token))
    assert limits.charge(("a",), LIMIT).tokens is not None
    limits.close()
    assert limits.charge(("a",), LIMIT).tokens is not None
    limits.close()

    assert len(made) == 2


def settings_for(port: int) -> Settings:
    """Return the settings of an API whose limits are in the Redis at a port."""
    return read_settings({**ENVIRONMENT, "REDIS_URL": f"redis://:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/2"})


@pytest.fixture
def redis(redis_port: int) -> Iterator[RedisLimits]:
    """Return an empty Redis's limits."""
    address = settings_for(redis_port).redis
    assert address is not None
    command(address, "FLUSHALL")
    limits = RedisLimits(address)
    yield limits
    limits.close()


def command(address: RedisAddress, *words: str) -> str:
    """Have a server do something that the API never asks of it."""
    connection = redis_limits._Connection(address)  # noqa: SLF001 - its own way to speak, for what it never says
    try:
        return connection.ask(*words)
    finally:
        connection.close()


@pytest.fixture(params=["postgres", "redis"])
def counted(request: pytest.FixtureRequest, postgres: Database) -> Counted:
    """Return the buckets of each store."""
    if request.param == "postgres":

        def pass_by(seconds: float) -> None:
            postgres.ask(
                "UPDATE rate_buckets SET counted_at = counted_at - make_interval(secs => %(s)s)", {"s": seconds}
            )

        return Counted(DatabaseLimits(), postgres, pass_by)
    limits: RedisLimits = request.getfixturevalue("redis")

    def pass_over(seconds: float) -> None:
        back = (
            "for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('HSET', key, 'at', "
            f"string.format('%.6f', redis.call('HGET', key, 'at') - {seconds})) end return 1"
        )
        command(limits._address, "EVAL", back, "0")  # noqa: SLF001 - as `command`

    return Counted(limits, postgres, pass_over)


def test_a_bucket_holds_so_much_and_then_no_more(counted: Counted) -> None:
    """And never less than nothing, however often one asks: it fills from there."""
    assert [counted.take("a") for _ in range(5)] == [2, 1, 0, -1, -1]


def test_each_name_has_a_bucket_of_its_own_and_the_emptiest_counts(counted: Counted) -> None:
    """One sender from two addresses, two senders from one."""
    taken = [counted.take("sender", "address"), counted.take("sender", "other"), counted.take("third", "sender")]

    assert (taken, counted.take("other")) == ([2, 1, 0], 1)


def test_a_bucket_fills_with_time_and_no_further_than_its_brim(counted: Counted) -> None:
    """A second at a time, and not in leaps."""
    for _ in range(3):
        counted.take("a")
    counted.wait(1500)
    later = counted.take("a")
    counted.wait(1e6)

    assert (later, counted.take("a")) == (0.5, 2)


def test_credit_is_debt_with_an_end(counted: Counted) -> None:
    """It is paid back before there is anything to take again."""
    limit = LIMIT._replace(credit=2.0)
    taken = [counted.take("a", limit=limit) for _ in range(7)]
    counted.wait(4000)

    assert (taken, counted.take("a", limit=limit)) == ([2, 1, 0, -1, -2, -3, -3], 0)


def test_a_clock_that_went_back_takes_nothing_away(counted: Counted) -> None:
    """Nor does it fill anything."""
    counted.take("a")
    counted.wait(-5000)

    assert counted.take("a") == 1


def test_of_many_at_once_each_takes_its_own(counted: Counted) -> None:
    """None is counted twice, none passes uncounted."""
    with ThreadPoolExecutor(6) as pool:
        taken = list(pool.map(lambda _: counted.take("a", limit=Limit(50.0, 0.0)), range(30)))

    assert sorted(taken) == list(range(20, 50))


def test_redis_forgets_what_nobody_asked_about_for_a_day(redis: RedisLimits) -> None:
    """As the database does; and the names are all in one place of a cluster."""
    redis.charge(["a"], LIMIT)
    left = int(command(redis._address, "PTTL", redis_limits.PREFIX + "a"))  # noqa: SLF001 - as `command`

    assert 23 * 3600 * 1000 < left <= 24 * 3600 * 1000
    assert redis_limits.PREFIX.startswith("{zichkoding limits}")


@pytest.fixture
def services(services: Services, redis: RedisLimits) -> Services:
    """Return services whose limits are in Redis."""
    return services._replace(limits=redis)


def send(services: Services, text: str) -> int:
    """Send a message as one sender, and return how it was answered."""
    body = json.dumps({"name": "Ada", "email": "ada@example.org", "message": text}).encode()
    headers = {"content-type": JSON}
    return int(
        answer(Request("POST", "/api/contact", headers=headers, body=body, address="192.0.2.1"), services).status
    )


def test_with_redis_the_database_counts_nothing_and_the_limits_are_the_same(services: Services) -> None:
    """Labelled on credit, refused at its end; and neither name nor address is in Redis."""
    statuses = [send(services, f"Text {number}") for number in range(31)]
    labels = "SELECT label, count(*) FROM contact_messages GROUP BY 1 ORDER BY 1"
    assert isinstance(services.limits, RedisLimits)
    script = "return table.concat(redis.call('KEYS', '*'), ' ')"
    names = command(services.limits._address, "EVAL", script, "0")  # noqa: SLF001 - as `command`

    assert (statuses.count(201), statuses[-1]) == (30, 429)
    assert services.database.ask(labels) == [("ham", 5), ("spam", 25)]
    assert services.database.ask("SELECT count(*) FROM rate_buckets") == [(0,)]
    assert ("sender " in names, "ada" in names, "192.0.2.1" in names) == (True, False, False)


@pytest.mark.parametrize("fault", ["nobody listens", "it is silent", "it speaks another language", "wrong password"])
def test_without_redis_the_database_counts_and_no_message_waits(
    services: Services, redis_port: int, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever is wrong with it, it is asked once, and then left alone for a while."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = redis_port if fault == "wrong password" else other.getsockname()[1]
        if fault == "nobody listens":
            other.close()
        if fault == "it speaks another language":
            threading.Thread(target=_say_hello, args=(other,), daemon=True).start()
        limits = RedisLimits(RedisAddress("127.0.0.1", port, "", "wrong", 0, encrypted=False))
        statuses = [send(services._replace(limits=limits), f"Text {number}") for number in range(6)]
        limits.close()
    told = [line for line in capsys.readouterr().err.splitlines() if "redis_away" in line]

    assert statuses == [201] * 6
    assert services.database.ask("SELECT label, count(*) FROM contact_messages GROUP BY 1 ORDER BY 1") == [
        ("ham", 5),
        ("spam", 1),
    ]
    assert len(told) == 1
    assert "wrong" not in told[0]


def _say_hello(server: socket.socket) -> None:
    caller, _ = server.accept()
    caller.recv(100)
    caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    caller.close()


def test_a_redis_that_was_restarted_is_found_again(tmp_path: Path) -> None:
    """On the same request where the line is dead; after a pause where nobody answered."""
    program = find_redis()
    if program is None:
        pytest.skip("neither redis-server nor valkey-server is on this machine (Debian: apt install redis-server)")
    with running_redis(program, tmp_path) as port:
        limits = open_services(settings_for(port)).limits
        assert isinstance(limits, RedisLimits)
        before = limits.charge(["a"], LIMIT).tokens
    with running_redis(program, tmp_path, port=port):
        again = limits.charge(["a"], LIMIT).tokens
    away = limits.charge(["a"], LIMIT).tokens
    with running_redis(program, tmp_path, port=port):
        paused = limits.charge(["a"], LIMIT).tokens
        limits._not_before = 0.0  # noqa: SLF001 - the pause is over
        back = limits.charge(["a"], LIMIT).tokens
        limits.close()

    assert (before, again, away, paused, back) == (2.0, 2.0, None, None, 2.0)


def test_what_redis_counted_is_not_counted_again_when_the_message_waited(services: Services, owner: Database) -> None:
    """It goes through the queue with what was left."""
    charge = services.limits.charge(["a"], CONTACT_LIMIT)

    assert charge.tokens == 4.0
    assert owner.ask(LEFT, charge.values(CONTACT_LIMIT)) == [(4.0,)]
    assert owner.ask("SELECT count(*) FROM rate_buckets") == [(0,)]


@pytest.mark.parametrize(
    "url", ["http://host", "redis://", "redis://:secret@:6379", "redis://host:port", "rediss://:secret@host/name"]
)
def test_an_address_that_is_none_is_said_without_its_password(url: str) -> None:
    """At the start, and by its setting's name."""
    with pytest.raises(SettingsError, match="REDIS_URL") as refused:
        read_settings({**ENVIRONMENT, "REDIS_URL": url})

    assert "redis://" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_an_address_says_who_asks_where_and_how() -> None:
    """With what stands in it for other signs."""
    read = read_settings({**ENVIRONMENT, "REDIS_URL": "rediss://ada:a%2Fb@cache.example/3"})

    assert read.redis == RedisAddress("cache.example", 6379, "ada", "a/b", 3, encrypted=True)
    assert "a/b" not in repr(read)


def test_the_function_loads_nothing_for_redis_where_there_is_none() -> None:
    """Whoever has no Redis pays nothing for it."""
    assert isinstance(open_services(read_settings(ENVIRONMENT)).limits, DatabaseLimits)
