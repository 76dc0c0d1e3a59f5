"""The local cloud in a process of its own, and what the road asks of it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from site_builder.preview.leash import Leashed
from tools.road.expressions import Value
from tools.road.keys import make_key

START_SECONDS = 180
STOP_SECONDS = 60
LOCAL = "local-"
UNATTENDED = "-unattended"
WATCHED_SECONDS = "3"
STAGES = ("dev", "staging", "production")


class CloudError(Exception):
    """The local cloud did not come up, or did not answer."""


@dataclass(frozen=True)
class Live:
    """What is live in an environment."""

    release: str
    commit: str | None


@dataclass(frozen=True)
class Cloud:
    """The local cloud while it runs."""

    root: Path
    folder: Path
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> Mapping[str, str]:
        """Return what tells publish.py where the environments are."""
        return {"ZICHKODING_ENVIRONMENTS": str(self.folder)}

    def name(self, stage: str) -> str:
        """Name the environment that stands here for one of GitHub's."""
        return f"{LOCAL}{stage.removesuffix(UNATTENDED)}"

    def described(self, stage: str) -> Mapping[str, Value]:
        """Return the variables that a GitHub environment would have."""
        if not stage:
            return {}
        text = (self.folder / f"{self.name(stage)}.json").read_text()
        return {
            "DESCRIPTOR": text,
            "DEPLOY_ROLE": "role",
            "CANARY_SECONDS": WATCHED_SECONDS,
            "LIVE_URL": self._site("production"),
        }

    def secrets(self, stage: str) -> Mapping[str, Value]:
        """Return the secrets that a GitHub environment would have: the smoke tests' key, once there is an API."""
        if not stage:
            return {}
        name = self.name(stage)
        if name not in self.keys:
            self.keys[name] = make_key(self.urls(stage)[0], self.folder.parent / name / "mail")
        return {"SMOKE_KEY": self.keys[name]}

    def urls(self, stage: str) -> tuple[str, ...]:
        """Return where visitors ask."""
        return (self._site(stage),)

    def _site(self, stage: str) -> str:
        return str(json.loads((self.folder / f"{self.name(stage)}.json").read_text())["site_url"])

    def live(self, stage: str) -> Live | None:
        """Ask what is live."""
        said = self.publish("releases", self.name(stage), "--most", "1")
        newest = said[0] if isinstance(said, list) and said else {}
        return Live(newest["live"], newest.get("commit")) if newest.get("live") else None

    def publish(self, *arguments: str) -> Any:  # noqa: ANN401 - each command's document is its own
        """Ask publish.py something."""
        command = [sys.executable, "publish.py", *arguments, "--json", "--environments", str(self.folder)]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CloudError(f"publish.py {' '.join(arguments)}: {done.stderr.strip()}")
        return json.loads(done.stdout)


@contextmanager
def running(root: Path, state: Path, *options: str) -> Iterator[Cloud]:
    """Run the local cloud until the block, or this process, ends, and see that it ends well."""
    state.mkdir(mode=0o711)
    folder = state / "cloud" / "environments"
    log = state / "cloud.log"
    command = [sys.executable, "publish.py", "cloud", "--port", "0", "--state", str(state), *options]
    with log.open("wb") as stream:
        process = Leashed(command, stop_signal=signal.SIGINT, log=stream, cwd=root, stop_seconds=STOP_SECONDS)
    try:
        _wait_until_it_runs(process, log)
        yield Cloud(root, folder)
    finally:
        process.stop()
    if code := process.exit_code():
        raise CloudError(f"the local cloud ended with {code}:\n{log.read_text()}")


def _wait_until_it_runs(process: Leashed, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.exit_code() is None:
        if "Ctrl-C stops it" in log.read_text():
            return
        time.sleep(0.1)
    raise CloudError(f"the local cloud did not come up:\n{log.read_text()}")
