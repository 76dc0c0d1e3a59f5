"""`publish.py deploy local` shows the whole product, once, and stops when it is told to."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

pytestmark = pytest.mark.integration

SERVED = re.compile(r"Release (?P<release>\w+) is served at (?P<url>\S+)/\n")
START_SECONDS = 120


def test_the_whole_product_is_shown_from_an_s3_and_stops_when_told(project_root: Path, site_output: Path) -> None:
    """Pages of the release, an API with its database, and nothing left running."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-local-") as name:
        state, log = Path(name), Path(name) / "deploy.log"
        # A root user's database runs as somebody else, who must be able to walk through to the data.
        state.chmod(0o711)
        command = [sys.executable, "publish.py", "deploy", "local", "--port", "0", "--state", name]
        with log.open("wb") as stream:
            process = subprocess.Popen(
                [*command, "--output", str(site_output)], cwd=project_root, stdout=stream, stderr=stream
            )
        try:
            said = wait_for(SERVED, log, process)
            with urlopen(f"{said['url']}/") as page, urlopen(f"{said['url']}/api/ready") as ready:  # noqa: S310 - ours
                release, ready_words = page.headers["x-amz-meta-release"], ready.read()
        finally:
            process.send_signal(signal.SIGINT)
            code = process.wait(60)

        assert (release, b'"ready": true' in ready_words) == (said["release"], True)
        assert (code, log.read_text().splitlines()[-1]) == (0, "Stopping …")


def wait_for(words: re.Pattern[str], log: Path, process: subprocess.Popen[bytes]) -> re.Match[str]:
    """Return what a process has said as soon as it has."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := words.search(log.read_text()):
            return found
        time.sleep(0.05)
    pytest.fail(f"it did not come up:\n{log.read_text()}")
