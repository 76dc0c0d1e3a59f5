"""The whole road on this machine: what was built is deployed, and served with an API and a database of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.smoke.site import ROOT, Site
from tools.road.cloud import running
from tools.road.keys import make_key

# As AWS's dev: nothing of it is for search engines, and what is not committed yet may be tried there.
ENVIRONMENT = "local-dev"


@contextmanager
def served_here(output: Path) -> Iterator[Site]:
    """Run the local cloud and deploy a built folder to it until the block ends."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-smoke-") as name, running_cloud(Path(name)) as state:
        environments = state / "cloud" / "environments"
        package = Path(name) / "api.zip"
        run("tools/package_api.py", str(package), "--no-pyc")
        there = (ENVIRONMENT, "--environments", str(environments))
        run("publish.py", "deploy", *there, "--output", str(output), "--api", str(package), "--yes")
        live = json.loads(run("publish.py", "status", *there, "--json"))[ENVIRONMENT]
        url = json.loads((environments / f"{ENVIRONMENT}.json").read_text())["site_url"]
        key = make_key(url, state / "cloud" / ENVIRONMENT / "mail")
        yield Site(url, live["live"], live["serving"]["version"], ENVIRONMENT, key)


@contextmanager
def running_cloud(folder: Path, *options: str) -> Iterator[Path]:
    """Run `publish.py cloud` as a person would, until the block ends; give the folder of what it keeps."""
    # A root user's database runs as somebody else, who must be able to walk through to the data.
    folder.chmod(0o711)
    with running(ROOT, folder / "state", "--delay", "0.2", *options):
        yield folder / "state"


def run(*command: str) -> str:
    """Run one of our programs as a person would, and return what it prints."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout
