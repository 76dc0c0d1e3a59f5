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


def test_a_workflow_opens_with_what_it_does(workflow: Path) -> None:
    """Numbered, before the first line of YAML."""
    opening = workflow.read_text().partition("\nname:")[0]

    assert re.findall(r"^#   (\d)\. ", opening, re.MULTILINE)[:3] == ["1", "2", "3"]
