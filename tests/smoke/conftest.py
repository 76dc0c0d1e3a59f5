"""The site that the smoke tests look at: a deployed one, or the whole road travelled on this machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

START_SECONDS = 120
SERVED = re.compile(r"Release (?P<release>\w+) is served at (?P<url>\S+)/\n\s+The database is at (?P<database>\S+)")


@dataclass(frozen=True)
class Deployed:
    """A site that is live somewhere."""

    url: str
    # Known where the test made the deployment itself.
    release: str | None = None
    database: str | None = None


@pytest.fixture(scope="session")
def deployed(request: pytest.FixtureRequest, project_root: Path) -> Iterator[Deployed]:
    """Return the site named by --site-url, or build, deploy and serve one here."""
    url = request.config.getoption("--site-url")
    if url:
        yield Deployed(url.rstrip("/"), database=request.config.getoption("--database-url"))
        return
    with tempfile.TemporaryDirectory(prefix="zichkoding-smoke-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        _run(project_root, "-m", "site_builder", "build", "--output", str(folder / "output"))
        yield from _deploy_and_serve(project_root, folder)


def _deploy_and_serve(project_root: Path, folder: Path) -> Iterator[Deployed]:
    log = folder / "deploy.log"
    command = [sys.executable, "publish.py", "deploy", "local", "--port", "0"]
    command += ["--output", str(folder / "output"), "--state", str(folder / "state")]
    (folder / "state").mkdir(mode=0o711)
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=project_root, stdout=stream, stderr=stream)
    try:
        yield _wait_until_served(process, log)
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    assert code == 0, log.read_text()


def _wait_until_served(process: subprocess.Popen[bytes], log: Path) -> Deployed:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        served = SERVED.search(log.read_text())
        if served:
            return Deployed(**served.groupdict())
        time.sleep(0.05)
    pytest.fail(f"the local deploy did not come up:\n{log.read_text()}")


def _run(project_root: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=project_root,
        check=False,
        capture_output=True,
        text=True,
        env=dict(os.environ),
    )
    assert done.returncode == 0, done.stderr
