"""What GitHub says of a pull request when it is opened, was built, and is closed: as much of it as workflows read."""

from __future__ import annotations

from collections.abc import Mapping

from tools.road.expressions import Value
from tools.road.replay import REPOSITORY

NUMBER = 7
FORK = "mallory/site"


def opened(base: str, repository: str = REPOSITORY) -> Mapping[str, Value]:
    """Return the document of a pull request with something new in it."""
    head: Value = {"ref": "change", "repo": {"full_name": repository}}
    return {"action": "synchronize", "number": NUMBER, "pull_request": {"base": {"sha": base}, "head": head}}


def built(
    run: int, commit: str, conclusion: str = "success", repository: str = REPOSITORY, *, closed_meanwhile: bool = False
) -> Mapping[str, Value]:
    """Return the document of a workflow that has ended; only open pull requests of our own branches are named there."""
    numbers: list[Value] = [] if closed_meanwhile or repository != REPOSITORY else [{"number": NUMBER}]
    ended: Value = {
        "id": str(run), "event": "pull_request", "conclusion": conclusion, "head_branch": "change", "head_sha": commit,
        "head_repository": {"full_name": repository}, "pull_requests": numbers,
    }  # fmt: skip
    return {"action": "completed", "workflow_run": ended}


def closed(default_branch: str, repository: str = REPOSITORY) -> Mapping[str, Value]:
    """Return the document of a pull request that was merged or given up."""
    pull: Value = {"head": {"ref": "change", "repo": {"full_name": repository}}}
    ours: Value = {"default_branch": default_branch}
    return {"action": "closed", "number": NUMBER, "pull_request": pull, "repository": ours}
