"""The settings that are secret: from Secrets Manager, so that neither Terraform nor the function's page shows them."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from chalicelib.errors import SettingsError
from chalicelib.sigv4 import read_credentials, signed_headers

# Nothing else may come from there: where the database is, is no secret, and stays where Terraform writes it.
NAMES = ("SIGNING_SECRET", "WEBHOOK_SECRET", "OIDC_CLIENT_SECRET")
# All attempts together stay below the ten seconds that Lambda gives a function to begin.
ATTEMPTS = 2
ANSWER_SECONDS = 3


def read_secret_settings(secret: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that a secret holds, as a JSON object of texts."""
    text = read_secret(secret, environment)
    try:
        held = json.loads(text)
    except ValueError as error:
        raise SettingsError(f"the secret {secret} is not JSON; give an object with {', '.join(NAMES)}") from error
    if not isinstance(held, dict) or not all(isinstance(value, str) for value in held.values()):
        raise SettingsError(f"the secret {secret} is not an object of texts; give one with {', '.join(NAMES)}")
    if unknown := sorted(held.keys() - set(NAMES)):
        raise SettingsError(f"the secret {secret} holds {unknown[0]}, which is no secret setting ({', '.join(NAMES)})")
    return held


def read_secret(secret: str, environment: Mapping[str, str]) -> str:
    """Ask Secrets Manager for a secret's text, once more if it does not answer."""
    told = ""
    for _ in range(ATTEMPTS):
        try:
            status, answer = _post(json.dumps({"SecretId": secret}).encode(), environment)
            said = json.loads(answer)
        except (OSError, http.client.HTTPException, ValueError) as error:
            told = type(error).__name__
            continue
        if status == http.client.OK and "SecretString" in said:
            return str(said["SecretString"])
        # The kind alone: its words repeat what it was asked.
        told = f"HTTP {status} {str(said.get('__type', 'without a text')).rpartition('#')[2]}"
        if status < http.client.INTERNAL_SERVER_ERROR:
            break
    raise SettingsError(
        f"the secret {secret} cannot be read ({told}); look at the function's role, and at its way to Secrets Manager"
    )


def _post(body: bytes, environment: Mapping[str, str]) -> tuple[int, bytes]:
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION", "")
    address = urlsplit(environment.get("AWS_ENDPOINT_URL") or endpoint(region, environment))
    headers = {
        "Host": address.netloc,
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": "secretsmanager.GetSecretValue",
    }
    signed = signed_headers(
        headers, body, read_credentials(environment), region=region, service="secretsmanager", now=datetime.now(UTC)
    )
    # In clear only to a stand-in on this machine.
    kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
    connection = kind(address.netloc, timeout=ANSWER_SECONDS)
    try:
        connection.request("POST", "/", body, signed)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def endpoint(region: str, environment: Mapping[str, str]) -> str:
    """Return where Secrets Manager is."""
    # The same switch as boto3's: a function without IPv4 to the outside reaches the names of this kind only.
    is_dual = environment.get("AWS_USE_DUALSTACK_ENDPOINT", "").lower() == "true"
    return f"https://secretsmanager.{region}.{'api.aws' if is_dual else 'amazonaws.com'}"
