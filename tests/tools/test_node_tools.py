"""Tools for Node and Java are installed as their locks say, or it is said what is missing."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools import node_tools
from tools.node_tools import LIGHTHOUSE, PROGRAMS, VNU, find_tool, install_tool

TOOLS = Path(node_tools.__file__).parent


@pytest.fixture
def no_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where tools would be installed, and where none is."""
    monkeypatch.setattr(node_tools, "INSTALLED", tmp_path)
    return tmp_path


def test_what_is_missing_is_named(no_tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without Node and Java nothing is tried, and the words say what to install."""
    monkeypatch.setenv("PATH", str(no_tools))

    assert install_tool(VNU) == "npm and java cannot be found on this machine"
    assert install_tool(LIGHTHOUSE) == "npm and node cannot be found on this machine"
    assert find_tool(VNU) is None


def test_a_tool_is_installed_once_and_again_when_its_lock_changes(
    no_tools: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By `npm ci`, which takes what the lock says, and without running what npm fetched."""
    calls = no_tools / "calls"
    _program(no_tools / "bin" / "java", "exit 0")
    _program(
        no_tools / "bin" / "npm",
        f'echo "$*" >> {calls}; mkdir -p $(dirname {PROGRAMS[VNU]}); echo jar > {PROGRAMS[VNU]}',
    )
    monkeypatch.setenv("PATH", f"{no_tools / 'bin'}:/usr/bin:/bin")

    assert [install_tool(VNU), install_tool(VNU)] == ["", ""]
    assert find_tool(VNU) == no_tools / VNU / PROGRAMS[VNU]
    (no_tools / VNU / ".installed").write_text("another lock")
    assert find_tool(VNU) is None
    assert install_tool(VNU) == ""
    assert calls.read_text().splitlines() == ["ci --ignore-scripts --no-audit --no-fund --silent"] * 2


def test_an_npm_that_fails_is_quoted(no_tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing counts as installed."""
    _program(no_tools / "bin" / "java", "exit 0")
    _program(no_tools / "bin" / "npm", "echo 'the digest is another' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{no_tools / 'bin'}:/usr/bin:/bin")

    assert install_tool(VNU) == "npm could not install it: the digest is another"
    assert find_tool(VNU) is None


@pytest.mark.parametrize("name", [VNU, LIGHTHOUSE])
def test_a_lock_names_versions_and_digests_and_no_place(name: str) -> None:
    """Each machine has its own registry, and all get the same bytes."""
    wanted = json.loads((TOOLS / name / "package.json").read_text())["dependencies"]
    lock = json.loads((TOOLS / name / "package-lock.json").read_text())
    packages = {path: package for path, package in lock["packages"].items() if path}

    assert [version for version in wanted.values() if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []
    assert [path for path, package in packages.items() if not package["integrity"].startswith("sha512-")] == []
    assert [path for path, package in packages.items() if "resolved" in package] == []


def _program(file: Path, script: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
