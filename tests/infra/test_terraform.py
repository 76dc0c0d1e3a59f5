"""The ground is well formed, valid, and what its own assertions say."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from site_builder.release.descriptor import configuration_bucket, configuration_key, read_descriptor
from tests.infra.ground import ASSERTED, ENVIRONMENTS, FOLDERS, GROUND, Tried, terraform, unavailable

pytestmark = pytest.mark.infra


def test_the_files_are_formatted(infra: Path) -> None:
    """By Terraform's own rules."""
    done = terraform(infra, "fmt", "-check", "-recursive", "-diff")

    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize("folder", ASSERTED)
def test_a_folder_is_what_its_assertions_say(folder: str, tried: Callable[[str], Tried]) -> None:
    """Each assertion of its tests holds; Terraform has looked at every reference and type before."""
    done = tried(folder)

    assert done.passed, done.said
    assert ", 0 failed" in done.said


def test_every_folder_has_assertions() -> None:
    """A part that nobody asserts anything of could be anything."""
    assert ASSERTED == FOLDERS


def test_a_machine_without_terraform_skips_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person without it can still run all the rest."""
    monkeypatch.delenv("INFRA_TESTS_REQUIRED", raising=False)

    with pytest.raises(pytest.skip.Exception, match="terraform is not on PATH"):
        unavailable("terraform is not on PATH")


def test_where_these_tests_are_required_nothing_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that skips is none."""
    monkeypatch.setenv("INFRA_TESTS_REQUIRED", "1")

    with pytest.raises(pytest.fail.Exception, match="INFRA_TESTS_REQUIRED=1"):
        unavailable("terraform is not on PATH")


def test_the_environments_differ_in_their_name_alone() -> None:
    """What was tried on staging is what production is."""
    texts = []
    for environment in ENVIRONMENTS:
        folder = GROUND / "environments" / environment
        files = sorted([*folder.glob("*.tf"), *folder.glob("tests/*.hcl")])
        texts.append([file.read_text().replace(environment, "NAME") for file in files])

    assert texts[0] == texts[1] == texts[2]


def test_every_variable_and_output_is_described() -> None:
    """The tree is the manual."""
    bare = []
    for file in sorted(GROUND.rglob("*.tf")):
        blocks = file.read_text().split("\n}\n")
        bare += [
            f"{file.name}: {block.strip().splitlines()[0]}"
            for block in blocks
            if block.strip().startswith(("variable", "output")) and "description" not in block
        ]

    assert bare == []


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_descriptor_is_what_publish_reads(environment: str, tried: Callable[[str], Tried]) -> None:
    """The object in the configuration bucket lies where the release command looks, and is read without complaint."""
    (written,) = [one.values for one in tried(f"environments/{environment}").planned if one.kind == "aws_s3_object"]
    account = "123456789012"
    descriptor = read_descriptor(environment, written["content"], written["key"])

    assert (written["bucket"], written["key"]) == (configuration_bucket(account), configuration_key(environment))
    assert descriptor.account == account
    assert descriptor.site_url == f"https://{environment}.example.com"
