"""Find a Chromium for the browser tests, or get one: Playwright's own, else the system's, else Debian's package."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

VARIABLE = "CHROMIUM"
SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "microsoft-edge")
OWN_PROGRAMS = ("chrome-linux*/chrome", "chrome-mac*/Chromium.app/Contents/MacOS/Chromium")
DOWNLOAD_SECONDS = 600


def find_browser() -> Path | None:
    """Return the Chromium to use: the one named in CHROMIUM, Playwright's own, or the system's."""
    named = os.environ.get(VARIABLE)
    if named:
        return Path(named)
    return _own_browser() or _system_browser()


def install_browser(python: Path, say: Callable[[str], None]) -> None:
    """See to it that there is a Chromium, and say what to do where there can be none.

    Playwright's own is the one it is made for, so that is tried first, once for each venv: where it cannot be had,
    the next run shall not wait for that again.
    """
    tried = python.parent.parent / ".browser-tried"
    if os.environ.get(VARIABLE) or _own_browser() or (tried.exists() and find_browser()):
        return
    say("Getting a Chromium for the browser tests …")
    _download(python)
    tried.touch()
    if not find_browser():
        _install_debian_package()
    found = find_browser()
    if found:
        say(f"  done: {found}")
        return
    say(
        "  No Chromium could be had: the browser tests will fail.\n"
        "  Install one (Debian: apt install chromium), or name one: CHROMIUM=/path/to/chromium make test"
    )


def can_record() -> bool:
    """Say whether Playwright has its own ffmpeg, without which it records no videos."""
    return any(_own_folder().glob("ffmpeg-*/ffmpeg-*"))


def _own_folder() -> Path:
    return Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")


def _own_browser() -> Path | None:
    found = [path for program in OWN_PROGRAMS for path in _own_folder().glob(f"chromium-*/{program}")]
    return max(found, default=None)


def _system_browser() -> Path | None:
    return next((Path(path) for name in SYSTEM_NAMES if (path := shutil.which(name))), None)


def _download(python: Path) -> None:
    command = [str(python), "-m", "playwright", "install", "chromium"]
    try:
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=DOWNLOAD_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _install_debian_package() -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    for command in (
        ["apt-get", "update", "-qq"],
        ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
    ):
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, env=environment)
