"""One suite for every store: the twins in memory keep the promises that the real ones keep."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config

from site_builder.errors import ReleaseError
from site_builder.release.aws import KeyValueStorePointer, local_bucket
from site_builder.release.memory import MemoryObjectStore, MemoryPointerStore
from site_builder.release.stores import (
    AlreadyThereError,
    ObjectStore,
    PointerMovedError,
    PointerStore,
    StoredObject,
)

PAGE = StoredObject(b"<h1>Page</h1>", "text/html; charset=utf-8", "public, max-age=0", {"release": "a1"})
ARN = "arn:aws:cloudfront::123456789012:key-value-store/11111111-2222-3333-4444-555555555555"


class FakeKeyValueStore:
    """Answers the KeyValueStore client's requests inside the process, as the service documents it.

    The client is the real one: it builds, signs (SigV4A) and parses. What cannot be had here is the service.
    """

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.version = 0

    def answer(self, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        """Answer one request."""
        assert b"AWS4-ECDSA-P256-SHA256" in _bytes(request.headers["Authorization"])
        status, body, etag = self._route(request)
        headers = HTTPHeaders.from_dict({"Content-Type": "application/json", **({"ETag": etag} if etag else {})})
        if status >= 400:
            headers["x-amzn-ErrorType"] = body["type"]
        return AWSResponse(request.url, status, headers, _Raw(json.dumps(body).encode()))

    def _route(self, request: AWSPreparedRequest) -> tuple[int, dict[str, Any], str | None]:
        key = request.url.partition("/keys/")[2]
        if request.method == "PUT":
            if _text(request.headers["If-Match"]) != str(self.version):
                return 409, {"type": "ConflictException", "Message": "stale"}, None
            self.values[key] = json.loads(_bytes(request.body))["Value"]
            self.version += 1
            return 200, {"ItemCount": 1, "TotalSizeInBytes": 1}, str(self.version)
        if request.method == "POST":
            return self._update(_text(request.headers["If-Match"]), json.loads(_bytes(request.body)))
        if not key:
            facts = {"ItemCount": 0, "TotalSizeInBytes": 0, "KvsARN": ARN, "Created": 0}
            return 200, facts, str(self.version)
        if key not in self.values:
            return 404, {"type": "ResourceNotFoundException", "Message": "no such key"}, None
        return 200, {"Key": key, "Value": self.values[key], "ItemCount": 1, "TotalSizeInBytes": 1}, None

    def _update(self, seen: str, asked: dict[str, Any]) -> tuple[int, dict[str, Any], str | None]:
        if seen != str(self.version):
            return 409, {"type": "ConflictException", "Message": "stale"}, None
        if len(asked["Puts"]) > 50:
            return 400, {"type": "ValidationException", "Message": "too many keys"}, None
        self.values.update({put["Key"]: put["Value"] for put in asked["Puts"]})
        self.version += 1
        return 200, {"ItemCount": 1, "TotalSizeInBytes": 1}, str(self.version)


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._body


def _bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode()


def _text(value: object) -> str:
    return _bytes(value).decode()


def key_value_store(service: FakeKeyValueStore) -> PointerStore:
    """Return the real client with the service's answers made here."""
    client = boto3.client("cloudfront-keyvaluestore", config=Config(retries={"mode": "standard"}))
    client.meta.events.register("before-send.cloudfront-keyvaluestore.*", service.answer)  # type: ignore[arg-type]
    return KeyValueStorePointer(client, ARN)


@pytest.fixture(params=["memory", "s3"])
def objects(request: pytest.FixtureRequest) -> ObjectStore:
    """Return each kind of object store, empty."""
    if request.param == "memory":
        return MemoryObjectStore()
    return local_bucket(f"bucket-{uuid.uuid4()}", request.getfixturevalue("aws_endpoint"))


Kept = Callable[[], Mapping[str, str]]


@pytest.fixture(params=["memory", "key-value-store"])
def pointer_and_kept(request: pytest.FixtureRequest) -> tuple[PointerStore, Kept]:
    """Return each kind of pointer store, pointing nowhere, and a way to see what the edge function sees."""
    if request.param == "memory":
        memory = MemoryPointerStore()
        return memory, memory.values
    service = FakeKeyValueStore()
    return key_value_store(service), lambda: service.values


@pytest.fixture
def pointer(pointer_and_kept: tuple[PointerStore, Kept]) -> PointerStore:
    """Return each kind of pointer store, pointing nowhere."""
    return pointer_and_kept[0]


def test_an_object_comes_back_as_it_was_put(objects: ObjectStore) -> None:
    """Bytes, headers and metadata are kept alike."""
    objects.put("releases/a1/index.html", PAGE)

    assert objects.get("releases/a1/index.html") == PAGE


def test_what_was_never_put_is_not_there(objects: ObjectStore) -> None:
    """Absence is an answer, not an error."""
    assert objects.get("nothing") is None


def test_an_object_that_must_be_absent_is_not_overwritten(objects: ObjectStore) -> None:
    """The condition holds, and the first writer's object stays."""
    objects.put("manifests/a1.json", PAGE, only_if_absent=True)
    other = StoredObject(b"other", "text/plain", "no-store")

    with pytest.raises(AlreadyThereError):
        objects.put("manifests/a1.json", other, only_if_absent=True)

    assert objects.get("manifests/a1.json") == PAGE


def test_a_copy_has_the_bytes_and_headers_and_its_own_metadata(objects: ObjectStore) -> None:
    """A copied page differs from its source in the release it names."""
    objects.put("releases/a1/index.html", PAGE)
    objects.copy("releases/a1/index.html", "releases/b2/index.html", {"release": "b2"})

    assert objects.get("releases/b2/index.html") == StoredObject(
        PAGE.body, PAGE.content_type, PAGE.cache_control, {"release": "b2"}
    )


def test_what_is_not_there_cannot_be_copied(objects: ObjectStore) -> None:
    """A missing source is said, not skipped."""
    with pytest.raises(ReleaseError):
        objects.copy("nothing", "something", {})


def test_keys_are_listed_by_prefix(objects: ObjectStore) -> None:
    """A prefix lists its own, and nothing else."""
    for key in ("assets/a.css", "assets/b c.css", "releases/a1/index.html"):
        objects.put(key, PAGE)

    assert objects.keys("assets/") == {"assets/a.css", "assets/b c.css"}


def test_a_new_pointer_points_nowhere(pointer: PointerStore) -> None:
    """Before the first release nothing is live."""
    assert pointer.read().live is None


def test_a_moved_pointer_says_what_is_live(pointer: PointerStore) -> None:
    """Moving is one write, and reading sees it."""
    pointer.move(pointer.read(), "a1")

    assert pointer.read().live == "a1"


def test_a_stale_move_is_refused(pointer: PointerStore) -> None:
    """Of two who saw the same, one moves."""
    seen = pointer.read()
    pointer.move(seen, "a1")

    with pytest.raises(PointerMovedError):
        pointer.move(seen, "b2")

    assert pointer.read().live == "a1"


def test_an_unreachable_store_is_an_error_that_a_person_can_read(aws_endpoint: str) -> None:
    """The evidence of the network's failure reaches the person, without a traceback."""
    store = local_bucket(f"bucket-{uuid.uuid4()}", aws_endpoint)
    store._bucket = "no-such-bucket"  # noqa: SLF001 - as if somebody had removed it

    with pytest.raises(ReleaseError, match="Nothing that is live has changed"):
        store.put("a", PAGE)


MANY = [(f"/old/{number}/", '{"to":"/new/","status":308}') for number in range(120)]


def test_a_release_comes_with_its_redirects(pointer_and_kept: tuple[PointerStore, Kept]) -> None:
    """However many there are, each is where the edge function looks for it."""
    pointer, kept = pointer_and_kept
    pointer.move(pointer.read(), "a1", MANY)

    assert pointer.read().live == "a1"
    assert [kept()[f"r:a1:{path}"] for path, _ in MANY] == [answer for _, answer in MANY]


def test_redirects_do_not_excuse_a_stale_move(pointer: PointerStore) -> None:
    """Whoever moved the pointer meanwhile has moved it."""
    seen = pointer.read()
    pointer.move(seen, "a1")

    with pytest.raises(PointerMovedError):
        pointer.move(seen, "b2", MANY)

    assert pointer.read().live == "a1"
