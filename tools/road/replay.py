"""Run a workflow's jobs on this machine as GitHub would run them, one after the other.

Each job has a folder of its own, into which `actions/checkout` clones what was pushed. Artefacts go from job to job,
and from run to run, as copies. What needs GitHub or AWS themselves is left out, and told as left out: signing in,
attestations, and, where nothing stands for GitHub's API, commands that are given its token.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.road.artefacts import ArtefactError, keep, take
from tools.road.expressions import Scope, Status, Value, fill, holds
from tools.road.workflows import Job, Step, Workflow

CHECKOUT = "actions/checkout"
UPLOAD, DOWNLOAD = "actions/upload-artifact", "actions/download-artifact"
REPOSITORY = "ours/site"
# A command with this in its environment speaks to GitHub itself.
TOKENS = frozenset({"GH_TOKEN", "GITHUB_TOKEN"})
PASSED, FAILED, LEFT_OUT, SKIPPED, REFUSED = "passed", "failed", "left out", "skipped", "not approved"
BAD = (FAILED, REFUSED)


@dataclass(frozen=True)
class Push:
    """What happened on GitHub: an event on a branch, at a commit of a repository."""

    repository: Path
    branch: str
    commit: str
    event: str = "push"
    inputs: Mapping[str, Value] = field(default_factory=dict)
    # What GitHub says of the event, as workflows read it in `github.event`.
    document: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Told:
    """How one step ended."""

    workflow: str
    job: str
    what: str
    outcome: str
    seconds: float = 0.0
    # Where it failed: what it printed last.
    said: str = ""


@dataclass(frozen=True)
class Api:
    """What stands for GitHub's API, and the token that it takes."""

    url: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class Ground:
    """What the replay stands on: where it may write, what each environment's variables are, who approves."""

    folder: Path
    variables: Callable[[str], Mapping[str, Value]] = lambda _: {}
    secrets: Callable[[str], Mapping[str, Value]] = lambda _: {}
    approves: Callable[[str], bool] = lambda _: True
    environment: Mapping[str, str] = field(default_factory=dict)
    tell: Callable[[Told], None] = lambda _: None
    # Commands that are not run here, by their words.
    leave_out: frozenset[str] = frozenset()
    api: Api | None = None


@dataclass
class Replay:
    """One run of a workflow."""

    workflow: Workflow
    push: Push
    ground: Ground
    told: list[Told] = field(default_factory=list)
    # By which number other runs find what this one has kept.
    number: int = 0
    _results: dict[str, str] = field(default_factory=dict)
    _outputs: dict[str, dict[str, Value]] = field(default_factory=dict)

    def run(self, only: Sequence[str] = ()) -> bool:
        """Run the jobs, or only those that are named; say whether all that ran passed."""
        self.number = len(list(self.ground.folder.glob("run-*"))) + 1
        self._folder.mkdir(parents=True)
        for job in self.workflow.jobs:
            if not only or job.name in only:
                self._results[job.name] = self._run_job(job)
        return not any(result == "failure" for result in self._results.values())

    @property
    def _folder(self) -> Path:
        return self.ground.folder / f"run-{self.number}"

    def _run_job(self, job: Job) -> str:
        scope = self._scope(job, Status(any(self._results.get(name) == "failure" for name in job.needs)))
        waits_for_skipped = any(self._results.get(name) == "skipped" for name in job.needs)
        if not holds(job.condition or "success()", scope) or (waits_for_skipped and "()" not in job.condition):
            return "skipped"
        if job.environment and not self.ground.approves(fill(job.environment, scope)):
            self._tell(Told(self.workflow.name, job.name, f"approval of {job.environment}", REFUSED))
            return "failure"
        place = self._folder / job.name
        (place / "work").mkdir(parents=True)
        failed = self._run_steps(job, place)
        return "failure" if failed else "success"

    def _run_steps(self, job: Job, place: Path) -> bool:
        failed, steps = False, dict[str, Value]()
        for step in job.steps:
            scope = self._scope(job, Status(failed), steps)
            if not holds(step.condition or "success()", scope):
                outcome, outputs = SKIPPED, dict[str, Value]()
            else:
                outcome, outputs = self._run_step(job, step, scope, place)
            failed = failed or outcome in BAD
            if step.id:
                result = {PASSED: "success", LEFT_OUT: "success", SKIPPED: "skipped"}.get(outcome, "failure")
                steps[step.id] = {"outcome": result, "conclusion": result, "outputs": outputs}
        end = self._scope(job, Status(failed), steps)
        self._outputs[job.name] = {name: fill(text, end) for name, text in job.outputs.items()}
        return failed

    def _run_step(self, job: Job, step: Step, scope: Scope, place: Path) -> tuple[str, dict[str, Value]]:
        began = time.monotonic()
        environment = {name: fill(text, scope) for name, text in {**job.env, **step.env}.items()}
        what, outputs, said = step.run or step.action, dict[str, Value](), ""
        if step.run and self._is_for_here(step.run, environment):
            outcome, outputs, said = self._command(step, environment, place)
        elif step.action in (CHECKOUT, UPLOAD, DOWNLOAD):
            given = {name: fill(text, scope) for name, text in step.given.items()}
            outcome, said = self._act(step.action, given, place)
        else:
            outcome = LEFT_OUT
        self._tell(Told(self.workflow.name, job.name, what, outcome, time.monotonic() - began, said))
        return outcome, outputs

    def _is_for_here(self, command: str, environment: Mapping[str, str]) -> bool:
        speaks_to_github = bool(TOKENS & environment.keys())
        return command not in self.ground.leave_out and (self.ground.api is not None or not speaks_to_github)

    def _command(self, step: Step, environment: Mapping[str, str], place: Path) -> tuple[str, dict[str, Value], str]:
        outputs, log = place / ".outputs", place / ".log"
        outputs.write_text("")
        variables = {
            **self.ground.environment, **environment,
            "GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(self.ground.folder / "summary.md"),
            **({"GITHUB_API_URL": self.ground.api.url} if self.ground.api else {}),
        }  # fmt: skip
        with log.open("wb") as stream:
            done = subprocess.run(
                ["bash", "-e", "-o", "pipefail", "-c", step.run], cwd=place / "work" / step.folder, env=variables,
                stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, check=False,
            )  # fmt: skip
        read = dict(line.partition("=")[::2] for line in outputs.read_text().splitlines())
        said = "" if done.returncode == 0 else log.read_text(errors="replace")
        return (FAILED if done.returncode else PASSED), dict(read), said

    def _act(self, action: str, given: Mapping[str, str], place: Path) -> tuple[str, str]:
        """Do here what the three actions do that every job needs."""
        if action == CHECKOUT:
            return self._check_out(given.get("ref") or self.push.commit, place / "work" / given.get("path", ""))
        try:
            if action == UPLOAD:
                keep(place / "work", given, self._folder / "artefacts")
            else:
                # Without a token GitHub looks in this very run, whatever is asked for.
                number = given.get("run-id") if given.get("github-token") else None
                take(self.ground.folder / f"run-{number or self.number}" / "artefacts", given, place / "work")
        except ArtefactError as error:
            return FAILED, str(error)
        return PASSED, ""

    def _check_out(self, ref: str, work: Path) -> tuple[str, str]:
        for command in (
            ["git", "clone", "--quiet", "--shared", "--no-checkout", str(self.push.repository), str(work)],
            ["git", "-C", str(work), "-c", "advice.detachedHead=false", "checkout", "--quiet", ref],
        ):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                return FAILED, done.stderr
        return PASSED, ""

    def _scope(self, job: Job, status: Status, steps: Mapping[str, Value] | None = None) -> Scope:
        contexts: dict[str, Value] = {
            "github": {
                "ref_name": self.push.branch, "ref": f"refs/heads/{self.push.branch}", "sha": self.push.commit,
                "event_name": self.push.event, "event": dict(self.push.document), "repository": REPOSITORY,
                "run_id": str(self.number), "token": self.ground.api.token if self.ground.api else "none",
                "workflow": self.workflow.name,
            },
            "inputs": dict(self.push.inputs),
            "needs": {
                name: {"result": self._results.get(name, "skipped"), "outputs": self._outputs.get(name, {})}
                for name in job.needs
            },
            "steps": dict(steps or {}),
            "matrix": {name: values[0] for name, values in job.matrix.items()},
            "runner": {"os": "Linux", "temp": str(self.ground.folder)},
        }  # fmt: skip
        named = Scope(contexts)
        environment = fill(job.environment, named)
        own: dict[str, Value] = {
            "vars": dict(self.ground.variables(environment)), "secrets": dict(self.ground.secrets(environment)),
        }  # fmt: skip
        return Scope({**contexts, **own}, status)

    def _tell(self, told: Told) -> None:
        self.told.append(told)
        self.ground.tell(told)


def commands(workflow: Workflow) -> list[tuple[str, str]]:
    """Return every command of a workflow with its job, in the order in which they stand."""
    return [(job.name, step.run) for job in workflow.jobs for step in job.steps if step.run]


def inherited() -> Mapping[str, str]:
    """Return this process's environment without what would tell a command of another run."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "MAKE", "MFLAGS"))}
