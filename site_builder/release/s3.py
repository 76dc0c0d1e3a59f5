"""S3 behind the port of `stores`: requests signed directly, over connections that are kept.

This module owns everything that can go wrong with a request: it is tried again when nothing came back or the server
was not well, after a pause that grows and is never the same for two; when S3 says to slow down, all threads do; a clock
that is off is set by the server's; credentials that have run out are asked for once more.
"""

from __future__ import annotations

import base64
import hashlib
import random
import threading
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import unquote_plus
from xml.sax.saxutils import escape

from site_builder.release.connections import Answer, Connections, NoAnswerError
from site_builder.release.signing import EMPTY, Credentials, Unsigned, encode_path, query_string, sign
from site_builder.release.stores import (
    AlreadyThereError,
    Found,
    Headers,
    NothingThereError,
    Sendable,
    Source,
    StoredObject,
    StoreError,
)

TRIES = 8
SHORTEST_PAUSE, LONGEST_PAUSE = 0.1, 10.0
AGAIN = {429, 500, 502, 503, 504}
SLOW_DOWN = {"SlowDown", "ServiceUnavailable", "Throttling", "RequestLimitExceeded"}
RAN_OUT = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
# What is larger is sent in parts, each of which can be tried again by itself.
LARGEST_AT_ONCE = 64 * 1024 * 1024
PART = 32 * 1024 * 1024
TOLD = "x-amz-meta-"

Sleep = Callable[[float], None]


class S3Client:
    """Sends signed requests to one bucket until they are answered, or it is clear that they will not be."""

    def __init__(
        self,
        address: str,
        region: str,
        credentials: Callable[[], Credentials],
        *,
        prefix: str = "",
        sleep: Sleep = time.sleep,
        seconds: float = 30,
    ) -> None:
        self._connections = Connections(address, seconds)
        self._region = region
        self._credentials = credentials
        self._prefix = prefix
        self._sleep = sleep
        self._skew = 0.0
        self._wait_until = 0.0
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let the connections go."""
        self._connections.close()

    def ask(
        self,
        method: str,
        key: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | memoryview = b"",
        sha256: str = EMPTY,
    ) -> Answer:
        """Send a request, again and again if need be; return the last answer, whatever its status."""
        path = f"{self._prefix}/{encode_path(key)}"
        answer, evidence = None, ""
        for attempt in range(TRIES):
            if attempt:
                self._sleep(random.uniform(0, min(LONGEST_PAUSE, SHORTEST_PAUSE * 2**attempt)))  # noqa: S311 - no secret
            self._wait_while_slowed()
            asked = Unsigned(method, self._connections.host, path, query or {}, headers or {}, sha256)
            signed = sign(asked, self._credentials(), self._region, time.time() + self._skew)
            target = f"{path}?{query_string(query)}" if query else path
            try:
                answer = self._connections.ask(method, target, signed, body)
            except NoAnswerError as error:
                evidence = str(error)
                continue
            if not self._is_worth_another_try(answer):
                return answer
        if answer is None:
            raise StoreError(f"{method} {key}", evidence)
        return answer

    def _is_worth_another_try(self, answer: Answer) -> bool:
        code = error_code(answer) if answer.status >= 300 else ""  # noqa: PLR2004 - where HTTP's refusals begin
        if code in SLOW_DOWN:
            with self._lock:
                pause = random.uniform(0.5, 1.0)  # noqa: S311 - no secret
                self._wait_until = max(self._wait_until, time.monotonic() + pause)
        if code == "RequestTimeTooSkewed":
            with self._lock:
                self._skew = _server_time(answer) - time.time()
        return answer.status in AGAIN or code in RAN_OUT or code in {"RequestTimeTooSkewed", "RequestTimeout"}

    def _wait_while_slowed(self) -> None:
        pause = self._wait_until - time.monotonic()
        if pause > 0:
            self._sleep(pause)


class S3ObjectStore:
    """Keeps objects in a bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    @property
    def bucket(self) -> str:
        """Name the bucket, as a copy from it does."""
        return self._bucket

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def get(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is none."""
        answer = self._client.ask("GET", key)
        if _is_missing(answer):
            return None
        _refuse_failure(answer, f"reading {key}")
        headers = answer.headers
        metadata = {name.removeprefix(TOLD): value for name, value in headers.items() if name.startswith(TOLD)}
        return StoredObject(answer.body, headers.get("content-type", ""), headers.get("cache-control", ""), metadata)

    def head(self, key: str) -> Found | None:
        """Return what is known of the object, or None where there is none."""
        answer = self._client.ask("HEAD", key, headers={"x-amz-checksum-mode": "ENABLED"})
        if answer.status == 404:  # noqa: PLR2004 - a HEAD has no body that would say more
            return None
        _refuse_failure(answer, f"asking for {key}")
        modified = parsedate_to_datetime(answer.headers["last-modified"]).timestamp()
        told = answer.headers.get("x-amz-checksum-sha256", "")
        # What was sent in parts has a hash of their hashes, which says nothing here.
        sha256 = base64.b64decode(told).hex() if told and "-" not in told else None
        return Found(int(answer.headers["content-length"]), modified, sha256)

    def listed(self, prefix: str) -> Mapping[str, Found]:
        """Return every key that begins so."""
        return dict(self._listed(prefix))

    def _listed(self, prefix: str) -> Iterator[tuple[str, Found]]:
        token = ""
        while True:
            # Encoded, because XML cannot hold every character that a key can.
            query = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
            answer = self._client.ask("GET", "", query={**query, **({"continuation-token": token} if token else {})})
            _refuse_failure(answer, f"listing {prefix}")
            page = _read_xml(answer, f"listing {prefix}")
            for one in page.iterfind("{*}Contents"):
                modified = datetime.fromisoformat(_text(one, "LastModified"))
                found = Found(int(_text(one, "Size")), modified.astimezone(UTC).timestamp())
                yield unquote_plus(_text(one, "Key")), found
            token = _text(page, "NextContinuationToken")
            if not token:
                return

    def put(self, key: str, stored: Sendable, *, only_if_absent: bool = False) -> None:
        """Keep the object; raise AlreadyThereError if it must be absent and is not."""
        if len(stored.body) > LARGEST_AT_ONCE:
            self._put_in_parts(key, stored)
            return
        sha256 = stored.sha256
        headers = _headers(Headers(stored.content_type, stored.cache_control, stored.metadata))
        # The hash that signs the body is the checksum that S3 compares and keeps as well.
        headers["x-amz-checksum-sha256"] = base64.b64encode(bytes.fromhex(sha256)).decode()
        headers["x-amz-sdk-checksum-algorithm"] = "SHA256"
        if only_if_absent:
            headers["if-none-match"] = "*"
        answer = self._client.ask("PUT", key, headers=headers, body=bytes(stored.body), sha256=sha256)
        # 412: it was there before; 409: another write of it is under way at this moment.
        if only_if_absent and answer.status in (409, 412):
            raise AlreadyThereError(key)
        _refuse_failure(answer, f"writing {key}")

    def copy(self, source: Source, key: str, headers: Headers) -> None:
        """Make an object of the source's bytes with these headers; raise NothingThereError if there is no source."""
        said = _headers(headers)
        said["x-amz-copy-source"] = encode_path(f"{source.bucket or self._bucket}/{source.key}")
        # New metadata means that S3 drops the old headers too, so all are said again.
        said["x-amz-metadata-directive"] = "REPLACE"
        said["x-amz-checksum-algorithm"] = "SHA256"
        answer = self._client.ask("PUT", key, headers=said)
        if _is_missing(answer):
            raise NothingThereError(source.key)
        _refuse_failure(answer, f"copying {source.key}")
        _refuse_late_failure(answer, f"copying {source.key}")

    def delete(self, keys: Collection[str]) -> None:
        """Remove the objects, at most a thousand; those that are not there are no error."""
        if not keys:
            return
        listed = "".join(f"<Object><Key>{escape(key)}</Key></Object>" for key in keys)
        body = f"<Delete><Quiet>true</Quiet>{listed}</Delete>".encode()
        sha256 = hashlib.sha256(body)
        checksum = base64.b64encode(sha256.digest()).decode()
        headers = {"x-amz-checksum-sha256": checksum, "content-type": "application/xml"}
        answer = self._client.ask(
            "POST", "", query={"delete": ""}, headers=headers, body=body, sha256=sha256.hexdigest()
        )
        _refuse_failure(answer, "deleting")
        for refused in _read_xml(answer, "deleting").iterfind("{*}Error"):
            raise StoreError(f"deleting {_text(refused, 'Key')}", _text(refused, "Message"))

    def _put_in_parts(self, key: str, stored: Sendable) -> None:
        """Send a huge object piece by piece; what was begun and cannot be finished is taken back."""
        headers = _headers(Headers(stored.content_type, stored.cache_control, stored.metadata))
        begun = self._client.ask(
            "POST", key, query={"uploads": ""}, headers={**headers, "x-amz-checksum-algorithm": "SHA256"}
        )
        _refuse_failure(begun, f"beginning {key}")
        upload = _text(_read_xml(begun, f"beginning {key}"), "UploadId")
        try:
            parts = list(self._parts(key, upload, memoryview(stored.body)))
            body = f"<CompleteMultipartUpload>{''.join(parts)}</CompleteMultipartUpload>".encode()
            sha256 = hashlib.sha256(body).hexdigest()
            done = self._client.ask("POST", key, query={"uploadId": upload}, body=body, sha256=sha256)
            _refuse_failure(done, f"finishing {key}")
            _refuse_late_failure(done, f"finishing {key}")
        except BaseException:
            self._client.ask("DELETE", key, query={"uploadId": upload})
            raise

    def _parts(self, key: str, upload: str, body: memoryview) -> Iterator[str]:
        for number, start in enumerate(range(0, len(body), PART), start=1):
            piece = body[start : start + PART]
            sha256 = hashlib.sha256(piece)
            checksum = base64.b64encode(sha256.digest()).decode()
            answer = self._client.ask(
                "PUT",
                key,
                query={"partNumber": str(number), "uploadId": upload},
                headers={"x-amz-checksum-sha256": checksum},
                body=piece,
                sha256=sha256.hexdigest(),
            )
            _refuse_failure(answer, f"writing part {number} of {key}")
            etag = escape(answer.headers["etag"])
            yield (
                f"<Part><ChecksumSHA256>{checksum}</ChecksumSHA256><ETag>{etag}</ETag>"
                f"<PartNumber>{number}</PartNumber></Part>"
            )


def error_code(answer: Answer) -> str:
    """Return S3's own word for what went wrong, or nothing."""
    try:
        return ET.fromstring(answer.body).findtext("{*}Code", "") if answer.body else ""  # noqa: S314 - S3's
    except ET.ParseError:
        return ""


def _headers(headers: Headers) -> dict[str, str]:
    told = {f"{TOLD}{name}": value for name, value in headers.metadata.items()}
    return {"content-type": headers.content_type, "cache-control": headers.cache_control, **told}


def _is_missing(answer: Answer) -> bool:
    return answer.status == 404 and error_code(answer) == "NoSuchKey"  # noqa: PLR2004 - a bucket may be missing too


def _refuse_failure(answer: Answer, doing: str) -> None:
    if answer.status < 300:  # noqa: PLR2004 - where HTTP's refusals begin
        return
    try:
        said = ET.fromstring(answer.body).findtext("{*}Message", "")  # noqa: S314 - S3's own answer
    except ET.ParseError:
        said = ""
    raise StoreError(doing, f"{answer.status} {error_code(answer)} {said}".strip())


def _refuse_late_failure(answer: Answer, doing: str) -> None:
    """Look into a success: what takes S3 long is answered with 200 first, and may still fail."""
    page = _read_xml(answer, doing)
    if page.tag.endswith("Error"):
        raise StoreError(doing, f"{_text(page, 'Code')} {_text(page, 'Message')}")


def _read_xml(answer: Answer, doing: str) -> ET.Element:
    try:
        return ET.fromstring(answer.body)  # noqa: S314 - S3's own answer over a connection that was checked
    except ET.ParseError as error:
        raise StoreError(doing, f"the answer is no XML: {answer.body[:80]!r}") from error


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}", "")


def _server_time(answer: Answer) -> float:
    return parsedate_to_datetime(answer.headers["date"]).timestamp()
