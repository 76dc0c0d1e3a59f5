"""An environment is what Terraform says it is, and nothing is guessed."""

from __future__ import annotations

import json

import pytest

from site_builder.errors import ReleaseError
from site_builder.release.descriptor import Descriptor, read_descriptor

STAGING = {
    "name": "staging",
    "bucket": "zichkoding-staging",
    "region": "eu-central-1",
    "kvs_arn": "arn:aws:cloudfront::123456789012:key-value-store/1",
    "site_url": "https://staging.example",
    "account": "123456789012",
    "distribution_id": "E1",
}


def test_a_description_is_read_as_it_is() -> None:
    """What Terraform writes is what we use; what it writes besides is not our concern."""
    assert read_descriptor("staging", json.dumps({**STAGING, "more": 1})) == Descriptor(**STAGING)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "terraform output"),
        ("", "nothing says where"),
        ("{", "not JSON"),
        ("[]", "lacks name"),
        (json.dumps({**STAGING, "bucket": None}), "lacks bucket"),
        (json.dumps({**STAGING, "name": "production"}), "describes production, not staging"),
    ],
)
def test_a_description_that_does_not_fit_is_refused_with_words(text: str | None, words: str) -> None:
    """A wrong description must never send a release somewhere else."""
    with pytest.raises(ReleaseError, match=words):
        read_descriptor("staging", text)
