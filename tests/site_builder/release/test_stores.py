"""One suite for every store: the twins in memory keep the promises that the real ones keep."""

from __future__ import annotations

import hashlib
import mmap
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from site_builder.preview.cloud import LocalEnvironment, serving_key_values
from site_builder.release import s3
from site_builder.release.aws import LOCAL_ACCESS, Account, make_bucket
from site_builder.release.memory import MemoryKeyValues, MemoryObjectStore
from site_builder.release.s3 import S3ObjectStore
from site_builder.release.stores import (
    AlreadyThereError,
    ConflictError,
    Headers,
    KeyValues,
    NothingThereError,
    ObjectStore,
    Sendable,
    Source,
    StoredObject,
    StoreError,
)

PAGE = StoredObject(b"<h1>Page</h1>", "text/html; charset=utf-8", "public, max-age=0", {"release": "a1"})
# What people call their files, and what is special in an address, in XML or in a query.
NAMES = (
    "assets/a.css",
    "assets/b c.css",
    "assets/ü+%&<>'\".css",
    "assets/日本.css",
    "assets/a//b.css",
    "assets/=?#.css",
)


@pytest.fixture(params=["memory", "s3"])
def two(request: pytest.FixtureRequest) -> Iterator[tuple[ObjectStore, ObjectStore]]:
    """Return two buckets of each kind of object store, empty."""
    names = [f"bucket-{uuid.uuid4()}" for _ in range(2)]
    if request.param == "memory":
        buckets: dict[str, dict[str, tuple[StoredObject, float]]] = {}
        yield MemoryObjectStore(names[0], buckets, time.time), MemoryObjectStore(names[1], buckets, time.time)
        return
    endpoint = request.getfixturevalue("aws_endpoint")
    for name in names:
        make_bucket(name, endpoint)
    opened = [Account("us-east-1", LOCAL_ACCESS).objects(name, endpoint) for name in names]
    yield opened[0], opened[1]
    for one in opened:
        one.close()


@pytest.fixture
def objects(two: tuple[ObjectStore, ObjectStore]) -> ObjectStore:
    """Return each kind of object store, empty."""
    return two[0]


@pytest.fixture(params=["memory", "key-value-store"])
def values(request: pytest.FixtureRequest) -> Iterator[KeyValues]:
    """Return each kind of key-value store, empty: the twin, and the real client with the service's answers made here.

    That client builds, signs (SigV4A) and parses as it does with AWS. What cannot be had here is the service.
    """
    twin = MemoryKeyValues()
    if request.param == "memory":
        yield twin
        return
    arn = "arn:aws:cloudfront::123456789012:key-value-store/one"
    with serving_key_values([LocalEnvironment("one", twin, [])]) as address:
        yield Account("us-east-1", LOCAL_ACCESS).key_values(arn, address)


def test_an_object_comes_back_as_it_was_put(objects: ObjectStore) -> None:
    """Bytes, headers and metadata are kept alike."""
    objects.put("releases/a1/index.html", PAGE)

    assert objects.get("releases/a1/index.html") == PAGE


def test_what_was_never_put_is_not_there(objects: ObjectStore) -> None:
    """Absence is an answer, not an error."""
    assert objects.get("nothing") is None
    assert objects.head("nothing") is None


@pytest.mark.parametrize("body", [b"", b"x", bytes(range(256)) * 100])
def test_the_store_knows_size_hash_and_time(objects: ObjectStore, body: bytes) -> None:
    """What verification compares without fetching; an empty file is a file."""
    objects.put("a", StoredObject(body, "text/plain", ""))
    found = objects.head("a")

    assert found is not None
    assert (found.size, found.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    assert abs(found.modified - time.time()) < 60


def test_an_object_that_must_be_absent_is_not_overwritten(objects: ObjectStore) -> None:
    """The condition holds, and the first writer's object stays."""
    objects.put("manifests/a1.json", PAGE, only_if_absent=True)
    other = StoredObject(b"other", "text/plain", "no-store")

    with pytest.raises(AlreadyThereError):
        objects.put("manifests/a1.json", other, only_if_absent=True)

    assert objects.get("manifests/a1.json") == PAGE


def test_a_copy_has_the_bytes_and_its_own_headers(objects: ObjectStore) -> None:
    """A copied page differs from its source in the release it names; its hash is known as that of an upload."""
    objects.put("releases/a1/index.html", PAGE)
    headers = Headers("text/plain", "no-store", {"release": "b2"})
    objects.copy(Source("releases/a1/index.html"), "releases/b2/index.html", headers)
    found = objects.head("releases/b2/index.html")

    assert objects.get("releases/b2/index.html") == StoredObject(PAGE.body, "text/plain", "no-store", {"release": "b2"})
    assert found is not None
    assert found.sha256 == PAGE.sha256


def test_a_copy_may_come_from_another_bucket(two: tuple[ObjectStore, ObjectStore]) -> None:
    """That is how a release is promoted."""
    source, target = two
    for name in NAMES:
        source.put(name, PAGE)
        target.copy(Source(name, source.bucket), name, Headers(PAGE.content_type, PAGE.cache_control, PAGE.metadata))

    assert [target.get(name) for name in NAMES] == [PAGE] * len(NAMES)


def test_what_is_not_there_cannot_be_copied(objects: ObjectStore) -> None:
    """A missing source is said, not skipped."""
    with pytest.raises(NothingThereError):
        objects.copy(Source("nothing"), "something", Headers("text/plain", ""))


def test_keys_are_listed_by_prefix_as_they_were_written(objects: ObjectStore) -> None:
    """A prefix lists its own, and nothing else, whatever the letters."""
    for key in (*NAMES, "releases/a1/index.html"):
        objects.put(key, PAGE)
    listed = objects.listed("assets/")

    assert set(listed) == set(NAMES)
    assert {found.size for found in listed.values()} == {len(PAGE.body)}


def test_what_is_deleted_is_not_there_and_what_was_not_there_is_no_error(objects: ObjectStore) -> None:
    """A prune that died is run again."""
    for key in NAMES:
        objects.put(key, PAGE)
    objects.put("kept", PAGE)
    objects.delete([*NAMES, "never-was"])
    objects.delete([])

    assert set(objects.listed("")) == {"kept"}


def test_more_than_a_thousand_are_listed(objects: ObjectStore) -> None:
    """A list comes in pages, and all of them are read."""
    for number in range(1003):
        objects.put(f"many/{number}", StoredObject(b"", "text/plain", ""))

    assert len(objects.listed("many/")) == 1003


def test_a_huge_file_is_sent_in_parts(objects: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is mapped and not read, and comes back as it was; here half a part more than two."""
    monkeypatch.setattr(s3, "LARGEST_AT_ONCE", 5 * 1024 * 1024)
    monkeypatch.setattr(s3, "PART", 5 * 1024 * 1024)
    file = tmp_path / "film.mp4"
    file.write_bytes(bytes(range(256)) * 51200)
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as body:
        objects.put("film.mp4", Sendable(body, "video/mp4", "public, max-age=0", {"release": "a1"}))
    found = objects.get("film.mp4")

    assert found == StoredObject(file.read_bytes(), "video/mp4", "public, max-age=0", {"release": "a1"})


def test_a_bucket_that_is_not_there_is_an_error_that_a_person_can_read(aws_endpoint: str) -> None:
    """The store's own words, and what to do; it is never taken for an object that is not there."""
    store = Account("us-east-1", LOCAL_ACCESS).objects(f"bucket-{uuid.uuid4()}", aws_endpoint)

    with pytest.raises(StoreError, match=r"404 NoSuchBucket .*\n.*run the command again"):
        store.put("a", PAGE)
    with pytest.raises(StoreError, match="NoSuchBucket"):
        store.get("a")
    store.close()


def test_an_address_where_nobody_answers_is_an_error_that_a_person_can_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """After some tries, with the network's own words."""
    monkeypatch.setattr(s3, "TRIES", 2)
    store = Account("us-east-1", LOCAL_ACCESS).objects("bucket", "http://127.0.0.1:1")

    with pytest.raises(StoreError, match="refused"):
        store.get("a")


def test_a_value_comes_back_as_it_was_put(values: KeyValues) -> None:
    """With any letters; and what was never put is not there."""
    values.update(values.version().etag, {"r:a1:/ü/%2F?": '{"to":"/日本/"}'})

    assert values.get("r:a1:/ü/%2F?") == '{"to":"/日本/"}'
    assert values.get("live") is None


def test_only_who_has_seen_the_last_change_may_change(values: KeyValues) -> None:
    """Of two who saw the same, one writes."""
    seen = values.version().etag
    values.update(seen, {"live": "a1"})

    with pytest.raises(ConflictError):
        values.update(seen, {"live": "b2"})

    assert values.get("live") == "a1"


def test_a_change_gives_the_version_that_the_next_must_name(values: KeyValues) -> None:
    """So that several changes in a row are one."""
    etag = values.update(values.version().etag, {"a": "1"})
    etag = values.update(etag, {"b": "2"}, ["a"])

    assert etag == values.version().etag
    assert values.items() == {"b": "2"}


def test_all_keys_are_listed_however_many(values: KeyValues) -> None:
    """In pages of fifty."""
    expected = {f"r:a1:/{number}/": "x" for number in range(120)}
    etag = values.version().etag
    for first in range(0, 120, 50):
        etag = values.update(etag, dict(list(expected.items())[first : first + 50]))

    assert values.items() == expected
    assert values.version().size == sum(len(key) + 1 for key in expected)


@pytest.mark.parametrize(
    "puts", [{f"{number}": "x" for number in range(51)}, {"k" * 513: "x"}, {"k": "x" * 1025}, {"k": "ü" * 513}]
)
def test_what_is_over_the_service_s_limits_is_refused(values: KeyValues, puts: dict[str, str]) -> None:
    """Fifty keys a call, 512 bytes a key, 1,024 a value."""
    with pytest.raises(StoreError):
        values.update(values.version().etag, puts)

    assert values.items() == {}


def test_of_many_at_once_one_wins(values: KeyValues) -> None:
    """The comparison and the change are one."""
    seen = values.version().etag
    outcomes: list[str] = []

    def write(number: int) -> None:
        try:
            values.update(seen, {"live": str(number)})
            outcomes.append("won")
        except ConflictError:
            outcomes.append("lost")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["lost"] * 7 + ["won"]


def test_a_client_without_answers_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key-value store's words reach the person as the bucket's do."""
    monkeypatch.setattr("site_builder.release.aws.RETRIES", None)
    values = Account("us-east-1", LOCAL_ACCESS).key_values(
        "arn:aws:cloudfront::123456789012:key-value-store/one", "http://127.0.0.1:1"
    )

    with pytest.raises(StoreError, match="reading the key live"):
        values.get("live")
    for ask in (values.version, values.items, lambda: values.update("v0", {"a": "b"})):
        with pytest.raises(StoreError):
            ask()


def test_the_store_is_closed_with_its_connections(aws_endpoint: str) -> None:
    """A command leaves nothing open behind it."""
    bucket = f"bucket-{uuid.uuid4()}"
    make_bucket(bucket, aws_endpoint)
    store = Account("us-east-1", LOCAL_ACCESS).objects(bucket, aws_endpoint)
    store.put("a", PAGE)
    store.close()

    assert isinstance(store, S3ObjectStore)
    assert store.get("a") == PAGE
    store.close()
