"""A signature of ours is the one that AWS's own library makes."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as TheirCredentials
from chalicelib.errors import SettingsError
from chalicelib.sigv4 import Credentials, read_credentials, signed_headers
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=60)
HOST = "secretsmanager.eu-central-1.amazonaws.com"


@given(VALUES, VALUES, st.sampled_from(["", "a/session+token=="]), st.binary(max_size=200))
def test_a_request_is_signed_as_awss_own_library_signs_it(key_id: str, key: str, token: str, body: bytes) -> None:
    """Whoever asks and whatever is asked."""
    headers = {"Host": HOST, "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "secretsmanager.Get"}
    theirs = AWSRequest("POST", f"https://{HOST}/", data=body, headers=headers)
    SigV4Auth(TheirCredentials(key_id, key, token or None), "secretsmanager", "eu-central-1").add_auth(theirs)
    now = datetime.strptime(theirs.context["timestamp"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = signed_headers(
        headers, body, Credentials(key_id, key, token), region="eu-central-1", service="secretsmanager", now=now
    )

    assert ours["authorization"] == theirs.headers["Authorization"]


def test_without_credentials_it_says_where_they_come_from() -> None:
    """Before anything is sent."""
    with pytest.raises(SettingsError, match="AWS_ACCESS_KEY_ID"):
        read_credentials({"AWS_ACCESS_KEY_ID": "a"})
