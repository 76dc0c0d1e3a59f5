"""A workflow file as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

WORKFLOWS = Path(".github") / "workflows"


@dataclass(frozen=True)
class Step:
    """One step: a command, or an action of others."""

    run: str = ""
    uses: str = ""
    id: str = ""
    condition: str = ""
    # Where the command runs, below the folder of the checkout.
    folder: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    given: Mapping[str, str] = field(default_factory=dict)

    @property
    def action(self) -> str:
        """Name the action without its version."""
        return self.uses.partition("@")[0]


@dataclass(frozen=True)
class Job:
    """One job: its steps, what it waits for, and where it deploys to."""

    name: str
    steps: tuple[Step, ...]
    needs: tuple[str, ...] = ()
    condition: str = ""
    environment: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    matrix: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Workflow:
    """One file of `.github/workflows`."""

    name: str
    jobs: tuple[Job, ...]


def read_workflow(file: Path) -> Workflow:
    """Read a workflow."""
    read: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return Workflow(file.stem, tuple(_job(name, job) for name, job in read["jobs"].items()))


def _job(name: str, read: Mapping[str, Any]) -> Job:
    needs = read.get("needs") or ()
    environment = read.get("environment") or ""
    return Job(
        name=name,
        steps=tuple(_step(step) for step in read["steps"]),
        needs=(needs,) if isinstance(needs, str) else tuple(needs),
        condition=str(read.get("if", "")),
        environment=str(environment["name"] if isinstance(environment, dict) else environment),
        env=_texts(read.get("env")),
        outputs=_texts(read.get("outputs")),
        matrix={
            key: tuple(str(one) for one in values)
            for key, values in ((read.get("strategy") or {}).get("matrix") or {}).items()
            if key not in ("include", "exclude")
        },
    )


def _step(read: Mapping[str, Any]) -> Step:
    return Step(
        run=str(read.get("run", "")).strip(),
        uses=str(read.get("uses", "")),
        id=str(read.get("id", "")),
        condition=str(read.get("if", "")),
        folder=str(read.get("working-directory", "")),
        env=_texts(read.get("env")),
        given=_texts(read.get("with")),
    )


def _texts(read: Mapping[str, Any] | None) -> Mapping[str, str]:
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in (read or {}).items()}
