"""AWS behind the API's doors: the one module that knows boto3, and it only when it is needed.

Lambda brings boto3 along; loading it costs as much as all the rest of a cold start, and a message that reaches
PostgreSQL never needs it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalicelib.errors import DeliveryError, QueueUnavailableError
from chalicelib.figures.logs import LogsUnavailableError
from chalicelib.queue import LEASE_SECONDS, Queued

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

# What will not be taken tomorrow either.
FINAL = ("MessageRejected", "BadRequestException", "InvalidParameter", "NotFoundException", "NotFound")
MOST_AT_ONCE = 10


class SqsQueue:
    """Keeps texts in SQS."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._made: SQSClient | None = None

    def put(self, text: str) -> None:
        """Return when SQS has it in several places."""
        try:
            self._sqs().send_message(QueueUrl=self._url, MessageBody=text)
        except Exception as error:  # whatever it is, the text is not known to be kept
            raise QueueUnavailableError from error

    def take(self, most: int) -> list[Queued]:
        """Take some, hidden from others for a while."""
        try:
            answer = self._sqs().receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=min(most, MOST_AT_ONCE), VisibilityTimeout=LEASE_SECONDS
            )
        except Exception as error:
            raise QueueUnavailableError from error
        return [Queued(one["Body"], one["ReceiptHandle"]) for one in answer.get("Messages", [])]

    def remove(self, receipt: str) -> None:
        """Delete what has been dealt with."""
        try:
            self._sqs().delete_message(QueueUrl=self._url, ReceiptHandle=receipt)
        except Exception as error:
            raise QueueUnavailableError from error

    def is_there(self) -> bool:
        """Ask SQS whether it knows the queue."""
        try:
            self._sqs().get_queue_attributes(QueueUrl=self._url, AttributeNames=["QueueArn"])
        except Exception:  # noqa: BLE001 - whatever the reason
            return False
        return True

    def _sqs(self) -> SQSClient:
        if self._made is None:
            self._made = _client("sqs")
        return self._made


class SesMailer:
    """Sends mail by SES."""

    def __init__(self) -> None:
        self._made: SESV2Client | None = None

    def send(self, sender: str, recipient: str, mail: bytes) -> None:
        """Return when SES has taken the mail."""
        if self._made is None:
            self._made = _client("sesv2")
        try:
            self._made.send_email(
                FromEmailAddress=sender, Destination={"ToAddresses": [recipient]}, Content={"Raw": {"Data": mail}}
            )
        except Exception as error:
            raise _delivery_error(error) from error


class SnsNotifier:
    """Publishes to one topic of SNS."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._made: SNSClient | None = None

    def notify(self, subject: str, text: str) -> None:
        """Return when SNS has taken the notification."""
        if self._made is None:
            self._made = _client("sns")
        try:
            self._made.publish(TopicArn=self._topic, Subject=subject, Message=text)
        except Exception as error:
            raise _delivery_error(error) from error


class S3Logs:
    """Reads log files from a place in a bucket."""

    def __init__(self, url: str) -> None:
        self._bucket, _, self._prefix = url.removeprefix("s3://").partition("/")
        self._s3: S3Client = _client("s3")

    def names(self) -> list[str]:
        """Return the keys of all log files there."""
        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._prefix)
            return [one["Key"] for page in pages for one in page.get("Contents", []) if one["Key"].endswith(".gz")]
        except Exception as error:
            raise LogsUnavailableError from error

    def read(self, name: str) -> bytes:
        """Return an object."""
        try:
            return self._s3.get_object(Bucket=self._bucket, Key=name)["Body"].read()
        except Exception as error:
            raise LogsUnavailableError from error


class SecretsManagerVault:
    """A secret in Secrets Manager, as rotating sees it."""

    def __init__(self, secret: str) -> None:
        self._secret = secret
        self._client = _client("secretsmanager")

    def current(self) -> str:
        """Return the text in use."""
        return str(self._client.get_secret_value(SecretId=self._secret, VersionStage="AWSCURRENT")["SecretString"])

    def pending(self, version: str) -> str | None:
        """Return the text that is to come under this name, if it has been written."""
        try:
            answer = self._client.get_secret_value(SecretId=self._secret, VersionId=version, VersionStage="AWSPENDING")
        except self._client.exceptions.ResourceNotFoundException:
            return None
        return str(answer["SecretString"])

    def write(self, version: str, text: str) -> None:
        """Write what is to come, beside what is in use."""
        self._client.put_secret_value(
            SecretId=self._secret, ClientRequestToken=version, SecretString=text, VersionStages=["AWSPENDING"]
        )

    def promote(self, version: str) -> None:
        """Make what was to come what is in use; twice is once."""
        versions = self._client.describe_secret(SecretId=self._secret)["VersionIdsToStages"]
        in_use = next(name for name, stages in versions.items() if "AWSCURRENT" in stages)
        if in_use == version:
            return
        self._client.update_secret_version_stage(
            SecretId=self._secret, VersionStage="AWSCURRENT", MoveToVersionId=version, RemoveFromVersionId=in_use
        )


def _delivery_error(error: Exception) -> DeliveryError:
    code = str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
    # The code alone: an AWS error's words can hold the address.
    return DeliveryError(code or type(error).__name__, final=code in FINAL)


def _client(name: str) -> Any:  # noqa: ANN401 - which client it is, the name says
    import boto3  # noqa: PLC0415 - only when it is needed
    from botocore.config import Config  # noqa: PLC0415 - only when it is needed

    bounds = Config(connect_timeout=1, read_timeout=2, retries={"total_max_attempts": 2})
    return boto3.client(name, config=bounds)  # type: ignore[call-overload]
