"""The workflows call what people call, with no more rights than they need."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
TOOLS = Path(sys.executable).parent


def read(workflow: Path) -> dict[str, Any]:
    """Return a workflow as it was written."""
    loaded: dict[str, Any] = yaml.safe_load(workflow.read_text())
    return loaded


def steps(workflow: Path) -> list[dict[str, Any]]:
    """Return the steps of all of a workflow's jobs."""
    return [step for job in read(workflow)["jobs"].values() for step in job["steps"]]


@pytest.fixture(params=WORKFLOWS, ids=lambda workflow: workflow.stem)
def workflow(request: pytest.FixtureRequest) -> Path:
    """Return each workflow."""
    return Path(request.param)


def test_a_workflow_has_the_shape_that_github_reads(workflow: Path) -> None:
    """By GitHub's own schema."""
    command: list[str | Path] = [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.github-workflows", workflow]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_an_auditor_finds_nothing() -> None:
    """No untrusted text in a command, no loose pin, no right too many."""
    command: list[str | Path] = [
        TOOLS / "zizmor",
        "--offline",
        "--pedantic",
        "--no-progress",
        ROOT / ".github" / "workflows",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_action_is_pinned_to_a_commit_with_its_version(workflow: Path) -> None:
    """A tag can be moved; a commit cannot."""
    uses = re.findall(r"uses: (.*)", workflow.read_text())

    assert [use for use in uses if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", use)] == []


def test_nothing_is_allowed_that_a_job_does_not_ask_for(workflow: Path) -> None:
    """The workflow allows nothing; each job says what it needs."""
    parsed = read(workflow)

    assert parsed["permissions"] == {}
    assert [name for name, job in parsed["jobs"].items() if "permissions" not in job] == []


def test_every_job_ends_at_last(workflow: Path) -> None:
    """What hangs is stopped."""
    assert [name for name, job in read(workflow)["jobs"].items() if "timeout-minutes" not in job] == []


def test_what_a_workflow_runs_a_person_can_run(workflow: Path) -> None:
    """The logic is in make targets, where it can be tried; YAML only calls them."""
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    runs = [step["run"] for step in steps(workflow) if "run" in step]
    made = [match for run in runs for match in re.findall(r"^make ([a-z-]+)", run)]

    assert made
    assert [name for name in made if name not in targets] == []
    assert [run for run in runs if not run.startswith(("make ", "test "))] == []


def test_a_deploy_is_never_cancelled_half_way() -> None:
    """Two wait for each other."""
    concurrency = read(ROOT / ".github" / "workflows" / "deploy.yml")["concurrency"]

    assert (concurrency["cancel-in-progress"], "github.ref_name" in concurrency["group"]) == (False, True)


def test_a_deploy_builds_then_deploys_then_looks() -> None:
    """The order that a person would keep, in the environment of the branch's name."""
    deploy = ROOT / ".github" / "workflows" / "deploy.yml"
    job = read(deploy)["jobs"]["deploy"]
    made = [step["run"].split()[1] for step in steps(deploy) if "run" in step]

    assert made == ["build", "deploy", "smoke", "verdict", "verdict"]
    assert job["environment"] == "${{ github.ref_name }}"
    assert job["permissions"] == {"contents": "read", "id-token": "write"}


def test_only_an_environments_branch_is_deployed() -> None:
    """A branch by another name has no environment to go to."""
    # YAML 1.1 reads the key `on` as true.
    triggers: dict[Any, Any] = dict(read(ROOT / ".github" / "workflows" / "deploy.yml"))

    assert triggers[True] == {"push": {"branches": ["dev", "staging", "production"]}}


def test_a_deploy_needs_no_more_than_the_descriptor_and_a_role() -> None:
    """What Terraform said once is not typed in again, where it could differ."""
    text = (ROOT / ".github" / "workflows" / "deploy.yml").read_text()

    assert set(re.findall(r"vars\.(\w+)", text)) == {"DESCRIPTOR", "DEPLOY_ROLE"}
    assert "secrets." not in text


def test_no_text_of_a_stranger_gets_into_a_command(workflow: Path) -> None:
    """What a command needs comes in its environment, where a shell does not read it as its own."""
    assert [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")] == []


def test_a_checkout_leaves_no_credentials_behind(workflow: Path) -> None:
    """What runs later in the job finds nothing to push with."""
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]

    assert checkouts
    assert [step for step in checkouts if step["with"].get("persist-credentials") is not False] == []


def test_nothing_of_terraform_is_skipped_where_it_counts() -> None:
    """A required check that skips is none."""
    runs = [step for step in steps(ROOT / ".github" / "workflows" / "ci.yml") if step.get("run") == "make test"]

    assert [step["env"]["INFRA_TESTS_REQUIRED"] for step in runs] == ["1"]


def test_one_check_says_whether_all_passed() -> None:
    """It runs even where another failed, or a skipped one would count as passed."""
    jobs = read(ROOT / ".github" / "workflows" / "ci.yml")["jobs"]
    last = jobs["required-checks-pass"]

    assert last["if"] == "always()"
    assert set(last["needs"]) == set(jobs) - {"required-checks-pass"}


def test_a_workflow_opens_with_what_it_does(workflow: Path) -> None:
    """Numbered, before the first line of YAML."""
    opening = workflow.read_text().partition("\nname:")[0]

    assert re.findall(r"^#   (\d)\. ", opening, re.MULTILINE)[:3] == ["1", "2", "3"]
