"""One suite for every Lambda: the twin in memory keeps the promises that the real client's service keeps."""

from __future__ import annotations

import io
import uuid
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from moto import mock_aws

from site_builder.errors import ReleaseError
from site_builder.preview.cloud import RunningCloud
from site_builder.preview.database import PostgresServer
from site_builder.preview.functions import code_of
from site_builder.release.aws import LOCAL_ACCESS, Account
from site_builder.release.descriptor import Api, Places, find_descriptor
from site_builder.release.functions import (
    ApiFunctions,
    FailedError,
    Traffic,
    check,
    digest_of_code,
    migrate,
    package_digest,
    package_key,
    read_package,
    traffic_for,
)
from site_builder.release.memory import MemoryFunctions, MemoryObjectStore
from site_builder.release.pointer import Canary, Pointer, Release
from site_builder.release.stores import ObjectStore, Sendable, StoreError
from tests.site_builder.release.cloud import ROUTER

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

API = ROUTER.parents[2] / "api"
LOCAL_CLOUD = pytest.param("local cloud", marks=pytest.mark.integration)
# Where moto is less strict than Lambda's documentation.
STRICT = pytest.mark.parametrize("there", ["memory", LOCAL_CLOUD], indirect=True)


@dataclass(frozen=True)
class Lambda:
    """ApiFunctions, the bucket that they take packages from, and the package that gets everything at first."""

    functions: ApiFunctions
    keep: Callable[[str, bytes], None]
    first: str
    # What a function runs that is called without an alias.
    followed: Callable[[], str | None]
    # What lets that function run another package, as if whoever sent the requests on had not come so far.
    hold_back: Callable[[str], None]

    def package(self, **changed: str) -> str:
        """Keep a package that nobody has yet, and name it."""
        body = packaged(changed or {"app.py": f"# {uuid.uuid4()}\n{(API / 'app.py').read_text()}"})
        self.keep(package_key(package_digest(body)), body)
        return package_digest(body)

    def publish(self, package: str) -> str:
        """Make a version of it, and return its number."""
        self.functions.publish(package)
        return self.functions.look().versions[package]


def packaged(changed: dict[str, str]) -> bytes:
    """Return the API's code as a package, some of its files changed."""
    written = io.BytesIO(code_of(API))
    with zipfile.ZipFile(written) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in {**files, **{name: text.encode() for name, text in changed.items()}}.items():
            archive.writestr(name, body)
    return written.getvalue()


def keeping_in(objects: ObjectStore) -> Callable[[str, bytes], None]:
    """Return what keeps a package in a bucket."""
    return lambda key, body: objects.put(key, Sendable(body, "application/zip", "private"))


def in_memory() -> Lambda:
    """Return the twin, with a first version."""
    objects = MemoryObjectStore("bucket")
    functions = MemoryFunctions(objects)
    hold_back = partial(setattr, functions, "followed")
    made = Lambda(functions, keeping_in(objects), "", lambda: functions.followed, hold_back)
    first = made.package()
    made.publish(first)
    made.functions.shift(Traffic(first))
    return replace(made, first=first)


def in_local_cloud(cloud: RunningCloud) -> Lambda:
    """Return the real client before the local cloud's own Lambda."""
    described = find_descriptor("local-dev", Places(None, cloud.folder, lambda _: None))
    account = Account(described.region, LOCAL_ACCESS)
    assert described.api is not None
    functions = account.functions(described.api, described.bucket, described.lambda_endpoint)
    objects = account.objects(described.bucket, described.s3_endpoint)
    first = functions.look().traffic.live
    assert first is not None
    # What was there before the first deploy came from elsewhere; to go back to it, it has to be kept as well.
    keeping_in(objects)(package_key(first), code_of(API))
    asked = boto3.client("lambda", "us-east-1", endpoint_url=described.lambda_endpoint)
    hold_back = holding_back(asked, described.api, described.bucket)
    return Lambda(functions, keeping_in(objects), first, following(asked, described.api), hold_back)


def following(client: LambdaClient, api: Api) -> Callable[[], str]:
    """Return what asks which package the one function runs that has no alias."""
    (name,) = api.followers
    return lambda: digest_of_code(client.get_function_configuration(FunctionName=name)["CodeSha256"])


def holding_back(client: LambdaClient, api: Api, bucket: str) -> Callable[[str], None]:
    """Return what gives the one function that has no alias another package."""
    (name,) = api.followers

    def hold_back(package: str) -> None:
        client.update_function_code(FunctionName=name, S3Bucket=bucket, S3Key=package_key(package))

    return hold_back


@pytest.fixture(scope="module")
def moto_lambda() -> tuple[Lambda, Api]:
    """Make functions in moto, once: that takes a while."""
    with mocked_aws():
        return made_in_moto(f"made-{uuid.uuid4()}")


@contextmanager
def mocked_aws() -> Iterator[None]:
    """Let moto answer for AWS until the block ends."""
    mocked = mock_aws(config={"lambda": {"use_docker": False}})
    # Others keep something in the same moto.
    mocked.start(reset=False)
    try:
        yield
    finally:
        mocked.stop(remove_data=False)


def made_in_moto(name: str) -> tuple[Lambda, Api]:
    """Return the real client before moto, with functions as Terraform makes them, and their names."""
    bucket, names = name, Api(f"{name}-app", f"{name}-work", f"{name}-migrate", "live", (f"{name}-rotate",))
    iam, s3, client = (
        boto3.client("iam", "us-east-1"),
        boto3.client("s3", "us-east-1"),
        boto3.client("lambda", "us-east-1"),
    )
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    s3.create_bucket(Bucket=bucket)

    def keep(key: str, body: bytes) -> None:
        s3.put_object(Bucket=bucket, Key=key, Body=body)

    hold_back = holding_back(client, names, bucket)
    made = Lambda(Account("us-east-1").functions(names, bucket), keep, "", following(client, names), hold_back)
    first = made.package()
    for function in (names.function, names.worker, names.migration, *names.followers):
        client.create_function(
            FunctionName=function,
            Runtime="python3.13",
            Role=role,
            Handler="app.app",
            Publish=True,
            Code={"S3Bucket": bucket, "S3Key": package_key(first)},
        )
    for function in (names.function, names.worker, names.migration):
        client.create_alias(FunctionName=function, Name=names.alias, FunctionVersion="1")
    return replace(made, first=first), names


@pytest.fixture(params=["memory", "moto", LOCAL_CLOUD])
def there(request: pytest.FixtureRequest) -> Iterator[Lambda]:
    """Return each kind of Lambda."""
    if request.param == "memory":
        yield in_memory()
    elif request.param == "moto":
        made, _ = request.getfixturevalue("moto_lambda")
        with mocked_aws():
            yield made
            made.functions.shift(Traffic(made.first))
    else:
        made = in_local_cloud(request.getfixturevalue("api_cloud")[0])
        yield made
        made.functions.shift(Traffic(made.first))


def test_what_is_published_gets_no_requests(there: Lambda) -> None:
    """Its number is higher than all before."""
    before = there.functions.look()
    package = there.package()
    number = there.publish(package)
    after = there.functions.look()

    assert before.traffic == after.traffic == Traffic(there.first)
    assert int(number) > max(int(one) for one in before.versions.values())
    assert after.versions == {**before.versions, package: number}


@STRICT
def test_the_same_package_is_not_made_twice_in_a_row(there: Lambda) -> None:
    """As Lambda documents it; moto makes a version each time."""
    package = there.package()

    assert there.publish(package) == there.publish(package)


def test_traffic_goes_where_it_is_sent(there: Lambda) -> None:
    """Wholly, in a share, and back again."""
    package = there.package()
    there.publish(package)
    seen: list[Traffic] = []
    wanted = [Traffic(there.first, package, 10), Traffic(there.first, package, 55), Traffic(package)]
    for one in [*wanted, Traffic(there.first)]:
        there.functions.shift(one)
        seen.append(there.functions.look().traffic)

    assert seen == [*wanted, Traffic(there.first)]


def test_what_has_no_alias_runs_what_is_live(there: Lambda) -> None:
    """Not what was published, nor what a few are tried with; and it goes back as the requests do."""
    package = there.package()
    seen: list[str | None] = []
    there.publish(package)
    seen.append(there.followed())
    for traffic in (Traffic(there.first, package, 10), Traffic(package), Traffic(there.first)):
        there.functions.shift(traffic)
        seen.append(there.followed())

    assert seen == [there.first, there.first, package, there.first]


def test_what_did_not_follow_is_seen_and_follows_the_next_time(there: Lambda) -> None:
    """Whoever sent the requests there may have been interrupted right after it."""
    there.publish(package := there.package())
    there.functions.shift(Traffic(package))
    seen = [there.functions.look().behind]
    there.hold_back(there.first)
    seen.append(there.functions.look().behind)
    there.functions.shift(Traffic(package))
    seen.append(there.functions.look().behind)

    assert [[name.rpartition("-")[2] for name in names] for names in seen] == [[], ["rotate"], []]
    assert there.followed() == package


def test_a_worker_that_did_not_follow_is_seen(moto_lambda: tuple[Lambda, Api]) -> None:
    """It would do what is due with the code of before, and nobody would know."""
    made, names = moto_lambda
    with mocked_aws():
        made.publish(package := made.package())
        made.functions.shift(Traffic(package))
        boto3.client("lambda", "us-east-1").update_alias(
            FunctionName=names.worker, Name=names.alias, FunctionVersion="1"
        )
        seen = made.functions.look().behind
        made.functions.shift(Traffic(package))

        assert seen == (names.worker,)
        assert made.functions.look().behind == ()
        made.functions.shift(Traffic(made.first))


@STRICT
def test_a_package_that_nobody_keeps_makes_no_version(there: Lambda) -> None:
    """And it is said; moto makes one of nothing."""
    before = there.functions.look()
    with pytest.raises(StoreError):
        there.functions.publish("0" * 32)

    assert there.functions.look() == before


def test_a_package_without_a_version_gets_no_requests(there: Lambda) -> None:
    """Those who had them keep them."""
    before = there.functions.look()
    with pytest.raises(StoreError):
        there.functions.shift(Traffic(there.package()))

    assert there.functions.look() == before


def test_versions_of_a_package_can_be_removed_once_nobody_gets_them(there: Lambda) -> None:
    """Twice is no error; what gets requests stays."""
    package = there.package()
    there.publish(package)
    there.functions.shift(Traffic(there.first, package, 10))
    with pytest.raises(StoreError):
        there.functions.remove(package)
    kept = package in there.functions.look().versions
    there.functions.shift(Traffic(there.first))
    there.functions.remove(package)
    there.functions.remove(package)

    assert kept
    assert package not in there.functions.look().versions


def test_the_newest_version_of_a_package_counts(there: Lambda) -> None:
    """Where another was published in between, there are two."""
    first, second = there.package(), there.package()
    numbers = [there.publish(one) for one in (first, second, first)]

    assert there.functions.look().versions[first] == numbers[-1]


@pytest.mark.integration
def test_a_version_is_migrated_for_and_asked_before_anybody_else_gets_it(
    api_cloud: tuple[RunningCloud, PostgresServer],
) -> None:
    """What does not start, and what cannot be migrated for, fails by itself and is said with its last words."""
    there = in_local_cloud(api_cloud[0])
    good = there.package()
    broken = there.package(**{"app.py": "raise RuntimeError('broken on purpose')"})
    unmigratable = there.package(**{"migrations/0999_bad.sql": "ALTER TABLE nowhere ADD COLUMN x int;"})
    for package in (good, broken, unmigratable):
        there.publish(package)
    migrate(there.functions, good)
    check(there.functions, good)
    with pytest.raises(FailedError, match="broken on purpose"):
        check(there.functions, broken)
    with pytest.raises(FailedError, match=r"0999_bad\.sql"):
        migrate(there.functions, unmigratable)

    assert there.functions.look().traffic == Traffic(there.first)


@pytest.mark.parametrize(
    ("answer", "words"),
    [((503, "away"), "answered with 503: away"), ((200, "<p>"), "no JSON object"), ((200, '{"release": "7"}'), "'7'")],
)
def test_a_check_wants_the_right_answers_of_the_right_version(answer: tuple[int, str], words: str) -> None:
    """A version that answers for another would make every later look at it worthless."""
    there = in_memory()
    package = there.package()
    there.publish(package)
    assert isinstance(there.functions, MemoryFunctions)
    there.functions.answers[package] = answer
    with pytest.raises(FailedError, match=words):
        check(there.functions, package)


@pytest.mark.parametrize(
    ("pointer", "traffic"),
    [
        (Pointer(), Traffic("now")),
        (Pointer(Release("d")), Traffic("now")),
        (Pointer(Release("d", api="a")), Traffic("a")),
        (Pointer(Release("d", api="a"), Canary(Release("e", api="b"), 10)), Traffic("a", "b", 10)),
        (Pointer(Release("d", api="a"), Canary(Release("e", api="b"), 0)), Traffic("a")),
        (Pointer(Release("d", api="a"), Canary(Release("e", api="a"), 10)), Traffic("a")),
        (Pointer(Release("d", api="a"), Canary(Release("e"), 10)), Traffic("a")),
        (Pointer(Release("d"), Canary(Release("e", api="b"), 10)), Traffic("now", "b", 10)),
    ],
)
def test_the_pointer_says_who_gets_the_requests(pointer: Pointer, traffic: Traffic) -> None:
    """Where it says nothing of the API, that stays as it is."""
    there = in_memory()
    there.functions.shift(Traffic(there.first))
    now = there.functions.look()
    wanted = replace(traffic, live=there.first) if traffic.live == "now" else traffic

    assert traffic_for(pointer, now) == wanted


def test_a_package_is_read_or_it_is_said_why_not(tmp_path: Path) -> None:
    """Missing, no zip, or no API: each with what to do."""
    file = tmp_path / "api.zip"
    with pytest.raises(ReleaseError, match="make package"):
        read_package(file)
    file.write_bytes(b"no zip")
    with pytest.raises(ReleaseError, match="it is no zip"):
        read_package(file)
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("app.py", "")
    with pytest.raises(ReleaseError, match=r"it lacks migrate\.py"):
        read_package(file)
    file.write_bytes(packaged({}))

    assert package_digest(read_package(file)) == package_digest(packaged({}))


def test_a_package_has_one_name_here_and_in_lambda(moto_lambda: tuple[Lambda, Api]) -> None:
    """Lambda writes the same hash in another way."""
    made, names = moto_lambda
    with mocked_aws():
        client = boto3.client("lambda", "us-east-1")
        found = client.get_function_configuration(FunctionName=names.function, Qualifier="1")

    assert digest_of_code(found["CodeSha256"]) == made.first
