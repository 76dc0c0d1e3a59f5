"""The workflows run here as they are written: each command in its order, under its condition, in its environment.

Commands are taken down by a `make` that does nothing, or fails where the test says so.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.tools.road import events
from tools.road.expressions import Scope, Status, Value, holds
from tools.road.replay import FAILED, LEFT_OUT, PASSED, REFUSED, SKIPPED, Api, Ground, Push, Replay
from tools.road.workflows import WORKFLOWS, read_workflow

ROOT = Path(__file__).resolve().parents[3]
# Takes down what it is asked, makes what is handed over when that is asked for, and fails where it is told to.
MAKE = """#!/bin/sh
echo "$*" >> "$TAKEN_DOWN"
case "$1" in artefact) mkdir -p dist/artefact && echo sealed > dist/artefact/SHA256SUMS ;;
  build) mkdir -p output && echo page > output/index.html ;;
  pull-request-compare) mkdir -p dist/pull-request && echo report > dist/pull-request/report.json ;;
  preview) echo "url=http://due.preview" >> "$GITHUB_OUTPUT"; echo "release=d1" >> "$GITHUB_OUTPUT" ;;
  live) echo "live=d1" >> "$GITHUB_OUTPUT" ;;
  sbom) mkdir -p dist && echo parts > dist/sbom-site.json ;; esac
case "$*" in *"$FAILS"*) echo "it failed"; exit 1 ;; esac
"""
BUILT = ["build", "package", "artefact"]


def look(stage: str) -> list[str]:
    """Return the commands that look at a live site."""
    return [f"live ENV=local-{stage}", f"smoke URL=http://{stage} ENV=local-{stage} RELEASE=d1"]


DEV = ["deploy ENV=local-dev ARTEFACT=dist/artefact", *look("dev")]
STAGING = [f"{one} ENV=local-staging COMMIT={{commit}}" for one in ("named", "promote")] + look("staging")
CANARY = [
    "named ENV=local-production COMMIT={commit}",
    "promote ENV=local-production COMMIT={commit} PERCENT=10",
    "watch ENV=local-production SECONDS=3",
]
PRODUCTION = [*CANARY, "finish ENV=local-production", *look("production")]
UAT = "uat URL=http://staging LIVE=http://live REPOSITORY=ours/site RELEASE=d1"
NOTHING = "nothing is called so"


def passed(stage: str, verdict: str = "passed") -> str:
    """Return the command that keeps a verdict."""
    return f"verdict ENV=local-{stage} VERDICT={verdict}"


def variables(environment: str) -> Mapping[str, Value]:
    """Return an environment's variables, as the local cloud would have them."""
    if not environment:
        return {}
    stage = environment.removesuffix("-unattended")
    described = {"name": f"local-{stage}", "region": "here", "site_url": f"http://{stage}"}
    return {
        "DESCRIPTOR": json.dumps(described),
        "DEPLOY_ROLE": "role",
        "CANARY_SECONDS": "3",
        "LIVE_URL": "http://live",
    }


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository that holds the workflows alone."""
    origin = tmp_path / "origin"
    origin.mkdir()
    (origin / "README.md").write_text("A site")
    identity = ["-c", "user.name=A", "-c", "user.email=a@b.example"]
    for command in (["init", "-q", "-b", "production"], ["add", "."], [*identity, "commit", "-q", "-m", "All of it"]):
        subprocess.run(["git", *command], cwd=origin, check=True)
    return origin


Travelled = tuple[Replay, list[str]]
Travel = Callable[..., Travelled]


@pytest.fixture
def travel(repository: Path, tmp_path: Path) -> Travel:
    """Return what runs a workflow and gives what it asked of make."""
    programs, taken = tmp_path / "programs", tmp_path / "taken"
    programs.mkdir()
    (programs / "make").write_text(MAKE)
    (programs / "make").chmod(0o755)
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.strip()

    def run(
        workflow: Path | str,
        branch: str,
        fails: str = NOTHING,
        *,
        approved: bool = True,
        api: Api | None = None,
        **more: object,
    ) -> Travelled:
        taken.write_text("")
        environment = {"PATH": f"{programs}:/usr/bin:/bin", "TAKEN_DOWN": str(taken), "FAILS": fails}
        ground = Ground(tmp_path / "runs", variables, approves=lambda _: approved, environment=environment, api=api)
        file = workflow if isinstance(workflow, Path) else ROOT / WORKFLOWS / f"{workflow}.yml"
        replay = Replay(read_workflow(file), Push(repository, branch, commit, **more), ground)  # type: ignore[arg-type]
        replay.run()
        return replay, taken.read_text().replace(commit, "{commit}").splitlines()

    return run


def result(replay: Replay) -> str:
    """Say how a run ended, in the words of its last step that was not skipped."""
    return next(one.outcome for one in reversed(replay.told) if one.outcome != SKIPPED)


@pytest.mark.parametrize(
    ("branch", "commands"),
    [
        ("dev", [*BUILT, *DEV, passed("dev")]),
        ("staging", [*STAGING, passed("staging"), UAT]),
        ("production", [*PRODUCTION, passed("production")]),
        ("main", []),
    ],
)
def test_a_branch_leads_to_the_environment_of_its_name_alone(branch: str, commands: list[str], travel: Travel) -> None:
    """Only dev builds; each of the others takes what the one before was given of this very commit."""
    assert travel("release", branch)[1] == commands


@pytest.mark.parametrize(
    ("branch", "fails", "commands"),
    [
        ("dev", "build", ["build"]),
        ("dev", "deploy", [*BUILT, DEV[0]]),
        ("dev", "smoke", [*BUILT, *DEV, passed("dev", "failed")]),
        ("staging", "named", STAGING[:1]),
        ("staging", "promote", STAGING[:2]),
        ("staging", "smoke", [*STAGING, passed("staging", "failed")]),
        # What never began is not taken back: there is nothing of it.
        ("production", "named", CANARY[:1]),
        ("production", "promote", CANARY[:2]),
        ("production", "watch", [*CANARY, "withdraw ENV=local-production COMMIT={commit}"]),
        ("production", "finish", [*PRODUCTION[:4], "withdraw ENV=local-production COMMIT={commit}"]),
        (
            "production",
            "smoke",
            [*PRODUCTION, passed("production", "failed"), "withdraw ENV=local-production COMMIT={commit}"],
        ),
    ],
)
def test_what_fails_ends_the_road_there(branch: str, fails: str, commands: list[str], travel: Travel) -> None:
    """Nothing comes after it but the verdict, and on production the way back."""
    replay, asked = travel("release", branch, fails)

    assert asked == commands
    assert [one.what.split()[1] for one in replay.told if one.outcome == FAILED] == [fails]


def test_production_waits_for_a_person(travel: Travel) -> None:
    """Who does not approve stops it before its first step."""
    replay, asked = travel("release", "production", approved=False)

    assert (asked, [one.outcome for one in replay.told]) == ([], [REFUSED])


@pytest.mark.parametrize("environment", ["dev", "production"])
def test_a_rollback_is_one_command_and_a_look(environment: str, travel: Travel) -> None:
    """And asks nobody."""
    _, asked = travel(
        "rollback", "main", event="workflow_dispatch", inputs={"environment": environment, "release": "ab"}
    )

    assert asked == [f"rollback ENV=local-{environment} RELEASE=ab", *look(environment)]


def test_what_is_due_is_rehearsed_then_stored_then_shown_at_its_moment(travel: Travel) -> None:
    """On staging under a name of its own; on production for nobody until then."""
    _, asked = travel(
        "publish", "main", event="repository_dispatch", document={"client_payload": {"moment": "1790000000"}}
    )

    assert asked == [
        "build",
        "artefact SITE_ONLY=1",
        "preview ENV=local-staging NAME=due ARTEFACT=dist/artefact",
        "smoke URL=http://due.preview ENV=local-staging RELEASE=d1",
        "verdict ENV=local-staging VERDICT=passed RELEASE=d1",
        "canary ENV=local-production PERCENT=0 ARTEFACT=dist/artefact SITE_ONLY=1",
        "wait UNTIL=1790000000",
        "finish ENV=local-production",
        *look("production"),
    ]


@pytest.mark.parametrize("stage", ["dev", "staging", "production"])
def test_nothing_is_deployed_before_it_is_asked_who_made_it(stage: str, travel: Travel) -> None:
    """On dev of the artefact itself; later of what it is called, wherever its bytes are by now."""
    replay, _ = travel("release", stage)
    asked = [one.what.split()[1] for one in replay.told if one.job == stage and one.what.startswith("make ")]
    order = ["provenance", "deploy"] if stage == "dev" else ["named", "provenance", "promote"]

    assert asked[: len(order)] == order


CHECKED = ["annotations", "check", "test", "summary"]
ASKED = ["audit", "secrets", "licences", "workflows", "checkov", "sbom"]
EVERY = [*CHECKED, "build", "review", "pipeline", *ASKED]


@pytest.mark.parametrize(
    ("fails", "commands", "ends"),
    [
        (NOTHING, EVERY, PASSED),
        ("checkov", [one for one in EVERY if one != "sbom"], FAILED),
        # How far the tests came is summed up also where one has failed.
        ("annotations", [one for one in EVERY if one not in ("check", "test")], FAILED),
    ],
)
def test_ci_says_in_one_word_whether_all_passed(fails: str, commands: list[str], ends: str, travel: Travel) -> None:
    """Whatever failed, the others are asked too, and the last word is no."""
    replay, asked = travel("ci", "change", fails, event="pull_request")

    assert (asked, result(replay), replay.told[-1].job) == (commands, ends, "required")


def test_the_night_asks_for_what_changes_without_us(travel: Travel) -> None:
    """And for what takes too long by day; no job waits for another."""
    _, asked = travel("nightly", "main", "links", event="schedule")

    assert asked == [
        "test-nightly", "hammer", "pipeline DUE=1", "links", "lighthouse", "audit",
        "verify ENV=local-dev", "backups ENV=local-dev",
    ]  # fmt: skip


@pytest.mark.parametrize(("workflow", "job"), [("release", "production"), ("publish", "publish")])
def test_whoever_cancels_what_visitors_get_already_takes_it_back(workflow: str, job: str) -> None:
    """A run that came to its time limit too; else a canary would stay as it is until somebody sees it."""
    steps = next(one.steps for one in read_workflow(ROOT / WORKFLOWS / f"{workflow}.yml").jobs if one.name == job)
    (withdraw,) = [step for step in steps if step.run.startswith("make withdraw ")]
    begun, not_begun = ({"steps": {"canary": {"outcome": outcome}}} for outcome in ("success", "skipped"))

    assert holds(withdraw.condition, Scope(begun, Status(cancelled=True)))
    assert holds(withdraw.condition, Scope(begun, Status(failed=True)))
    assert not holds(withdraw.condition, Scope(begun, Status()))
    assert not holds(withdraw.condition, Scope(not_begun, Status(cancelled=True)))


def test_what_needs_github_or_aws_is_left_out_by_name(travel: Travel) -> None:
    """And what is left out is told, so that nobody takes it for proved."""
    replay, _ = travel("release", "dev")

    assert {one.what for one in replay.told if one.outcome == LEFT_OUT} == {
        "actions/setup-python", "actions/attest-build-provenance", "make provenance",
        "aws-actions/configure-aws-credentials",
    }  # fmt: skip


ARTEFACTS = """
name: Small
jobs:
  one:
    environment: {name: dev}
    runs-on: x
    outputs: {word: "${{ steps.say.outputs.word }}"}
    steps:
      - uses: actions/checkout@v1
        with: {ref: "%s"}
      - run: echo text > file && mkdir folder && echo more > folder/file
      - {id: say, run: echo "word=hello" >> "$GITHUB_OUTPUT"}
      - {uses: actions/upload-artifact@v1, with: {name: a, path: file}}
      - {uses: actions/upload-artifact@v1, with: {name: b, path: %s, if-no-files-found: error}}
  two:
    needs: one
    runs-on: x
    steps:
      - uses: actions/checkout@v1
      - {uses: actions/download-artifact@v1, with: {name: b, path: there}}
      - run: test "$(cat there/file)-$WORD" = more-hello
        env: {WORD: "${{ needs.one.outputs.word }}"}
  three:
    needs: [two]
    if: always()
    runs-on: x
    steps: [{uses: actions/checkout@v1}, {run: test "$RESULT" = success, env: {RESULT: "${{ needs.two.result }}"}}]
"""


@pytest.mark.parametrize(
    ("ref", "path", "outcome", "count"),
    [("production", "folder", PASSED, 10), ("production", "nowhere", FAILED, 7), ("nowhere", "folder", FAILED, 3)],
)
def test_artefacts_and_outputs_go_from_job_to_job(
    ref: str, path: str, outcome: str, count: int, travel: Travel, tmp_path: Path
) -> None:
    """What was not made cannot be taken, and whoever needs a job that failed does not run, unless they say always."""
    small = tmp_path / "small.yml"
    small.write_text(ARTEFACTS % (ref, path))
    replay, _ = travel(small, "main")

    assert result(replay) == outcome
    assert len([one for one in replay.told if one.outcome != SKIPPED]) == count


def test_a_strangers_change_is_built_and_compared_without_any_right(travel: Travel) -> None:
    """Beside what it is based on; whatever has a right is in another workflow, and runs nothing of the change."""
    replay, asked = travel("preview", "main", event="pull_request", document=events.opened("", events.FORK))
    jobs = (ROOT / WORKFLOWS / "preview.yml").read_text()

    assert (result(replay), asked) == (PASSED, ["build", "build", "pull-request-compare BASE=base/output"])
    assert re.findall(r"^      ([a-z-]+: \w+)", jobs, re.MULTILINE) == ["contents: read"]
    assert "secrets" not in jobs


FROM_THE_RUN_BEFORE = "NUMBER=7 ENV=local-dev OUTPUT=change/output INTO=change/dist/pull-request"


def test_what_was_compared_is_shown_and_told_with_rights_of_its_own(travel: Travel) -> None:
    """By our own commands, from what the run before has handed over; telling is left out where there is no GitHub."""
    before, _ = travel("preview", "change", event="pull_request", document=events.opened(""))
    follows = {"event": "workflow_run", "document": events.built(before.number, "abc")}
    replay, asked = travel("preview-show", "production", api=Api("http://127.0.0.1:9", "token"), **follows)
    without, shown = travel("preview-show", "production", **follows)

    assert (result(replay), result(without)) == (PASSED, LEFT_OUT)
    assert asked == [
        f"pull-request-show {FROM_THE_RUN_BEFORE}",
        "pull-request-tell NUMBER=7 REPOSITORY=ours/site COMMIT=abc INTO=change/dist/pull-request",
    ]
    assert shown == asked[:1]


@pytest.mark.parametrize(
    "follows",
    [
        events.built(1, "abc", repository=events.FORK),
        events.built(1, "abc", conclusion="failure"),
        events.built(1, "abc", closed_meanwhile=True),
    ],
    ids=["a stranger's", "one that failed", "one that was closed meanwhile"],
)
def test_what_may_not_be_shown_is_not(follows: Mapping[str, Value], travel: Travel) -> None:
    """Under our name stand our own branches, what was built of them, and only while somebody asks for it."""
    replay, asked = travel("preview-show", "production", event="workflow_run", document=follows)

    assert (replay.told, asked) == ([], [])


def test_what_is_closed_is_taken_away_and_a_strangers_never_was_there(travel: Travel) -> None:
    """By the default branch's commands."""
    api = Api("http://127.0.0.1:9", "token")
    _, asked = travel("preview-close", "change", api=api, event="pull_request", document=events.closed("production"))
    _, strangers = travel(
        "preview-close", "change", api=api, event="pull_request", document=events.closed("production", events.FORK)
    )

    assert asked == ["pull-request-close NUMBER=7 REPOSITORY=ours/site ENV=local-dev"]
    assert strangers == []
