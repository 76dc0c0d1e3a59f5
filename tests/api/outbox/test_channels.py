"""The ways out, each against a real counterpart: a folder, moto's AWS, a server on loopback."""

from __future__ import annotations

import base64
import hmac
import json
import mailbox
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import boto3
import pytest
from chalicelib.aws import SesMailer, SnsNotifier
from chalicelib.errors import DeliveryError
from chalicelib.outbox.channels import MaildirMailer, SignedWebhook, open_channels
from chalicelib.settings import Webhook, read_settings
from moto.backends import get_backend

from tests.api.conftest import ENVIRONMENT

SECRET = b"a secret that both sides know, and nobody else"
MAIL = b"From: a@zichkoding.example\r\nTo: b@example.org\r\nSubject: Hello\r\n\r\nText\r\n"


class Receiver(HTTPServer):
    """A program of the owner's, that answers as it is told and remembers."""

    status = 204
    seen: list[tuple[dict[str, str], bytes]]


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Run a receiver on loopback."""
    server = Receiver(("127.0.0.1", 0), _Handler)
    server.seen = []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def hook(receiver: Receiver) -> SignedWebhook:
    """Return the webhook that calls the receiver."""
    return SignedWebhook(Webhook(f"http://127.0.0.1:{receiver.server_port}/hook", SECRET))


@pytest.mark.integration
def test_a_webhook_is_signed_over_its_id_its_time_and_its_body(receiver: Receiver) -> None:
    """The receiver can tell that it is ours, new and whole."""
    hook(receiver).call("job-1", b'{"a": 1}')
    headers, body = receiver.seen[0]
    signed = f"job-1.{headers['Webhook-Timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.digest(SECRET, signed, "sha256")).decode()

    assert (headers["Webhook-Id"], headers["Webhook-Signature"]) == ("job-1", f"v1,{expected}")
    assert json.loads(body) == {"a": 1}


@pytest.mark.integration
@pytest.mark.parametrize(("status", "final"), [(500, False), (429, False), (404, False), (302, False), (410, True)])
def test_a_receiver_that_does_not_take_it_is_asked_again_unless_it_is_gone(
    receiver: Receiver, status: int, final: bool
) -> None:
    """A redirect is not followed: the signature is for one address."""
    receiver.status = status
    with pytest.raises(DeliveryError) as caught:
        hook(receiver).call("job-1", b"{}")

    assert (caught.value.reason, caught.value.final) == (f"HTTP {status}", final)
    assert len(receiver.seen) == 1


@pytest.mark.integration
def test_a_receiver_that_is_away_is_asked_again() -> None:
    """It may come back."""
    with pytest.raises(DeliveryError) as caught:
        SignedWebhook(Webhook("http://127.0.0.1:1/hook", SECRET)).call("job-1", b"{}")

    assert not caught.value.final


def test_a_maildir_holds_the_mail_and_its_envelope(tmp_path: Path) -> None:
    """Any mail program can open the folder."""
    MaildirMailer(tmp_path / "a" / "mail").send("a@zichkoding.example", "b@example.org", MAIL)
    (mail,) = mailbox.Maildir(tmp_path / "a" / "mail")

    assert (mail["Subject"], mail["Delivered-To"], mail["Return-Path"]) == (
        "Hello",
        "b@example.org",
        "<a@zichkoding.example>",
    )
    assert mail.get_payload() == "Text\n"


@pytest.fixture
def on_aws(aws: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Have boto3 speak to moto, and return its address."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    return aws


@pytest.mark.integration
@pytest.mark.usefixtures("on_aws")
def test_ses_gets_the_mail_as_it_was_written() -> None:
    """From an address that it knows to be ours."""
    boto3.client("sesv2").create_email_identity(EmailIdentity="zichkoding.example")
    SesMailer().send("a@zichkoding.example", "b@example.org", MAIL)
    sent = get_backend("ses")["123456789012"]["eu-central-1"].sent_messages

    assert "Subject: Hello" in sent[-1].raw_data


@pytest.mark.integration
@pytest.mark.usefixtures("on_aws")
def test_what_ses_refuses_for_good_is_final() -> None:
    """An address that is not ours will not be tomorrow."""
    with pytest.raises(DeliveryError) as caught:
        SesMailer().send("a@nobody.example", "b@example.org", MAIL)

    assert (caught.value.reason, caught.value.final) == ("MessageRejected", True)


@pytest.mark.integration
@pytest.mark.usefixtures("on_aws")
def test_sns_carries_a_notification_to_who_subscribed() -> None:
    """Here a queue, where it can be seen."""
    topic = boto3.client("sns").create_topic(Name="messages")["TopicArn"]
    queue = boto3.client("sqs").create_queue(QueueName="subscriber")["QueueUrl"]
    attributes = boto3.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=attributes["Attributes"]["QueueArn"])
    SnsNotifier(topic).notify("A message", "came in")
    (got,) = boto3.client("sqs").receive_message(QueueUrl=queue)["Messages"]

    assert json.loads(got["Body"])["Message"] == "came in"


@pytest.mark.integration
@pytest.mark.usefixtures("on_aws")
def test_a_topic_that_is_not_there_is_final() -> None:
    """And says which code AWS gave."""
    with pytest.raises(DeliveryError) as caught:
        SnsNotifier("arn:aws:sns:eu-central-1:123456789012:nothing").notify("a", "b")

    assert caught.value.final


def test_the_settings_say_which_ways_there_are() -> None:
    """A folder instead of SES, and what is not named is not there."""
    local = open_channels(read_settings({**ENVIRONMENT, "MAIL_FOLDER": "/tmp/x"}))  # noqa: S108 - nothing is written
    away = open_channels(
        read_settings(
            {**ENVIRONMENT, "SNS_TOPIC": "arn:x", "WEBHOOK_URL": "https://a.example", "WEBHOOK_SECRET": "x" * 32}
        )
    )

    assert (type(local.mailer), local.notifier, local.hook) == (MaildirMailer, None, None)
    assert (type(away.mailer), type(away.notifier), type(away.hook)) == (SesMailer, SnsNotifier, SignedWebhook)
