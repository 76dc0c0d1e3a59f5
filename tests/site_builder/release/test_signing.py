"""What we sign is what botocore would sign: it is the judge, request by request."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotocoreCredentials
from hypothesis import given
from hypothesis import strategies as st

from site_builder.release.signing import Credentials, Unsigned, encode_path, query_string, sign

NOW = 1_750_000_000
HOST = "bucket.s3.eu-central-1.amazonaws.com"
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
VALUES = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), max_size=20).map(str.strip)


def signed_by_botocore(request: Unsigned, credentials: Credentials) -> str:
    """Return the header that botocore would send."""
    url = f"https://{request.host}{request.path}"
    headers = {**request.headers, "X-Amz-Content-SHA256": request.payload_sha256}
    asked = AWSRequest(request.method, url, headers=headers, params=dict(request.query), data=b"")
    asked.context["payload_signing_enabled"] = True
    known = BotocoreCredentials(credentials.access_key, credentials.secret_key, credentials.token)
    asked.context["timestamp"] = datetime.fromtimestamp(NOW, UTC).strftime("%Y%m%dT%H%M%SZ")
    asked.headers["X-Amz-Date"] = asked.context["timestamp"]
    signer: Any = S3SigV4Auth(known, "s3", "eu-central-1")
    # What its add_auth does, at a time of ours.
    signer._modify_request_before_signing(asked)  # noqa: SLF001
    signature = signer.signature(signer.string_to_sign(asked, signer.canonical_request(asked)), asked)
    signer._inject_signature_to_request(asked, signature)  # noqa: SLF001
    return str(asked.headers["Authorization"])


@given(key=TEXT, query=st.dictionaries(TEXT, TEXT, max_size=3), value=VALUES, token=st.none() | st.just("session"))
def test_any_request_is_signed_as_botocore_signs_it(
    key: str, query: dict[str, str], value: str, token: str | None
) -> None:
    """Whatever its key, query and headers."""
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", token)
    request = Unsigned("GET", HOST, f"/{encode_path(key)}", query, {"x-amz-meta-release": value})

    ours = sign(request, credentials, "eu-central-1", NOW)["authorization"]

    assert ours == signed_by_botocore(request, credentials)


def test_a_session_sends_its_token() -> None:
    """And signs it."""
    request = Unsigned("PUT", HOST, "/a", {}, {}, "0" * 64)
    headers = sign(request, Credentials("key", "secret", "session"), "eu-central-1", NOW)

    assert headers["x-amz-security-token"] == "session"
    assert "x-amz-security-token" in headers["authorization"]


@pytest.mark.parametrize(
    ("key", "path"),
    [("a b+c", "a%20b%2Bc"), ("ü/%2F", "%C3%BC/%252F"), ("a/~b-_.", "a/~b-_."), ("*'()!", "%2A%27%28%29%21")],
)
def test_a_key_is_encoded_as_s3_decodes_it(key: str, path: str) -> None:
    """Only what is never special stays as it is."""
    assert encode_path(key) == path


def test_a_query_has_one_order() -> None:
    """The signature is made over it."""
    assert urlsplit(f"https://x/?{query_string({'b': '2 3', 'a': ''})}").query == "a=&b=2%203"
