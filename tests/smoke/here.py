"""The whole road on this machine: what was built is deployed, and served with an API and a database of its own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from site_builder.preview.mail import read_mails
from tests.smoke.site import ROOT, Site

START_SECONDS = 120
MAIL_SECONDS = 30
LINK = re.compile(r"https?://[^/\s]+(?P<path>/api/session/link\?token=\S+)")
# As AWS's dev: nothing of it is for search engines, and what is not committed yet may be tried there.
ENVIRONMENT = "local-dev"
OWNER = "owner@127.0.0.1"
SCOPES = ("messages:read", "tests:erase")


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
    state, log = folder / "state", folder / "cloud.log"
    state.mkdir(mode=0o711)
    command = [sys.executable, "publish.py", "cloud", "--port", "0", "--delay", "0.2", "--state", str(state), *options]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream)
    try:
        _wait_until_said(process, log, "Ctrl-C stops it")
        yield state
    finally:
        process.send_signal(signal.SIGINT)
        code = process.wait(60)
    assert code == 0, log.read_text()


def _wait_until_said(process: subprocess.Popen[bytes], log: Path, words: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if words in log.read_text():
            return
        time.sleep(0.05)
    raise AssertionError(f"the local cloud did not come up:\n{log.read_text()}")


def run(*command: str) -> str:
    """Run one of our programs as a person would, and return what it prints."""
    done = subprocess.run([sys.executable, *command], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def make_key(url: str, mail: Path) -> str:
    """Sign in as the owner, by the mail that is sent, and return a key as the owner makes one."""
    asking = Asking(url)
    asking.post("/api/session/mail", {"email": OWNER})
    asking.post(_link_for_owner(mail), {})
    return str(asking.post("/api/keys", {"name": "smoke tests", "scopes": SCOPES, "days": 1})["key"])


@dataclass
class Asking:
    """A browser as far as signing in needs one."""

    url: str
    cookie: str = ""

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """Send JSON as one of the site's own pages does, keep the cookie, and return what is answered."""
        headers = {"Content-Type": "application/json", "Sec-Fetch-Site": "same-origin", "Cookie": self.cookie}
        with closing(HTTPConnection(urlsplit(self.url).netloc, timeout=MAIL_SECONDS)) as connection:
            connection.request("POST", path, json.dumps(body), headers)
            answer = connection.getresponse()
            said = answer.read().decode()
        assert answer.status < 400, f"{path} answered {answer.status}: {said}"
        self.cookie = next((one for one in answer.msg.get_all("Set-Cookie", []) if "session=" in one), self.cookie)
        self.cookie = self.cookie.partition(";")[0]
        return json.loads(said) if said.startswith("{") else said


def _link_for_owner(mail: Path) -> str:
    deadline = time.monotonic() + MAIL_SECONDS
    while time.monotonic() < deadline:
        for one in read_mails(mail):
            if one.recipient == OWNER and (link := LINK.search(one.text)):
                return link["path"]
        time.sleep(0.05)
    message = f"no mail with a link to sign in has come to {mail} within {MAIL_SECONDS} seconds"
    raise AssertionError(message)
