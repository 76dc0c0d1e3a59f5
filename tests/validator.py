"""The Nu HTML checker, the one that the W3C runs: what it finds wrong with the pages and stylesheets of a folder."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tools.node_tools import VNU, find_tool, install_tool

REQUIRED = "HTML_TESTS_REQUIRED"
# What browsers know and the checker does not yet.
NOT_YET_KNOWN = ("CSS: Unrecognized at-rule “@view-transition”",)


def find_faults(output: Path) -> list[str]:
    """Return each fault with its place; skip where the checker cannot run, unless that is forbidden."""
    jar = find_tool(VNU)
    if jar is None:
        reason = install_tool(VNU) if os.environ.get(REQUIRED) else "it is not installed: `make setup` does that"
        jar = find_tool(VNU)
        if jar is None and os.environ.get(REQUIRED):
            pytest.fail(f"{REQUIRED} is set, and the HTML checker cannot run: {reason}")
        if jar is None:
            pytest.skip(f"the HTML checker needs npm and Java: {reason}")
    return [
        fault
        for options, files in (([], sorted(output.rglob("*.html"))), (["--css"], sorted(output.rglob("*.css"))))
        for fault in _check(jar, options, files, output)
    ]


def _check(jar: Path, options: list[str], files: list[Path], output: Path) -> list[str]:
    command = ["java", "-Xss4m", "-jar", str(jar), "--format", "json", "--exit-zero-always", *options]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=True)
    return [
        f"{one['url'].rpartition(f'{output.name}/')[2]}:{one.get('lastLine', 0)}: {one['message']}"
        for one in json.loads(done.stderr)["messages"]
        if not one["message"].startswith(NOT_YET_KNOWN)
    ]
