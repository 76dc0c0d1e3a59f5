"""Compile the lock files from pyproject.toml: names, versions and hashes, and nothing that names a place."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OLDEST_PYTHON = "3.11"
# The largest first: the others take its versions, so that one venv can hold them all.
GROUPS = ("dev", "site", "api", "postgres", "audit")
# What has a venv of its own, and takes nobody's versions.
ALONE = ("checkov",)


def main() -> int:
    """Compile each group's lock file, or stop at the first that cannot be."""
    upgrade = ["--upgrade"] if "--upgrade" in sys.argv[1:] else []
    for group in (*GROUPS, *ALONE):
        done = subprocess.run([*_command(group), *upgrade], cwd=ROOT, check=False)
        if done.returncode != 0:
            return done.returncode
        print(f"requirements/{group}.txt")
    return 0


def _command(group: str) -> list[str]:
    command = [
        str(Path(sys.executable).parent / "uv"), "pip", "compile", "--quiet", "--universal", "--generate-hashes",
        "--group", group, "--python-version", OLDEST_PYTHON, "--no-header", "--annotation-style", "line",
        "--no-emit-index-url", "--no-emit-find-links", "--output-file", f"requirements/{group}.txt",
    ]  # fmt: skip
    return command if group in {GROUPS[0], *ALONE} else [*command, "--constraint", f"requirements/{GROUPS[0]}.txt"]


if __name__ == "__main__":
    sys.exit(main())
