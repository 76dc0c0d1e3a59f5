"""Travel the whole road here: push, CI, dev, staging, smoke tests, approval, canary, finish, rollback.

    make pipeline

The workflows of `.github/` are run as they are written, from clones of the last commit, on the local cloud. An earlier
release is live before; then a new text is pushed. Visitors ask production all the while: a failure that one of them
sees is a failure of the road. What is printed is each step, how it ended and how long it took.
"""

from __future__ import annotations

import argparse
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools.road.cloud import Cloud, CloudError, running
from tools.road.expressions import Value
from tools.road.keys import NoKeyError
from tools.road.replay import BAD, FAILED, PASSED, SKIPPED, Ground, Push, Replay, Told, inherited
from tools.road.visitors import visiting
from tools.road.workflows import WORKFLOWS, read_workflow

ROOT = Path(__file__).resolve().parents[2]
STAGES = ("dev", "staging", "production")
# They take an hour, and what they prove has its own place: `make test` is where this very road is tested.
TOO_LONG = frozenset({"make test", "make summary"})
CI_JOBS = ("test", "build")
KEPT = ROOT / "dist" / "pipeline"
# Enough to build, to rehearse and to store before it; a machine that is slower is late, and no harm is done.
AHEAD_SECONDS = 120
LAST_WORDS = 25
WIDEST = 74

Change = Callable[[Path], None]


class PipelineError(Exception):
    """The road did not lead where it should; the message says where it ended."""


@dataclass
class Road:
    """The ground, and what has been told so far."""

    origin: Path
    ground: Ground
    told: list[Told] = field(default_factory=list)

    def push(self, branch: str, workflow: str, commit: str, only: Sequence[str] = (), **inputs: Value) -> bool:
        """Let a workflow run as it does when a branch is pushed; say whether it passed."""
        return self._run(
            workflow, Push(self.origin, branch, commit, "workflow_dispatch" if inputs else "push", inputs), only
        )

    def dispatch(self, workflow: str, commit: str, **payload: Value) -> bool:
        """Let a workflow run as it does when the function in AWS asks for it; say whether it passed."""
        return self._run(
            workflow, Push(self.origin, "main", commit, "repository_dispatch", document={"client_payload": payload})
        )

    def _run(self, workflow: str, pushed: Push, only: Sequence[str] = ()) -> bool:
        replay = Replay(read_workflow(self.origin / WORKFLOWS / f"{workflow}.yml"), pushed, self.ground)
        passed = replay.run(only)
        self.told += replay.told
        return passed


def main(arguments: Sequence[str] | None = None) -> int:
    """Travel the road once, and say how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--without-ci", action="store_true", help="begin where CI has passed")
    parser.add_argument("--due", action="store_true", help="go on with a text that appears at its moment; some minutes")
    parser.add_argument("--deny", action="store_true", help="be the person who does not approve")
    chosen = parser.parse_args(arguments)
    _say_what_is_left_out()
    # Whoever stops it by its number gets the same end as with Ctrl-C: nothing of it stays.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    began = time.monotonic()
    try:
        with beginning(approves=lambda _: not chosen.deny) as (road, cloud):
            travel(road, cloud, write_a_text, ci=not chosen.without_ci)
            if chosen.due:
                publish_what_is_due(road, cloud)
    except (PipelineError, CloudError, NoKeyError) as error:
        sys.stderr.write(f"\nThe road ends: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return 130
    print(f"\nThe whole road in {time.monotonic() - began:.0f} s.")
    return 0


def travel(road: Road, cloud: Cloud, change: Change, *, ci: bool = True) -> None:
    """Push a change and follow it to production and back; stop at the first step that is wrong."""
    before = cloud.live("production")
    commit = commit_change(road.origin, change)
    with visiting(cloud.urls("production")) as seen:
        if ci:
            _expect(road.push("dev", "ci", commit, CI_JOBS), "CI")
        for stage in STAGES:
            _expect(road.push(stage, "release", commit), f"the release to {stage}")
            _expect_live(cloud, stage, commit)
        _expect(road.push("main", "rollback", commit, environment="production", release=""), "the rollback")
    if cloud.live("production") != before:
        raise PipelineError(f"after the rollback production serves {cloud.live('production')}, not {before}")
    told = f"{seen.answers:,} answers to visitors of production, {len(seen.failures)} of them failures"
    road.ground.tell(Told("visitors", "production", told, FAILED if seen.failures else PASSED))
    _expect(not seen.failures, f"a visitor ({seen.failures[:1]})")


def publish_what_is_due(road: Road, cloud: Cloud) -> None:
    """Let a text appear at its moment: rehearsed before it, and shown by one write."""
    moment = int(time.time()) + AHEAD_SECONDS
    commit = commit_change(road.origin, lambda origin: write_a_text_for(origin, moment))
    # As if it had gone to production before its moment, when it was not on the site yet.
    git(road.origin, "branch", "--force", "production", commit)
    _expect(road.dispatch("publish", commit, moment=str(moment)), "what is due")
    _expect(time.time() >= moment, "the wait for the moment")
    _expect_live(cloud, "production", commit)


def write_a_text_for(origin: Path, moment: int) -> None:
    """Write a post with a date ahead."""
    post = origin / "content" / "posts" / "at-its-moment" / "index.md"
    post.parent.mkdir(parents=True)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(moment))
    post.write_text(POST.replace("Along the road", "At its moment").replace("2024-05-01", when))


def _expect(passed: bool, what: str) -> None:
    if not passed:
        raise PipelineError(f"{what} did not pass.")


def _expect_live(cloud: Cloud, stage: str, commit: str) -> None:
    live = cloud.live(stage)
    if live is None or live.commit != commit:
        raise PipelineError(f"{stage} serves {live}, not what was made of {commit}.")


@contextmanager
def beginning(*, approves: Callable[[str], bool] = lambda _: True) -> Iterator[tuple[Road, Cloud]]:
    """Stand where an earlier release is live everywhere, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-pipeline-") as name:
        folder = Path(name)
        # The database may belong to another user, who has to come through here.
        folder.chmod(0o711)
        origin = clone(folder / "origin")
        with running(ROOT, folder / "cloud", "--delay", "1") as cloud:
            ground = Ground(
                folder / "runs", cloud.described, cloud.secrets, approves, surroundings(cloud), say, leave_out=TOO_LONG
            )
            ground.folder.mkdir()
            road = Road(origin, ground)
            _seed(road, cloud)
            try:
                yield road, cloud
            finally:
                _keep_what_browsers_saw(ground.folder)


def _keep_what_browsers_saw(runs: Path) -> None:
    """Keep what the workflows would have kept of smoke tests that failed, which goes with the folder otherwise."""
    shutil.rmtree(KEPT, ignore_errors=True)
    for kept in runs.glob("run-*/artefacts/smoke-*"):
        shutil.copytree(kept, KEPT / kept.name, dirs_exist_ok=True)


def surroundings(cloud: Cloud) -> Mapping[str, str]:
    """Return the variables of every command: where the cloud is, and that clones use what is installed here."""
    installed = {"MAKEFLAGS": f"PYTHON=true VENV={ROOT / '.venv' / 'bin'} PACKAGING=--no-pyc"}
    return {**inherited(), **cloud.variables, **installed}


def _seed(road: Road, cloud: Cloud) -> None:
    """Make the last commit live everywhere, as it would be from an earlier push."""
    place = road.ground.folder / "before"
    head = git(road.origin, "rev-parse", "HEAD")
    subprocess.run(["git", "clone", "--quiet", "--shared", str(road.origin), str(place)], check=True)
    began = time.monotonic()
    for target, variables in (
        ("build", {}), ("package", {}), ("artefact", {}),
        ("deploy", {"ENV": cloud.name("dev"), "ARTEFACT": "dist/artefact"}),
        ("promote", {"ENV": cloud.name("staging")}),
        ("verdict", {"ENV": cloud.name("staging"), "VERDICT": "passed"}),
        ("promote", {"ENV": cloud.name("production")}),
    ):  # fmt: skip
        given = [f"{key}={value}" for key, value in variables.items()]
        done = subprocess.run(
            ["make", "--no-print-directory", target, *given], cwd=place, env=dict(road.ground.environment),
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise PipelineError(f"`make {target}` failed before anything was pushed:\n{done.stdout}{done.stderr}")
    say(Told("before", "all", f"an earlier release is live everywhere ({head[:10]})", PASSED, time.monotonic() - began))


def clone(to: Path) -> Path:
    """Clone the last commit of this project, as GitHub would have it."""
    done = subprocess.run(["git", "clone", "--quiet", str(ROOT), str(to)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipelineError(f"this folder is no clone with a commit:\n{done.stderr}")
    return to


def write_a_text(origin: Path) -> None:
    """Write a post, as an author would."""
    post = origin / "content" / "posts" / "along-the-road" / "index.md"
    post.parent.mkdir(parents=True)
    post.write_text(POST)


POST = """\
Title: Along the road
Date: 2024-05-01
Category: Notes
Summary: How a text gets from a push to its readers, told by one that went along.

This text was pushed, built once, looked at by a browser on two environments, approved, and shown to a tenth of the
readers before all of them got it.
"""


def commit_change(origin: Path, change: Change) -> str:
    """Change something in the repository and commit it; return the commit."""
    change(origin)
    git(origin, "add", "--all")
    git(origin, "-c", "user.name=Author", "-c", "user.email=author@example.com", "commit", "--quiet", "-m", "A change")
    return git(origin, "rev-parse", "HEAD")


def git(folder: Path, *arguments: str) -> str:
    """Ask git, or say what it said."""
    done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise PipelineError(f"git {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout.strip()


def _say_what_is_left_out() -> None:
    changed = subprocess.run(
        ["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    if changed:
        print(f"Travelled is the last commit: {len(changed)} changed files of this folder are not in it.\n")


def say(told: Told) -> None:
    """Print how a step ended, at once; what was skipped is the way that was not taken."""
    if told.outcome == SKIPPED:
        return
    seconds = f"{told.seconds:6.1f} s" if told.outcome == PASSED or told.outcome in BAD else "        "
    what = told.what if len(told.what) <= WIDEST else told.what[: WIDEST - 1] + "…"
    print(f"  {told.workflow:<13} {told.job:<11} {what:<{WIDEST}} {told.outcome:<12} {seconds}", flush=True)
    if told.outcome in BAD and told.said:
        for line in told.said.rstrip().splitlines()[-LAST_WORDS:]:
            print(f"      {line}")


if __name__ == "__main__":
    sys.exit(main())
