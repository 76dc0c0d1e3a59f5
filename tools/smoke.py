"""Run the smoke tests against a site that is live somewhere: `make smoke URL=https://…`.

Before the first test the site is asked whether it is there, is one of ours, and takes the key: what can be known to be
wrong is said in words, and not by thirty tests. Edges that have not heard of the release yet are waited for.

Exit codes: 0 passed, 1 a test failed, 2 they could not be run, so nothing is known of the site.

The key comes in the variable SMOKE_KEY and has the scopes messages:read and tests:erase. Without it, or without an API,
what needs it is skipped, and says so; not on staging, whose verdict lets a release go on: there nothing is skipped.
"""

from __future__ import annotations

import argparse
import http.client
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import Message
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

ROOT = Path(__file__).resolve().parents[1]
BROWSERS = ("chromium", "firefox", "webkit")
KEY_VARIABLE = "SMOKE_KEY"
KEY = re.compile(r"zk_[0-9a-f]{32}_[A-Za-z0-9_-]{43}")
# What is kept of tests that failed: traces, videos, screenshots; the workflows keep this folder.
KEPT = ROOT / "dist" / "smoke"
RELEASE_HEADER = "x-amz-meta-release"
# Where a release has to pass before it may go on.
STRICT = ("staging", "local-staging")
SECONDS = 20
# Edges hear of a flip over some seconds, each in its own time.
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.3
IN_A_ROW = 3
PROCESSES = 2
CANNOT = 2
MAKING_ONE = "An admin makes one by POST /api/keys with the scopes messages:read and tests:erase; see docs/smoke.md."


class CannotRunError(Exception):
    """The tests cannot be run: what is wrong, and what to do."""


@dataclass(frozen=True)
class Wanted:
    """Which site is looked at, what is expected there, and how it is looked at."""

    url: str
    environment: str = ""
    release: str = ""
    api_release: str = ""
    browsers: tuple[str, ...] = ("chromium",)
    processes: int = PROCESSES
    approve: bool = False
    key: str = field(default="", repr=False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Look whether the tests can be run, and run them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="", help="the site's address")
    parser.add_argument("--environment", default="", help="which environment that is; staging skips nothing")
    parser.add_argument("--release", default="", help="the digest of the release that must be live")
    parser.add_argument("--api-release", default="", help="the release that the API must say")
    parser.add_argument("--browsers", default="chromium", help="some of chromium,firefox,webkit, or all")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="how many at once (default: %(default)s)")
    parser.add_argument("--approve", action="store_true", help="take what the pages look like now for right")
    chosen = parser.parse_args(arguments)
    try:
        wanted = Wanted(
            check_url(chosen.url),
            chosen.environment,
            chosen.release,
            chosen.api_release,
            check_browsers(chosen.browsers),
            chosen.processes,
            chosen.approve,
            os.environ.get(KEY_VARIABLE, "").strip(),
        )
        for words in look_before(wanted):
            print(f"make smoke: {words}", flush=True)
    except CannotRunError as error:
        print(f"make smoke: {error}", file=sys.stderr)
        return CANNOT
    shutil.rmtree(KEPT, ignore_errors=True)
    code = subprocess.run(pytest_command(wanted), cwd=ROOT, check=False).returncode
    if KEPT.exists():
        print(
            f"What the browsers saw of it is in {KEPT.relative_to(ROOT)}/; `playwright show-trace` opens a trace.zip."
        )
    return code if code in {0, 1} else CANNOT


def check_url(text: str) -> str:
    """Return a site's address without what may follow its host, or say what is wrong with it."""
    if not text.strip():
        todo = "Say URL=https://…, or run `.venv/bin/pytest tests/smoke` for a site that is built and served here."
        raise CannotRunError(f"which site? No URL was given.\n  {todo}")
    parts = _split(text.strip())
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise CannotRunError(f"{text} is no address of a site.\n  It begins with https:// and a host's name.")
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username:
        raise CannotRunError(f"{text} is more than a site.\n  Give {parts.scheme}://{parts.hostname} alone.")
    return f"{parts.scheme}://{parts.netloc}"


def _split(text: str) -> SplitResult | None:
    """Return the parts of an address, or None where it has none; a port is read only when it is asked for."""
    try:
        parts = urlsplit(text)
        is_one = parts.port != 0
    except ValueError:
        return None
    return parts if is_one else None


def reach(url: str) -> tuple[str, dict[str, str]]:
    """Return where a site is asked without a browser: those find any name below localhost, and nothing else does."""
    parts = urlsplit(url)
    if not (parts.hostname or "").endswith(".localhost"):
        return url, {}
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://127.0.0.1{port}", {"Host": parts.netloc}


def check_browsers(text: str) -> tuple[str, ...]:
    """Return the browsers that are meant, or say which there are."""
    names = BROWSERS if text == "all" else tuple(filter(None, text.replace(",", " ").split()))
    if unknown := [name for name in names if name not in BROWSERS]:
        raise CannotRunError(f"{', '.join(unknown)}: no such browser.\n  There are {', '.join(BROWSERS)}, and all.")
    if not names:
        raise CannotRunError(f"no browser was named.\n  There are {', '.join(BROWSERS)}, and all.")
    return names


def look_before(wanted: Wanted, patience: float = PATIENCE_SECONDS) -> list[str]:
    """Ask the site what the tests depend on; return what will be skipped and why, or say why nothing can be run."""
    _wait_for_release(wanted, patience)
    status, headers = _ask(wanted, "/")
    if not headers.get(RELEASE_HEADER):
        what = f"{wanted.url}/ answered {status} without {RELEASE_HEADER}: it is none of our sites, or nothing is live"
        raise CannotRunError(f"{what}.\n  Look at it in a browser; `publish.py status` says what is live where.")
    skipped = _without_api(wanted) or _without_key(wanted)
    if skipped and wanted.environment in STRICT:
        what, todo = skipped
        raise CannotRunError(f"{what}; on {wanted.environment} nothing is skipped.\n  {todo}")
    return [f"{skipped[0]}; what needs it is skipped.\n  {skipped[1]}"] if skipped else []


def _wait_for_release(wanted: Wanted, patience: float) -> None:
    """Wait until the release is there, if one was named; where it never comes the tests say what is there instead."""
    end, seen = time.monotonic() + patience, 0
    while wanted.release and seen < IN_A_ROW and time.monotonic() < end:
        if _ask(wanted, "/")[1].get(RELEASE_HEADER) == wanted.release:
            seen += 1
        else:
            seen = 0
            time.sleep(PAUSE_SECONDS)


def _without_api(wanted: Wanted) -> tuple[str, str] | None:
    status, _ = _ask(wanted, "/api/health")
    if status in {403, 404, 405}:
        return f"the site has no API: /api/health answered {status}", "Deploy it, or look at the CDN's path /api/*."
    return None


def _without_key(wanted: Wanted) -> tuple[str, str] | None:
    if not wanted.key:
        return f"no key is in {KEY_VARIABLE}", MAKING_ONE
    if not KEY.fullmatch(wanted.key):
        raise CannotRunError(f"what is in {KEY_VARIABLE} is no key: keys begin with zk_.\n  {MAKING_ONE}")
    bearer = {"Authorization": f"Bearer {wanted.key}"}
    reading, _ = _ask(wanted, "/api/inbox?q=nothing", bearer)
    # Whose data it is comes after whether the key is good, so an answer about the address says that it is.
    erasing, _ = _ask(wanted, "/api/people/erase", {**bearer, "Content-Type": "application/json"}, b"{}")
    scopes = {"messages:read": reading, "tests:erase": erasing}
    # An API that is older than one of them has no such address.
    if refused := [scope for scope, status in scopes.items() if status in {401, 403, 404}]:
        raise CannotRunError(f"the key in {KEY_VARIABLE} is not good for {' and '.join(refused)}.\n  {MAKING_ONE}")
    return None


def _ask(
    wanted: Wanted, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> tuple[int, Mapping[str, str]]:
    """Return the status and the headers that a path of the site answers, whatever the status is."""
    address, host = reach(wanted.url)
    request = urllib.request.Request(address + path, body, {**host, **(headers or {})})  # noqa: S310 - the tester's own
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
            return answer.status, _lowered(answer.headers)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _lowered(error.headers)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        todo = "Is the address right, and does this machine reach it?"
        raise CannotRunError(f"{wanted.url}{path} does not answer: {reason}.\n  {todo}") from error


def _lowered(headers: Message) -> Mapping[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def pytest_command(wanted: Wanted) -> list[str]:
    """Return the command that runs the tests."""
    command = [sys.executable, "-m", "pytest", "tests/smoke", "-q", "-p", "no:cacheprovider", "-p", "no:randomly"]
    command += ["-n", str(wanted.processes), "--dist", "worksteal"] if wanted.processes > 1 else []
    command += ["--site-url", wanted.url, "--browsers", ",".join(wanted.browsers)]
    for option, value in (
        ("--site-environment", wanted.environment),
        ("--site-release", wanted.release),
        ("--site-api-release", wanted.api_release),
    ):
        command += [option, value] if value else []
    return [*command, "-k", "looks_as_it_was_approved", "--approve"] if wanted.approve else command


if __name__ == "__main__":
    sys.exit(main())
