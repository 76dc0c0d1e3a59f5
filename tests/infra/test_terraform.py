"""The ground is well formed, valid, and what its own assertions say."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GROUND = ROOT / "infra"
ENVIRONMENTS = ("dev", "staging", "production")
# Every folder that holds Terraform is tried; nobody has to remember to add one here.
FOLDERS = sorted({file.parent.relative_to(GROUND).as_posix() for file in GROUND.glob("**/*.tf")})
ASSERTED = [folder for folder in FOLDERS if any((GROUND / folder / "tests").glob("*.tftest.hcl"))]
# Where a machine without a registry keeps its providers.
SYSTEM_PROVIDERS = Path("/", "opt", "tf-plugins")

# Where providers come from is the machine's business; the rest of Terraform's environment would change the tests.
KEPT = ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR")

pytestmark = pytest.mark.infra


@pytest.fixture(scope="session")
def providers() -> Path | None:
    """Return the folder to take providers from, or None for the registry; skip where there is no Terraform."""
    if not shutil.which("terraform"):
        unavailable("terraform is not on PATH")
    named = os.environ.get("TF_PLUGIN_DIR")
    if named:
        return Path(named)
    return SYSTEM_PROVIDERS if SYSTEM_PROVIDERS.is_dir() else None


def unavailable(why: str) -> None:
    """Skip, or fail where the tests of the ground must run."""
    if os.environ.get("INFRA_TESTS_REQUIRED") == "1":
        pytest.fail(f"{why}, and INFRA_TESTS_REQUIRED=1 says that these tests must run")
    pytest.skip(why)


@pytest.fixture(scope="session")
def infra(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a copy of the ground, so that Terraform's own files stay out of the tree."""
    # What Terraform keeps beside a person's own files, a state perhaps, is nobody else's business.
    own = shutil.ignore_patterns(".terraform*", "*.tfstate*", "*.tfvars")
    tree = tmp_path_factory.mktemp("tree")
    # The API's list of routes is read where the API keeps it.
    (tree / "api").symlink_to(ROOT / "api")
    return Path(shutil.copytree(GROUND, tree / "infra", ignore=own))


def terraform(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Terraform in a folder, without a person and without AWS."""
    kept = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(("AWS_", "TF_"))}
    return subprocess.run(
        ["terraform", f"-chdir={folder}", *arguments], env=kept, capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="session")
def initialised(providers: Path | None, infra: Path) -> Callable[[str], Path]:
    """Return a folder with its providers at hand, got once however many tests ask for it."""

    @cache
    def prepare(name: str) -> Path:
        plugins = [f"-plugin-dir={providers}"] if providers else []
        done = terraform(infra / name, "init", "-backend=false", "-input=false", "-no-color", *plugins)
        # No registry is a reason to skip, a broken configuration is not.
        if done.returncode != 0 and providers is None and "registry" in done.stderr:
            unavailable("neither a provider folder (TF_PLUGIN_DIR) nor a registry is within reach")
        assert done.returncode == 0, done.stdout + done.stderr
        return infra / name

    return prepare


def test_the_files_are_formatted(providers: Path | None, infra: Path) -> None:
    """By Terraform's own rules."""
    done = terraform(infra, "fmt", "-check", "-recursive", "-diff")

    assert (done.returncode, done.stdout) == (0, ""), providers


@pytest.mark.parametrize("folder", ASSERTED)
def test_a_folder_is_what_its_assertions_say(folder: str, initialised: Callable[[str], Path]) -> None:
    """Each assertion of its tests holds; Terraform has looked at every reference and type before."""
    done = terraform(initialised(folder), "test", "-no-color")

    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 failed" in done.stdout


@pytest.mark.parametrize("folder", sorted(set(FOLDERS) - set(ASSERTED)))
def test_a_folder_without_assertions_is_valid(folder: str, initialised: Callable[[str], Path]) -> None:
    """Every reference leads somewhere, and every type fits."""
    done = terraform(initialised(folder), "validate", "-no-color")

    assert done.returncode == 0, done.stdout + done.stderr


def test_a_machine_without_terraform_skips_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person without it can still run all the rest."""
    monkeypatch.delenv("INFRA_TESTS_REQUIRED", raising=False)

    with pytest.raises(pytest.skip.Exception, match="terraform is not on PATH"):
        unavailable("terraform is not on PATH")


def test_where_these_tests_are_required_nothing_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A gate that skips is none."""
    monkeypatch.setenv("INFRA_TESTS_REQUIRED", "1")

    with pytest.raises(pytest.fail.Exception, match="INFRA_TESTS_REQUIRED=1"):
        unavailable("terraform is not on PATH")


def test_the_environments_differ_in_their_name_alone() -> None:
    """What was tried on staging is what production is."""
    texts = []
    for environment in ENVIRONMENTS:
        files = sorted((ROOT / "infra" / "environments" / environment).glob("*.tf"))
        texts.append([file.read_text().replace(environment, "NAME") for file in files])

    assert texts[0] == texts[1] == texts[2]


def test_every_variable_and_output_is_described() -> None:
    """The tree is the manual."""
    bare = []
    for file in sorted((ROOT / "infra").rglob("*.tf")):
        blocks = file.read_text().split("\n}\n")
        bare += [
            f"{file.name}: {block.strip().splitlines()[0]}"
            for block in blocks
            if block.strip().startswith(("variable", "output")) and "description" not in block
        ]

    assert bare == []


def test_the_descriptor_is_what_publish_reads() -> None:
    """Terraform writes every field that the release command needs, and none that it does not know."""
    from dataclasses import MISSING, fields  # noqa: PLC0415

    from site_builder.release.descriptor import Descriptor  # noqa: PLC0415

    output = (ROOT / "infra" / "modules" / "site" / "outputs.tf").read_text()
    written = {line.split("=")[0].strip() for line in output.splitlines() if line.startswith("    ") and "=" in line}

    known = {field.name: field.default is MISSING for field in fields(Descriptor)}
    assert {name for name, is_needed in known.items() if is_needed} <= written <= known.keys()
