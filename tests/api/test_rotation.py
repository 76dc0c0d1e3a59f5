"""The signing secret is replaced, and no process meets a signature that it does not know."""

from __future__ import annotations

import itertools
import json
from uuid import uuid4

import boto3
import pytest
import rotate as function
from chalicelib.aws import SecretsManagerVault
from chalicelib.rotation import NAME, RotationError, Vault, next_text, rotate
from chalicelib.signing import Signer
from hypothesis import given
from hypothesis import strategies as st

STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")


class MemoryVault:
    """A secret with its versions, in memory."""

    def __init__(self) -> None:
        self._texts = {"empty": "{}"}
        self._in_use = "empty"

    def current(self) -> str:
        """Return the text in use."""
        return self._texts[self._in_use]

    def pending(self, version: str) -> str | None:
        """Return the text that is to come under this name, if it has been written."""
        return None if version == self._in_use else self._texts.get(version)

    def write(self, version: str, text: str) -> None:
        """Write what is to come, beside what is in use."""
        self._texts[version] = text

    def promote(self, version: str) -> None:
        """Make what was to come what is in use; twice is once."""
        self._in_use = version


@pytest.fixture(params=["memory", pytest.param("moto", marks=pytest.mark.integration)])
def vault(request: pytest.FixtureRequest) -> Vault:
    """Return each kind of vault, with the empty text that Terraform leaves."""
    return MemoryVault() if request.param == "memory" else SecretsManagerVault(request.getfixturevalue("secret"))


@pytest.fixture
def secret(aws: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the name of a secret in moto, as Terraform makes it."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws)
    return str(boto3.client("secretsmanager").create_secret(Name=uuid4().hex, SecretString="{}")["ARN"])


def turn(vault: Vault) -> list[str]:
    """Replace the secret once, each step twice as it may come; return those that are known then."""
    version = str(uuid4())
    for step in STEPS:
        rotate(step, version, vault)
        if step != "createSecret":
            rotate(step, version, vault)
    return str(json.loads(vault.current())[NAME]).split(",")


def test_the_first_turn_makes_a_secret(vault: Vault) -> None:
    """Out of nothing: one that signs, and the one after it."""
    assert [len(one) >= 32 for one in turn(vault)] == [True, True]


def test_a_secret_is_known_a_turn_before_it_signs_and_a_turn_after(vault: Vault) -> None:
    """So that processes of two turns understand each other."""
    turns = [turn(vault) for _ in range(4)]

    for old, new in itertools.pairwise(turns):
        assert new[0] == old[1]
        assert old[0] in new
    assert len({one for known in turns for one in known}) == 5


def test_what_was_written_is_not_written_anew(vault: Vault) -> None:
    """A step that is asked for twice does it once."""
    version = str(uuid4())
    rotate("createSecret", version, vault)
    written = vault.pending(version)
    rotate("createSecret", version, vault)

    assert vault.pending(version) == written is not None
    assert vault.current() == "{}"


def test_what_could_not_be_used_does_not_get_into_use(vault: Vault) -> None:
    """The step before the last refuses it, and Secrets Manager ends the rotation."""
    vault.write("b" * 32, json.dumps({NAME: "short,shorter"}))
    with pytest.raises(RotationError, match="not taken into use"):
        rotate("testSecret", "b" * 32, vault)

    assert vault.current() == "{}"


def test_a_step_that_is_none_is_refused() -> None:
    """It is not passed over."""
    with pytest.raises(RotationError, match="'deleteSecret'"):
        rotate("deleteSecret", "a", MemoryVault())


def test_one_secret_written_by_hand_goes_on_signing_until_another_is_known() -> None:
    """For a turn."""
    assert next_text(json.dumps({NAME: "a" * 32}), lambda: "f" * 32) == json.dumps({NAME: "a" * 32 + "," + "f" * 32})


@given(st.dictionaries(st.sampled_from(["WEBHOOK_SECRET", "OIDC_CLIENT_SECRET"]), st.text()))
def test_what_else_the_text_holds_stays(others: dict[str, str]) -> None:
    """Rotating is about one of them."""
    moved = json.loads(next_text(json.dumps(others), lambda: "f" * 32))

    assert {name: value for name, value in moved.items() if name != NAME} == others


def test_processes_of_two_turns_know_each_others_tokens() -> None:
    """Links in mails go on working, whichever process made them."""
    vault = MemoryVault()
    old, new = (Signer(tuple(one.encode() for one in turn(vault))) for _ in range(2))

    assert new.read("link", old.sign("link", "a")) == "a"
    assert old.read("link", new.sign("link", "b")) == "b"


@pytest.mark.integration
def test_the_function_takes_secrets_managers_own_events(secret: str) -> None:
    """As it is called in Lambda."""
    for step in STEPS:
        function.work({"Step": step, "SecretId": secret, "ClientRequestToken": "c" * 32}, None)

    assert list(json.loads(SecretsManagerVault(secret).current())) == [NAME]
