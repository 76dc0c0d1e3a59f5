"""S3 and CloudFront's KeyValueStore behind the ports of `stores`: the one module that knows boto3."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from site_builder.errors import ReleaseError
from site_builder.release.descriptor import Descriptor
from site_builder.release.stores import (
    AlreadyThereError,
    Pointer,
    PointerMovedError,
    Redirects,
    StoredObject,
    pointed_to,
    pointer_value,
    redirect_key,
)

if TYPE_CHECKING:
    from mypy_boto3_cloudfront_keyvaluestore import CloudFrontKeyValueStoreClient
    from mypy_boto3_s3 import S3Client

LIVE_KEY = "live"
# What one call may write.
MOST_KEYS = 50
# "standard" backs off and gives up; "adaptive" was seen not to finish at all under throttling.
RETRIES = Config(retries={"mode": "standard", "max_attempts": 6}, max_pool_connections=32)


class S3ObjectStore:
    """Keeps objects in a bucket."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def get(self, key: str) -> StoredObject | None:
        """Return the object, or None where there is none."""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=key)
        except self._client.exceptions.NoSuchKey:
            return None
        except (ClientError, BotoCoreError) as error:
            raise _refused(f"reading {key}", error) from error
        return StoredObject(
            found["Body"].read(), found["ContentType"], found.get("CacheControl", ""), found["Metadata"]
        )

    def put(self, key: str, stored: StoredObject, *, only_if_absent: bool = False) -> None:
        """Keep the object; raise AlreadyThereError if it must be absent and is not."""
        condition: dict[str, Any] = {"IfNoneMatch": "*"} if only_if_absent else {}
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=stored.body,
                ContentType=stored.content_type,
                CacheControl=stored.cache_control,
                Metadata=dict(stored.metadata),
                ChecksumAlgorithm="SHA256",
                **condition,
            )
        except (ClientError, BotoCoreError) as error:
            # 412: it was there before; 409: another write of it is under way at this moment.
            if only_if_absent and _status(error) in (409, 412):
                raise AlreadyThereError(key) from error
            raise _refused(f"writing {key}", error) from error

    def copy(self, source: str, target: str, metadata: Mapping[str, str]) -> None:
        """Make the target of the source's bytes and headers, with other metadata, without moving the bytes."""
        try:
            head = self._client.head_object(Bucket=self._bucket, Key=source)
            self._client.copy_object(
                Bucket=self._bucket,
                Key=target,
                CopySource={"Bucket": self._bucket, "Key": source},
                # New metadata means that S3 drops the old headers too, so they are said again.
                MetadataDirective="REPLACE",
                Metadata=dict(metadata),
                ContentType=head["ContentType"],
                CacheControl=head["CacheControl"],
                ChecksumAlgorithm="SHA256",
            )
        except (ClientError, BotoCoreError) as error:
            raise _refused(f"copying {source}", error) from error

    def keys(self, prefix: str) -> frozenset[str]:
        """Return every key that begins so."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        try:
            return frozenset(found["Key"] for page in pages for found in page.get("Contents", ()))
        except (ClientError, BotoCoreError) as error:
            raise _refused(f"listing {prefix}", error) from error


class KeyValueStorePointer:
    """Keeps the pointer in CloudFront's KeyValueStore, moved by compare-and-swap on the store's ETag."""

    def __init__(self, client: CloudFrontKeyValueStoreClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def read(self) -> Pointer:
        """Return what is live now."""
        try:
            # The version is read before the value: if somebody writes in between, our move is refused.
            version = self._client.describe_key_value_store(KvsARN=self._arn)["ETag"]
            return Pointer(self._live(), version)
        except (ClientError, BotoCoreError) as error:
            raise _refused("reading the pointer", error) from error

    def _live(self) -> str | None:
        try:
            return pointed_to(self._client.get_key(KvsARN=self._arn, Key=LIVE_KEY)["Value"])
        except self._client.exceptions.ResourceNotFoundException:
            # The store exists, as its version was just read: nothing has been live here yet.
            return None

    def move(self, seen: Pointer, live: str, redirects: Redirects = ()) -> None:
        """Keep a release's redirects and point to it; raise PointerMovedError unless the pointer is still as seen.

        Each write is conditional on the one before, so nobody else has written since the pointer was seen. Until the
        last one, which moves the pointer, nobody asks for the new keys.
        """
        version = seen.version
        puts = [{"Key": redirect_key(live, path), "Value": answer} for path, answer in redirects]
        try:
            for first in range(0, len(puts), MOST_KEYS):
                batch = puts[first : first + MOST_KEYS]
                done = self._client.update_keys(KvsARN=self._arn, IfMatch=version, Puts=batch)  # type: ignore[arg-type]
                version = done["ETag"]
            self._client.put_key(KvsARN=self._arn, Key=LIVE_KEY, Value=pointer_value(live), IfMatch=version)
        except self._client.exceptions.ConflictException as error:
            raise PointerMovedError from error
        except (ClientError, BotoCoreError) as error:
            raise _refused("moving the pointer", error) from error


def s3_store(bucket: str, region: str, endpoint: str | None = None) -> S3ObjectStore:
    """Open the bucket; an endpoint of one's own stands in for AWS."""
    session = boto3.Session(region_name=region)
    return S3ObjectStore(session.client("s3", endpoint_url=endpoint, config=RETRIES), bucket)


def pointer_store(descriptor: Descriptor) -> KeyValueStorePointer:
    """Open the environment's KeyValueStore."""
    session = boto3.Session(region_name=descriptor.region)
    return KeyValueStorePointer(session.client("cloudfront-keyvaluestore", config=RETRIES), descriptor.kvs_arn)


def local_bucket(bucket: str, endpoint: str) -> S3ObjectStore:
    """Make a bucket in an S3 that runs on this machine, which takes any credentials."""
    client = boto3.client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - the local server asks for some, and takes any
        config=RETRIES,
    )
    client.create_bucket(Bucket=bucket)
    return S3ObjectStore(client, bucket)


def refuse_wrong_account(descriptor: Descriptor) -> None:
    """Stop before anything is written with the credentials of another account."""
    try:
        account = boto3.client("sts", region_name=descriptor.region, config=RETRIES).get_caller_identity()["Account"]
    except (ClientError, BotoCoreError) as error:
        raise _refused("asking who we are", error) from error
    if account != descriptor.account:
        raise ReleaseError(
            descriptor.name,
            f"it belongs to account {descriptor.account}, and these credentials are of {account}",
            "Sign in to the right account.",
        )


def _status(error: ClientError | BotoCoreError) -> int | None:
    return error.response["ResponseMetadata"]["HTTPStatusCode"] if isinstance(error, ClientError) else None


def _refused(doing: str, error: Exception) -> ReleaseError:
    return ReleaseError(doing, str(error), "Nothing that is live has changed. Mend that and run the command again.")
