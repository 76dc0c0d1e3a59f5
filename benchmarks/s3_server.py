"""A small fast S3 for benchmarks: it keeps everything in memory, answers after a set latency, and counts.

One process, one thread, no framework: it must never be what a client waits for. It answers the KeyValueStore's client
as well. `GET /__counts` gives the counts since the last time and begins anew; `POST /__latency/<ms>` sets the latency.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sys
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import formatdate
from typing import cast
from urllib.parse import parse_qsl, quote, unquote
from xml.sax.saxutils import escape

from site_builder.preview.cloud import Asked, LocalEnvironment, answer_key_values
from site_builder.release.memory import MemoryKeyValues

NOW = formatdate(usegmt=True)
HTTP = {200: "OK", 204: "No Content", 304: "Not Modified", 404: "Not Found", 409: "Conflict", 412: "Failed"}


class Store:
    """Every object, in the order of its keys."""

    def __init__(self) -> None:
        self.objects: dict[str, tuple[bytes, dict[str, str]]] = {}
        self.order: list[str] = []
        self.counts: Counter[str] = Counter()
        self.latency = 0.0
        self.values = LocalEnvironment("bench", MemoryKeyValues(), [])

    def put(self, key: str, body: bytes, headers: dict[str, str]) -> None:
        """Keep an object."""
        if key not in self.objects:
            insort(self.order, key)
        self.objects[key] = (body, {**headers, "modified": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")})

    def remove(self, key: str) -> None:
        """Forget an object."""
        if key in self.objects:
            del self.objects[key]
            self.order.pop(bisect_left(self.order, key))


STORE = Store()


class Connection(asyncio.Protocol):
    """One client's connection: requests are read one after the other and answered in their order."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection."""
        self.transport = cast("asyncio.Transport", transport)
        self.buffer = bytearray()

    def data_received(self, data: bytes) -> None:
        """Answer every request that is whole."""
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            lines = bytes(self.buffer[:end]).decode("latin-1").split("\r\n")
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
            length = int(headers.get("content-length") or 0)
            if headers.get("expect") == "100-continue" and len(self.buffer) < end + 4 + length:
                headers.pop("expect")
                self.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                self.buffer[:end] = self.buffer[:end].replace(b"100-continue", b"sent-already")
                return
            if len(self.buffer) < end + 4 + length:
                return
            body = bytes(self.buffer[end + 4 : end + 4 + length])
            del self.buffer[: end + 4 + length]
            method, target, _ = lines[0].split(" ", 2)
            self.answer(method, target, headers, body)

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> None:
        """Answer after the latency."""
        if target.startswith("/__"):
            self.send(control(method, target))
            return
        said = respond(method, target, headers, body)
        if STORE.latency:
            asyncio.get_running_loop().call_later(STORE.latency, self.send, said)
        else:
            self.send(said)

    def send(self, said: bytes) -> None:
        """Write an answer."""
        if not self.transport.is_closing():
            self.transport.write(said)


def control(method: str, target: str) -> bytes:
    """Obey the benchmark."""
    if method == "POST":
        STORE.latency = int(target.rpartition("/")[2]) / 1000
    counts = dict(STORE.counts)
    STORE.counts.clear()
    return written(200, json.dumps(counts).encode(), {})


def written(status: int, body: bytes, headers: Mapping[str, str], *, head: bool = False) -> bytes:
    """Write an answer as it goes over the wire."""
    lines = [f"HTTP/1.1 {status} {HTTP.get(status, 'Other')}", f"date: {NOW}", "x-amz-request-id: 1"]
    lines += [f"{name}: {value}" for name, value in {"content-length": str(len(body)), **headers}.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + (b"" if head else body)


def respond(method: str, target: str, headers: dict[str, str], body: bytes) -> bytes:
    """Answer as S3 does, or as the KeyValueStore."""
    path, _, query_text = target.partition("?")
    query = dict(parse_qsl(query_text, keep_blank_values=True))
    if path.startswith("/key-value-stores/"):
        STORE.counts["KeyValueStore"] += 1
        return key_values(method, path, query, headers, body)
    bucket, _, key = unquote(path.lstrip("/")).partition("/")
    STORE.counts["requests"] += 1
    if not key:
        return of_bucket(method, bucket, query, body)
    key = f"{bucket}/{key}"
    if method == "PUT":
        return put(key, headers, body)
    if method == "DELETE":
        STORE.remove(key)
        return written(204, b"", {})
    STORE.counts[method] += 1
    found = STORE.objects.get(key)
    if found is None:
        return written(404, b"<Error><Code>NoSuchKey</Code><Message>no</Message></Error>", {}, head=method == "HEAD")
    return written(200, found[0], {**found[1], "last-modified": NOW}, head=method == "HEAD")


def put(key: str, headers: dict[str, str], body: bytes) -> bytes:
    """Keep or copy an object."""
    kept = {
        name: value for name, value in headers.items() if name.startswith(("x-amz-meta-", "content-type", "cache-"))
    }
    if "x-amz-copy-source" in headers:
        STORE.counts["copies"] += 1
        source = unquote(headers["x-amz-copy-source"]).lstrip("/")
        if source not in STORE.objects:
            return written(404, b"<Error><Code>NoSuchKey</Code></Error>", {})
        body, before = STORE.objects[source]
        checksum = before.get("x-amz-checksum-sha256", "")
        etag = before["etag"]
        STORE.put(key, body, {**kept, "etag": etag, "x-amz-checksum-sha256": checksum})
        return written(200, f"<CopyObjectResult><ETag>{escape(etag)}</ETag></CopyObjectResult>".encode(), {})
    if headers.get("if-none-match") == "*" and key in STORE.objects:
        return written(412, b"<Error><Code>PreconditionFailed</Code></Error>", {})
    if headers.get("content-encoding") == "aws-chunked" or "x-amz-decoded-content-length" in headers:
        body = unchunked(body)
    STORE.counts["PUT"] += 1
    STORE.counts["bytes"] += len(body)
    etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    kept["x-amz-checksum-sha256"] = headers.get("x-amz-checksum-sha256", "")
    STORE.put(key, body, {**kept, "etag": etag})
    return written(200, b"", {"etag": etag})


def unchunked(body: bytes) -> bytes:
    """Take a body out of the pieces that some clients sign one by one."""
    out = bytearray()
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size.partition(b";")[0], 16)
        if not length:
            break
        out += rest[:length]
        body = rest[length + 2 :]
    return bytes(out)


def of_bucket(method: str, bucket: str, query: Mapping[str, str], body: bytes) -> bytes:
    """List, or delete many; anything else about a bucket is well."""
    if method == "POST" and "delete" in query:
        for part in body.decode().split("<Key>")[1:]:
            STORE.remove(f"{bucket}/{part.partition('</Key>')[0]}")
        return written(200, b"<DeleteResult/>", {})
    if "location" in query:
        return written(200, b"<LocationConstraint>us-east-1</LocationConstraint>", {})
    if method == "GET" and ("list-type" in query or "prefix" in query or not query):
        STORE.counts["LIST"] += 1
        return listed(bucket, query)
    return written(200, b"<VersioningConfiguration/>", {})


def listed(bucket: str, query: Mapping[str, str]) -> bytes:
    """List a thousand keys."""
    prefix = f"{bucket}/{query.get('prefix', '')}"
    after = query.get("continuation-token") or query.get("marker") or query.get("start-after")
    start = bisect_left(STORE.order, f"{bucket}/{after}\0" if after else prefix)
    keys: list[str] = []
    while (
        len(keys) < 1000 and start + len(keys) < len(STORE.order) and STORE.order[start + len(keys)].startswith(prefix)
    ):
        keys.append(STORE.order[start + len(keys)])
    more = start + len(keys) < len(STORE.order) and STORE.order[start + len(keys)].startswith(prefix)
    encode = quote if query.get("encoding-type") == "url" else escape
    names = [key.partition("/")[2] for key in keys]
    contents = "".join(
        f"<Contents><Key>{encode(name)}</Key><LastModified>{STORE.objects[key][1]['modified']}</LastModified>"
        f"<ETag>{escape(STORE.objects[key][1]['etag'])}</ETag><Size>{len(STORE.objects[key][0])}</Size>"
        f"<StorageClass>STANDARD</StorageClass></Contents>"
        for key, name in zip(keys, names, strict=True)
    )
    token = f"<NextContinuationToken>{escape(names[-1])}</NextContinuationToken>" if more else ""
    marker = f"<NextMarker>{escape(names[-1])}</NextMarker>" if more else ""
    text = (
        f'<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>{bucket}</Name>'
        f"<Prefix>{escape(query.get('prefix', ''))}</Prefix><KeyCount>{len(keys)}</KeyCount><MaxKeys>1000</MaxKeys>"
        f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{marker}{contents}</ListBucketResult>"
    )
    return written(200, text.encode(), {"content-type": "application/xml"})


def key_values(method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes) -> bytes:
    """Answer the KeyValueStore's client."""
    _, keys, rest = path.partition("/key-value-stores/")[2].partition("/keys")
    asked = Asked(method, keys + unquote(rest), query, headers.get("if-match", ""), body)
    status, said, etag, error = answer_key_values(STORE.values, asked)
    extra = {name: value for name, value in (("ETag", etag), ("x-amzn-ErrorType", error)) if value}
    return written(status, json.dumps(said).encode(), {"content-type": "application/json", **extra})


async def main() -> None:
    """Serve until the standard input ends; say the port first."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
