"""An environment is what Terraform says it is, and nothing is guessed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from site_builder.errors import ReleaseError
from site_builder.release.descriptor import Api, Descriptor, Places, configuration_key, find_descriptor, read_descriptor

STAGING: dict[str, Any] = {
    "name": "staging",
    "bucket": "zichkoding-staging",
    "region": "eu-central-1",
    "kvs_arn": "arn:aws:cloudfront::123456789012:key-value-store/1",
    "site_url": "https://staging.example",
    "account": "123456789012",
    "distribution_id": "E1",
}
API: dict[str, Any] = {"function": "a", "worker": "w", "migration": "m", "alias": "live"}


def nowhere(_: str) -> bytes | None:
    """Return nothing, as an empty bucket does."""
    return None


def test_a_description_is_read_as_it_is() -> None:
    """What Terraform writes is what we use; what it writes besides is not our concern."""
    text = json.dumps({**STAGING, "more": 1, "hosts": ["a.example"], "api_url": None})

    assert read_descriptor("staging", text, "it") == Descriptor(**STAGING, hosts=("a.example",))


def test_an_api_may_have_functions_that_follow_what_is_live() -> None:
    """A description that was written before there were any is read as well."""
    with_some = json.dumps({**STAGING, "api": {**API, "followers": ["r", "v"]}})

    assert read_descriptor("staging", with_some, "it").api == Api(**API, followers=("r", "v"))
    assert read_descriptor("staging", json.dumps({**STAGING, "api": API}), "it").api == Api(**API)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "no JSON object"),
        (json.dumps({**STAGING, "bucket": None}), "lacks bucket"),
        (json.dumps({**STAGING, "bucket": ""}), "lacks bucket"),
        (json.dumps({**STAGING, "api_url": 1}), "api_url is no text"),
        (json.dumps({**STAGING, "hosts": "a"}), "hosts are no list"),
        (json.dumps({**STAGING, "name": "production"}), "describes production, not staging"),
        (json.dumps({**STAGING, "api": "a"}), "api is no JSON object"),
        (json.dumps({**STAGING, "api": {**API, "worker": ""}}), "api lacks worker"),
        (json.dumps({**STAGING, "api": {**API, "followers": "a"}}), "followers are no list"),
    ],
)
def test_a_description_that_does_not_fit_is_refused_with_words(text: str, words: str) -> None:
    """A wrong description must never send a release somewhere else."""
    with pytest.raises(ReleaseError, match=words):
        read_descriptor("staging", text, "it")


def test_the_configuration_bucket_is_asked_where_nothing_else_is_given() -> None:
    """By the environment's name alone."""
    kept = {configuration_key("staging"): json.dumps(STAGING).encode()}

    assert find_descriptor("staging", Places(None, None, kept.get)) == Descriptor(**STAGING)


def test_a_folder_or_a_text_stands_in_for_the_bucket(tmp_path: Path) -> None:
    """The folder counts before the text, and both before the bucket."""
    (tmp_path / "staging.json").write_text(json.dumps({**STAGING, "bucket": "of-the-folder"}))
    text = json.dumps({**STAGING, "bucket": "of-the-text"})

    assert find_descriptor("staging", Places(text, tmp_path, nowhere)).bucket == "of-the-folder"
    assert find_descriptor("staging", Places(text, None, nowhere)).bucket == "of-the-text"


def test_a_text_that_describes_another_environment_is_passed_over() -> None:
    """Production asks what staging said of a release, and has been given its own description."""
    kept = {configuration_key("staging"): json.dumps(STAGING).encode()}
    text = json.dumps({**STAGING, "name": "production"})

    assert find_descriptor("staging", Places(text, None, kept.get)).name == "staging"


def test_what_nobody_described_is_refused_with_the_way_to_describe_it(tmp_path: Path) -> None:
    """Each place says what is missing there."""
    with pytest.raises(ReleaseError, match="Apply Terraform in infra/environments/dev"):
        find_descriptor("dev", Places(None, None, nowhere))
    with pytest.raises(ReleaseError, match="make cloud"):
        find_descriptor("local-dev", Places(None, None, nowhere))
    with pytest.raises(ReleaseError, match="make cloud"):
        find_descriptor("local-dev", Places(None, tmp_path, nowhere))
    with pytest.raises(ReleaseError, match="no such file to describe dev"):
        find_descriptor("dev", Places(None, tmp_path, nowhere))


def test_a_description_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    """A folder where a file should be, for one."""
    (tmp_path / "dev.json").mkdir()

    with pytest.raises(ReleaseError, match="cannot be read"):
        find_descriptor("dev", Places(None, tmp_path, nowhere))


def test_the_stages_are_the_same_on_this_machine() -> None:
    """What is refused on production is refused on the local one."""
    local = Descriptor(**{**STAGING, "name": "local-production", "site_url": "http://127.0.0.1:8100"})

    assert (local.stage, local.preview_host) == ("production", "preview.localhost:8100")
    assert Descriptor(**STAGING).preview_host == "preview.staging.example"
