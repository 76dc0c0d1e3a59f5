"""What is secret comes from Secrets Manager where SECRETS names it; what cannot be read is told by its name alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import boto3
import pytest
from chalicelib import secret_settings
from chalicelib.errors import SettingsError
from chalicelib.secret_settings import read_secret_settings
from chalicelib.settings import read_settings, with_secrets

from tests.api.conftest import ENVIRONMENT

pytestmark = pytest.mark.integration
GOOD = {"SIGNING_SECRET": "n" * 32 + "," + "o" * 32, "WEBHOOK_SECRET": "w" * 32}
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": "eu-central-1"}


@pytest.fixture
def held(aws: str) -> Mapping[str, str]:
    """Return the environment of a function whose secret is in Secrets Manager."""
    return {**CREDENTIALS, "AWS_ENDPOINT_URL": aws, "SECRETS": put(aws, json.dumps(GOOD))}


def put(aws: str, text: str) -> str:
    """Keep a text as a secret, and return its name."""
    client = boto3.client("secretsmanager", endpoint_url=aws, region_name="eu-central-1")
    return str(client.create_secret(Name=f"zichkoding-{uuid4().hex}", SecretString=text)["ARN"])


def test_the_secret_adds_what_the_environment_does_not_say(held: Mapping[str, str]) -> None:
    """The rest stays as it is."""
    without = {name: value for name, value in ENVIRONMENT.items() if name != "SIGNING_SECRET"}
    settings = read_settings(with_secrets({**without, **held}))

    assert settings.secrets == (b"n" * 32, b"o" * 32)
    assert settings.site_url == ENVIRONMENT["SITE_URL"]


def test_where_no_secret_is_named_nobody_is_asked() -> None:
    """As on every machine but Lambda's."""
    assert with_secrets(ENVIRONMENT) is ENVIRONMENT


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a password", "is not JSON"),
        ('["a"]', "is not an object of texts"),
        ('{"SIGNING_SECRET": 5}', "is not an object of texts"),
        ('{"DATABASE_URL": "hunter2"}', "holds DATABASE_URL, which is no secret setting"),
    ],
)
def test_a_secret_that_cannot_be_used_is_refused_by_its_name(aws: str, text: str, words: str) -> None:
    """And its content is in no message."""
    with pytest.raises(SettingsError, match=words) as caught:
        read_secret_settings(put(aws, text), {**CREDENTIALS, "AWS_ENDPOINT_URL": aws})

    assert "hunter2" not in str(caught.value)


def test_a_secret_that_is_not_there_is_said_with_aws_own_code(aws: str) -> None:
    """And is not asked for again."""
    with pytest.raises(SettingsError, match=r"nothing.*HTTP 40[04] ResourceNotFoundException.*role"):
        read_secret_settings("nothing", {**CREDENTIALS, "AWS_ENDPOINT_URL": aws})


class Stand(ThreadingHTTPServer):
    """Stands in for Secrets Manager when it has a fault, and counts who asked."""

    asked = 0
    answers: tuple[tuple[int, bytes], ...] = ()


class _Handler(BaseHTTPRequestHandler):
    server: Stand

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        status, body = self.server.answers[self.server.asked % len(self.server.answers)]
        self.server.asked += 1
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def stand() -> Iterator[Stand]:
    """Run the stand-in on loopback."""
    server = Stand(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def environment(stand: Stand) -> dict[str, str]:
    """Return the environment of a function that asks the stand-in."""
    return {**CREDENTIALS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{stand.server_port}"}


def test_a_fault_of_aws_is_asked_once_more(stand: Stand) -> None:
    """A cold start is worth a second attempt."""
    stand.answers = ((503, b"{}"), (200, json.dumps({"SecretString": json.dumps(GOOD)}).encode()))

    assert read_secret_settings("one", environment(stand)) == GOOD


@pytest.mark.parametrize("answer", [(503, b"{}"), (200, b"<html>"), (500, b"")])
def test_a_fault_that_stays_is_told(stand: Stand, answer: tuple[int, bytes]) -> None:
    """Before Lambda would end the function without a word."""
    stand.answers = (answer,)
    with pytest.raises(SettingsError, match="cannot be read"):
        read_secret_settings("one", environment(stand))

    assert stand.asked == secret_settings.ATTEMPTS


def test_an_answer_without_a_text_is_told(stand: Stand) -> None:
    """A secret of bytes is none of ours."""
    stand.answers = ((200, b"{}"),)
    with pytest.raises(SettingsError, match="without a text"):
        read_secret_settings("one", environment(stand))


@pytest.mark.parametrize(("switch", "end"), [("", "amazonaws.com"), ("true", "api.aws")])
def test_the_way_over_ipv6_is_taken_where_it_is_asked_for(switch: str, end: str) -> None:
    """By the variable that boto3 goes by as well."""
    said = {"AWS_USE_DUALSTACK_ENDPOINT": switch}

    assert secret_settings.endpoint("eu-central-1", said) == f"https://secretsmanager.eu-central-1.{end}"
