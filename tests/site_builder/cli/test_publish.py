"""The release command line says what it will do, does it, and refuses in words."""

from __future__ import annotations

import json
import os
import uuid
from pathlib import Path

import pytest
from botocore.config import Config

from site_builder.cli.publish import main
from site_builder.engine.build import BuildRequest, build_site
from site_builder.release import aws
from site_builder.release.manifest import seal
from site_builder.release.memory import MemoryPointerStore

MOTO_ACCOUNT = "123456789012"


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command and return its exit code and what it printed."""
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(str(end.code))
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def output(tiny_site: Path) -> Path:
    """Return the built output of the smallest site."""
    return build_site(BuildRequest(tiny_site / "pelicanconf.py", tiny_site / "output")).output


def test_a_plan_tells_each_action_and_its_reason(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And does none of them."""
    code, out, _ = run(capsys, "plan", "local", "--output", str(output))

    assert code == 0
    assert "upload   assets/site." in out
    assert "(the first release here)" in out


def test_a_dry_run_is_the_plan(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same words, the same order."""
    _, planned, _ = run(capsys, "plan", "local", "--output", str(output))
    _, dry, _ = run(capsys, "deploy", "local", "--dry-run", "--output", str(output))

    assert dry == planned


def test_a_plan_can_be_read_by_a_machine(output: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As JSON, with every action."""
    _, out, _ = run(capsys, "plan", "local", "--output", str(output), "--json")
    plan = json.loads(out)

    assert [action["action"] for action in plan["actions"]][-3:] == ["WriteManifest", "Upload", "Point"]


def test_without_an_output_it_says_to_build(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The first thing to do comes first."""
    code, _, err = run(capsys, "plan", "local", "--output", str(tmp_path / "output"))

    assert (code, "make build" in err) == (1, True)


@pytest.mark.parametrize("command", ["plan", "deploy", "status"])
def test_an_environment_that_nobody_described_is_refused(
    output: Path, command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the command that describes it."""
    options = [] if command == "status" else ["--output", str(output)]
    code, _, err = run(capsys, command, "staging", *options)

    assert (code, "terraform output -json descriptor" in err) == (1, True)


@pytest.fixture
def staging(aws_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> MemoryPointerStore:
    """Describe a staging whose bucket lies in moto; its KeyValueStore is the twin, since moto has none."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", aws_endpoint)
    bucket = f"staging-{uuid.uuid4()}"
    aws.local_bucket(bucket, aws_endpoint)
    described = {"name": "staging", "bucket": bucket, "region": "us-east-1", "account": MOTO_ACCOUNT}
    described |= {"kvs_arn": "arn:x", "site_url": "https://staging.example", "distribution_id": "E1"}
    monkeypatch.setenv("ZICHKODING_DESCRIPTOR", json.dumps(described))
    pointer = MemoryPointerStore()
    monkeypatch.setattr(aws, "pointer_store", lambda _: pointer)
    return pointer


def test_a_deploy_makes_the_release_live_and_says_so(
    output: Path, staging: MemoryPointerStore, capsys: pytest.CaptureFixture[str]
) -> None:
    """Stored, then pointed to; a second one has nothing to do; and status knows."""
    digest = seal(output).digest
    before = run(capsys, "status", "staging")
    first = run(capsys, "deploy", "staging", "--output", str(output))
    second = run(capsys, "deploy", "staging", "--output", str(output))
    after = run(capsys, "status", "staging")

    assert staging.read().live == digest
    assert (before[1], after[1]) == ("staging: nothing is live yet\n", f"staging: {digest}\n")
    assert first[1].endswith(f"Stored: the release is complete.\nLive: {digest}\n")
    assert "nothing to do" in second[1]


def test_the_credentials_of_another_account_are_refused(
    output: Path, staging: MemoryPointerStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anything is read or written."""
    described = json.loads(os.environ["ZICHKODING_DESCRIPTOR"])
    monkeypatch.setenv("ZICHKODING_DESCRIPTOR", json.dumps({**described, "account": "210987654321"}))
    code, _, err = run(capsys, "deploy", "staging", "--output", str(output))

    assert (code, staging.read().live) == (1, None)
    assert f"belongs to account 210987654321, and these credentials are of {MOTO_ACCOUNT}" in err


def test_an_aws_that_does_not_answer_is_said_without_a_traceback(
    output: Path, staging: MemoryPointerStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The evidence, and that nothing live has changed."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr(aws, "RETRIES", Config(retries={"mode": "standard", "max_attempts": 1}))
    code, _, err = run(capsys, "deploy", "staging", "--output", str(output))

    assert (code, staging.read().live) == (1, None)
    assert "Nothing that is live has changed" in err


@pytest.mark.parametrize(
    ("typed", "guess"), [("stagin", "Did you mean `staging`?"), ("prod", "Did you mean `production`?"), ("xyz", "")]
)
def test_a_mistyped_environment_is_guessed(typed: str, guess: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A typing mistake must never deploy anything; where there is nothing to guess, nothing is guessed."""
    code, _, err = run(capsys, "deploy", typed)

    assert (code, guess in err, "Did you mean" in err) == (2, True, bool(guess))


def test_the_help_says_what_it_is_and_how_it_ends(capsys: pytest.CaptureFixture[str]) -> None:
    """Worth reading, exit codes included."""
    code, out, _ = run(capsys, "--help")

    assert (code, "Exit codes" in out, "until Ctrl-C" in out) == (0, True, True)
