"""AWS behind the ports of `stores`: the one module that knows botocore.

The bulk, objects, goes through `s3`, which asks here only for credentials. The KeyValueStore takes SigV4A signatures
alone, which botocore makes through awscrt. boto3 would add a twentieth of a second to every command, and nothing else.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from site_builder.errors import ReleaseError
from site_builder.release.descriptor import Api
from site_builder.release.functions import Deployed, FailedError, Part, Traffic, digest_of_code, package_key
from site_builder.release.s3 import S3Client, S3ObjectStore
from site_builder.release.signing import Credentials
from site_builder.release.stores import ConflictError, StoreError, StoreVersion
from site_builder.release.watch import Alarm

if TYPE_CHECKING:
    from mypy_boto3_backup import BackupClient
    from mypy_boto3_cloudfront_keyvaluestore import CloudFrontKeyValueStoreClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_lambda import LambdaClient

# "standard" backs off and gives up; "adaptive" was seen not to finish at all under throttling.
RETRIES = Config(retries={"mode": "standard", "max_attempts": 6}, connect_timeout=10, read_timeout=30)
MOST_LISTED = 50
DEFAULT_REGION = "us-east-1"
# What the S3 of this machine is told: it asks for some credentials, and takes any.
LOCAL_ACCESS = Credentials("local", "local")
# What Lambda calls the code that was uploaded last, among the versions.
LATEST = "$LATEST"
# How AWS and botocore say that nobody is signed in, or not any more.
SIGNED_OUT = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, SSOError, TokenRetrievalError)
SIGNED_OUT_CODES = {"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException"}
SIGN_IN = "Sign in: `aws sso login`, or set AWS_PROFILE, or the variables that your provider names."


@contextmanager
def _told(doing: str) -> Iterator[None]:
    """Say in words what AWS, or botocore without asking it, has refused."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        code = error.response.get("Error", {}).get("Code", "") if isinstance(error, ClientError) else ""
        if isinstance(error, SIGNED_OUT) or code in SIGNED_OUT_CODES:
            raise ReleaseError("AWS", f"nobody is signed in ({error})", SIGN_IN) from error
        raise StoreError(doing, str(error)) from error


class CloudFrontKeyValues:
    """Keeps values in CloudFront's KeyValueStore."""

    def __init__(self, client: CloudFrontKeyValueStoreClient, arn: str) -> None:
        self._client = client
        self._arn = arn

    def version(self) -> StoreVersion:
        """Return the version that a change must name."""
        with _told("reading the key-value store"):
            said = self._client.describe_key_value_store(KvsARN=self._arn)
        return StoreVersion(said["ETag"], said["TotalSizeInBytes"])

    def get(self, key: str) -> str | None:
        """Return the value, or None where there is none."""
        with _told(f"reading the key {key}"):
            try:
                return self._client.get_key(KvsARN=self._arn, Key=key)["Value"]
            except self._client.exceptions.ResourceNotFoundException:
                return None

    def update(self, etag: str, puts: Mapping[str, str], deletes: Collection[str] = ()) -> str:
        """Change up to fifty keys at once and return the new version; raise ConflictError if the version is old."""
        changes: dict[str, Any] = {}
        if puts:
            changes["Puts"] = [{"Key": key, "Value": value} for key, value in puts.items()]
        if deletes:
            changes["Deletes"] = [{"Key": key} for key in deletes]
        with _told("changing the key-value store"):
            try:
                return self._client.update_keys(KvsARN=self._arn, IfMatch=etag, **changes)["ETag"]
            except self._client.exceptions.ConflictException as error:
                raise ConflictError from error

    def items(self) -> Mapping[str, str]:
        """Return all keys and values."""
        items: dict[str, str] = {}
        more: dict[str, Any] = {}
        while True:
            with _told("listing the key-value store"):
                page = self._client.list_keys(KvsARN=self._arn, MaxResults=MOST_LISTED, **more)
            items |= {one["Key"]: one["Value"] for one in page.get("Items", ())}
            if not page.get("NextToken"):
                return items
            more = {"NextToken": page["NextToken"]}


class LambdaFunctions:
    """The API in AWS Lambda: functions of one package; requests come to the first through its alias."""

    def __init__(self, client: LambdaClient, api: Api, bucket: str) -> None:
        self._client = client
        self._api = api
        self._bucket = bucket

    def look(self) -> Deployed:
        """Return what is there."""
        packages = self._packages(self._api.function)
        with _told("looking at the API"):
            alias = self._client.get_alias(FunctionName=self._api.function, Name=self._api.alias)
        others = (alias.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
        shares = {packages[number]: share for number, share in others.items() if share and number in packages}
        canary = next(iter(shares), None)
        percent = round(shares[canary] * 100) if canary else 0
        traffic = Traffic(packages.get(alias["FunctionVersion"]), canary, percent)
        return Deployed(_newest(packages), traffic, self._behind(traffic.live))

    def _behind(self, live: str | None) -> tuple[str, ...]:
        """Name what should run the package that is live, and does not."""
        if live is None:
            return ()
        going_with_it = [
            (self._api.worker, {"Qualifier": self._api.alias}),
            *((one, {}) for one in self._api.followers),
        ]
        return tuple(name for name, which in going_with_it if self._runs(name, which) != live)

    def _runs(self, name: str, which: Mapping[str, str]) -> str:
        with _told(f"looking at {name}"):
            return digest_of_code(self._client.get_function_configuration(FunctionName=name, **which)["CodeSha256"])

    def publish(self, package: str) -> None:
        """Make a version of a package that lies in the environment's bucket, and wait until it can be asked."""
        for name in (self._api.migration, self._api.worker, self._api.function):
            with _told(f"making a version of {name}"):
                # In one request, so that nobody else's code can come between.
                made = self._client.update_function_code(
                    FunctionName=name, S3Bucket=self._bucket, S3Key=package_key(package), Publish=True
                )
                waiter = self._client.get_waiter("published_version_active")
                waiter.wait(FunctionName=name, Qualifier=made["Version"])

    def invoke(self, part: Part, package: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a version, whoever else gets it; raise FailedError if it fails."""
        name = self._api.function if part == "app" else self._api.migration
        with _told(f"asking {name}"):
            answer = self._client.invoke(
                FunctionName=name, Qualifier=self._number(name, package), Payload=json.dumps(event).encode()
            )
            said = json.loads(answer["Payload"].read() or b"null")
        if answer.get("FunctionError"):
            evidence = said.get("errorMessage", "") if isinstance(said, dict) else said
            doing = "asking the API" if part == "app" else "migrating the database"
            raise FailedError(doing, package, str(evidence))
        return said if isinstance(said, dict) else {}

    def shift(self, traffic: Traffic) -> None:
        """Let the traffic be this, in one write; the worker, and what has no alias, go with what is live after it."""
        if traffic.live is None:
            raise StoreError("sending the API its requests", "no version is named for those who get no canary")
        self._point(self._api.function, traffic.live, traffic)
        self._point(self._api.worker, traffic.live, Traffic(traffic.live))
        # Last: visitors do not wait for what runs each month.
        for name in self._api.followers:
            self._follow(name, traffic.live)

    def remove(self, package: str) -> None:
        """Remove the versions of a package that gets no requests; none is no error."""
        if package in self.look().traffic.packages:
            raise StoreError("removing a version of the API", f"{package} gets requests")
        for name in (self._api.function, self._api.worker, self._api.migration):
            numbers = [number for number, one in self._packages(name).items() if one == package and number != LATEST]
            for number in numbers:
                with _told(f"removing version {number} of {name}"):
                    self._client.delete_function(FunctionName=name, Qualifier=number)

    def _point(self, name: str, live: str, traffic: Traffic) -> None:
        shares = {self._number(name, traffic.canary): traffic.percent / 100} if traffic.canary else {}
        with _told(f"changing the alias {self._api.alias} of {name}"):
            self._client.update_alias(
                FunctionName=name,
                Name=self._api.alias,
                FunctionVersion=self._number(name, live),
                RoutingConfig={"AdditionalVersionWeights": shares},
            )

    def _follow(self, name: str, package: str) -> None:
        """Give a function the code of what is live: whoever calls it names no version, and gets what came last."""
        if self._runs(name, {}) == package:
            return
        with _told(f"bringing {name} what is live"):
            self._client.update_function_code(FunctionName=name, S3Bucket=self._bucket, S3Key=package_key(package))

    def _number(self, name: str, package: str) -> str:
        number = _newest(self._packages(name)).get(package)
        if number is None:
            raise StoreError(name, f"it has no version of the package {package}")
        return number

    def _packages(self, name: str) -> dict[str, str]:
        """Return of which package each version is, by its number."""
        with _told(f"looking at {name}"):
            pages = self._client.get_paginator("list_versions_by_function").paginate(FunctionName=name)
            listed = [one for page in pages for one in page["Versions"]]
        return {one["Version"]: digest_of_code(one["CodeSha256"]) for one in listed}


def _newest(packages: Mapping[str, str]) -> dict[str, str]:
    numbers = sorted((number for number in packages if number != LATEST), key=int)
    return {packages[number]: number for number in numbers}


class CloudWatchAlarms:
    """Asks CloudWatch which alarms ring."""

    def __init__(self, client: CloudWatchClient) -> None:
        self._client = client

    def ringing(self, names: Sequence[str]) -> tuple[Alarm, ...]:
        """Return those that ring; raise StoreError where one of them does not exist."""
        with _told("asking for the alarms"):
            said = self._client.describe_alarms(
                AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"], MaxRecords=100
            )
        found = [*said.get("MetricAlarms", ()), *said.get("CompositeAlarms", ())]
        missing = sorted(set(names) - {one["AlarmName"] for one in found})
        if missing:
            raise StoreError("asking for the alarms", f"there is none of the name {', '.join(missing)}")
        return tuple(
            Alarm(one["AlarmName"], one.get("StateReason", "")) for one in found if one["StateValue"] == "ALARM"
        )


def newest_backup(client: BackupClient, vault: str) -> float | None:
    """Return when a vault's newest complete backup was begun."""
    newest: float | None = None
    with _told(f"asking for the backups in {vault}"):
        for page in client.get_paginator("list_recovery_points_by_backup_vault").paginate(BackupVaultName=vault):
            for point in page["RecoveryPoints"]:
                if point["Status"] == "COMPLETED":
                    newest = max(newest or 0.0, point["CreationDate"].timestamp())
    return newest


class Account:
    """What the credentials at hand lead to, in one region."""

    def __init__(self, region: str | None = None, access: Credentials | None = None) -> None:
        self._session = Session()
        if access:
            self._session.set_credentials(access.access_key, access.secret_key)
        with _told("reading the settings of AWS"):
            self._region = region or self._session.get_config_variable("region") or DEFAULT_REGION

    def number(self) -> str:
        """Ask whose credentials these are."""
        with _told("asking who we are"):
            account: str = self._client("sts").get_caller_identity()["Account"]
        return account

    def objects(self, bucket: str, endpoint: str = "") -> S3ObjectStore:
        """Open a bucket; an endpoint of one's own stands in for AWS."""
        endpoint = endpoint or os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
        if endpoint:
            client = S3Client(endpoint, self._region, self._credentials(), prefix=f"/{bucket}")
        else:
            ending = ".cn" if self._region.startswith("cn-") else ""
            address = f"https://{bucket}.s3.{self._region}.amazonaws.com{ending}"
            client = S3Client(address, self._region, self._credentials())
        return S3ObjectStore(client, bucket)

    def key_values(self, arn: str, endpoint: str = "") -> CloudFrontKeyValues:
        """Open a KeyValueStore; an endpoint of one's own stands in for AWS, whatever host the client would ask."""
        client: CloudFrontKeyValueStoreClient = self._client("cloudfront-keyvaluestore")
        if endpoint:
            client.meta.events.register("before-send.cloudfront-keyvaluestore.*", _sent_to(endpoint))  # type: ignore[arg-type]
        return CloudFrontKeyValues(client, arn)

    def functions(self, api: Api, bucket: str, endpoint: str = "") -> LambdaFunctions:
        """Open an environment's functions and the bucket of their packages; an endpoint stands in for AWS."""
        # A function may take its time, a migration above all: as long as Lambda itself lets it.
        patient = RETRIES.merge(Config(read_timeout=15 * 60))
        client: LambdaClient = self._client("lambda", config=patient, endpoint_url=endpoint or None)
        return LambdaFunctions(client, api, bucket)

    def alarms(self, endpoint: str = "") -> CloudWatchAlarms:
        """Open CloudWatch; an endpoint of one's own stands in for it."""
        client: CloudWatchClient = self._client("cloudwatch", endpoint_url=endpoint or None)
        return CloudWatchAlarms(client)

    def newest_backup(self, vault: str) -> float | None:
        """Return when the newest backup that is complete was begun, in seconds since 1970; None where there is none."""
        client: BackupClient = self._client("backup")
        return newest_backup(client, vault)

    def _client(self, service: str, **how: Any) -> Any:  # noqa: ANN401 - the caller says which client it is
        return self._session.create_client(service, region_name=self._region, **{"config": RETRIES, **how})

    def _credentials(self) -> Callable[[], Credentials]:
        with _told("looking for credentials"):
            found = self._session.get_credentials()
        if found is None:
            raise ReleaseError("AWS", "there are no credentials", SIGN_IN)

        def fresh() -> Credentials:
            # A session's credentials are renewed here when they are about to end.
            with _told("renewing the credentials"):
                frozen = found.get_frozen_credentials()
            return Credentials(frozen.access_key or "", frozen.secret_key or "", frozen.token)

        return fresh


def make_bucket(bucket: str, endpoint: str) -> None:
    """Make a bucket in an S3 that runs on this machine."""
    _local_client("s3", endpoint).create_bucket(Bucket=bucket)


def _local_client(service: str, endpoint: str) -> Any:  # noqa: ANN401 - as above
    """Open a service of this machine."""
    return Session().create_client(
        service,
        endpoint_url=endpoint,
        region_name=DEFAULT_REGION,
        aws_access_key_id=LOCAL_ACCESS.access_key,
        aws_secret_access_key=LOCAL_ACCESS.secret_key,
        config=RETRIES,
    )


class LocalAlarm:
    """An alarm of this machine's CloudWatch, which whoever sees a failure sets off."""

    def __init__(self, name: str, endpoint: str) -> None:
        self._name = name
        self._client: CloudWatchClient = _local_client("cloudwatch", endpoint)
        self._client.put_metric_alarm(
            AlarmName=name, Namespace="zichkoding", MetricName="answers-5xx", Statistic="Sum", Period=60,
            EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold",
        )  # fmt: skip

    def set(self, why: str) -> None:
        """Let it ring, or end that without a word why."""
        state: Any = "ALARM" if why else "OK"
        self._client.set_alarm_state(AlarmName=self._name, StateValue=state, StateReason=why or "all is well again")


def _sent_to(endpoint: str) -> Callable[..., AWSResponse]:
    """Send what the client has built and signed to another host; the service's own host holds the account's number."""
    session = URLLib3Session(timeout=30)

    def send(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        parts = urlsplit(request.url)
        request.url = parts._replace(scheme="http", netloc=urlsplit(endpoint).netloc).geturl()
        return session.send(request)

    return send
