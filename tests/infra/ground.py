"""Run Terraform on a copy of the ground: what the tests of the ground share."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
GROUND = ROOT / "infra"
ENVIRONMENTS = ("dev", "staging", "production")
# What is applied by itself, with a state of its own.
ROOTS = ("account", *(f"environments/{name}" for name in ENVIRONMENTS))
# Every folder that holds Terraform is tried; nobody has to remember to add one here.
FOLDERS = sorted({file.parent.relative_to(GROUND).as_posix() for file in GROUND.glob("**/*.tf")})
ASSERTED = [folder for folder in FOLDERS if any((GROUND / folder / "tests").glob("*.tftest.hcl"))]
# Where a machine without a registry keeps its providers.
SYSTEM_PROVIDERS = Path("/", "opt", "tf-plugins")
# Where providers come from is the machine's business; the rest of Terraform's environment would change the tests.
KEPT = ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR")


@dataclass(frozen=True)
class Resource:
    """One thing that Terraform would make, and its values as far as they are known before."""

    address: str
    kind: str
    values: Mapping[str, Any]
    unknown: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Return the address without its kind: what lies beside it under another kind has the same."""
        return self.address.replace(f"{self.kind}.", "", 1)


@dataclass(frozen=True)
class Tried:
    """What came of a folder's own tests."""

    passed: bool
    said: str
    planned: tuple[Resource, ...]
    outputs: Mapping[str, Any]


def unavailable(why: str) -> None:
    """Skip, or fail where the tests of the ground must run."""
    if os.environ.get("INFRA_TESTS_REQUIRED") == "1":
        pytest.fail(f"{why}, and INFRA_TESTS_REQUIRED=1 says that these tests must run")
    pytest.skip(why)


def find_providers() -> Path | None:
    """Return the folder to take providers from, or None for the registry; skip where there is no Terraform."""
    if not shutil.which("terraform"):
        unavailable("terraform is not on PATH")
    named = os.environ.get("TF_PLUGIN_DIR")
    if named:
        return Path(named)
    return SYSTEM_PROVIDERS if SYSTEM_PROVIDERS.is_dir() else None


def copy_ground(tree: Path) -> Path:
    """Copy the ground below a folder, so that Terraform's own files stay out of the project."""
    # What Terraform keeps beside a person's own files, a state perhaps, is nobody else's business.
    own = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars")
    # The API's list of routes is read where the API keeps it.
    (tree / "api").symlink_to(ROOT / "api")
    return Path(shutil.copytree(GROUND, tree / "infra", ignore=own))


def terraform(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run Terraform in a folder, without a person and without AWS."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(("AWS_", "TF_"))}
    return subprocess.run(
        ["terraform", f"-chdir={folder}", *arguments], env=more | kept, capture_output=True, text=True, check=False
    )


def initialise(folder: Path, providers: Path | None) -> None:
    """Get the providers for a folder; no registry is a reason to skip, a broken configuration is not."""
    plugins = [f"-plugin-dir={providers}"] if providers else []
    done = terraform(
        folder, "init", "-backend=false", "-input=false", "-no-color", *plugins, **_cache(folder, providers)
    )
    if done.returncode != 0 and providers is None and "registry" in done.stderr:
        unavailable("neither a provider folder (TF_PLUGIN_DIR) nor a registry is within reach")
    assert done.returncode == 0, done.stdout + done.stderr


def _cache(folder: Path, providers: Path | None) -> Mapping[str, str]:
    """Let a registry be asked for each provider once: it has seven hundred megabytes, and there are many folders."""
    if providers:
        return {}
    ground = next((parent for parent in folder.parents if parent.name == GROUND.name), folder)
    kept = ground.with_name("providers")
    kept.mkdir(exist_ok=True)
    return {"TF_PLUGIN_CACHE_DIR": str(kept), "TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE": "true"}


def try_folder(folder: Path, *, whole: bool) -> Tried:
    """Run a folder's own tests; with `whole`, keep what the last good plan among them would make."""
    done = terraform(folder, "test", "-json", *(["-verbose"] if whole else []))
    told = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    said = "\n".join(_sentences(told)) or done.stdout + done.stderr
    # Whoever has only runs that fail on purpose has no plan.
    plans = [
        one["test_plan"] for one in told if one["type"] == "test_plan" and one["test_plan"].get("resource_changes")
    ]
    if not plans:
        return Tried(done.returncode == 0, said, (), {})
    outputs = {name: change["after"] for name, change in plans[0].get("output_changes", {}).items()}
    return Tried(done.returncode == 0, said, tuple(_resources(plans[0])), outputs)


def _sentences(told: list[dict[str, Any]]) -> Iterator[str]:
    for one in told:
        if one["type"] == "diagnostic":
            at = one["diagnostic"].get("range", {"filename": "", "start": {"line": ""}})
            yield f"{at['filename']}:{at['start']['line']}: {one['diagnostic'].get('detail', '')}"
        elif one["type"] == "test_summary":
            yield one["@message"]


def _resources(plan: Mapping[str, Any]) -> Iterator[Resource]:
    for one in plan["resource_changes"]:
        if one["mode"] == "managed":
            change = one["change"]
            yield Resource(one["address"], one["type"], change["after"] or {}, change.get("after_unknown") or {})
