"""What is installed is what is locked: names, versions and hashes, and nothing of a place."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^(?P<name>[a-z0-9.-]+)==(?P<version>\S+)", re.MULTILINE)


def pins(lock: Path) -> dict[str, str]:
    """Return the versions that a lock file holds; of two for different Pythons, the last."""
    return dict(PINNED.findall(lock.read_text()))


def groups() -> dict[str, list[object]]:
    """Return the dependency groups of pyproject.toml."""
    found: dict[str, list[object]] = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]
    return found


def test_there_is_a_lock_for_each_group() -> None:
    """No purpose installs what nobody pinned."""
    assert {lock.stem for lock in LOCKS} == set(groups())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_no_place(lock: Path) -> None:
    """Whoever builds this chooses where packages come from; their hashes say whether they are the right ones."""
    assert re.findall(r"https?:|--index|--find-links|file:", lock.read_text()) == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_pin_has_hashes(lock: Path) -> None:
    """A package that was swapped does not install."""
    blocks = re.split(r"\n(?=[a-z0-9])", lock.read_text())

    assert [block.split()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


@pytest.mark.parametrize("group", groups())
def test_a_lock_holds_what_its_group_asks_for(group: str) -> None:
    """A dependency that was added to pyproject.toml and not locked is noticed here."""
    asked = [re.split(r"[\[=<>]", item)[0].lower() for item in groups()[group] if isinstance(item, str)]

    assert [name for name in asked if name not in pins(ROOT / "requirements" / f"{group}.txt")] == []


@pytest.mark.parametrize("group", ["site", "api"])
def test_the_tests_run_with_the_versions_that_are_shipped(group: str) -> None:
    """What is proved is what is deployed."""
    tested = pins(ROOT / "requirements" / "dev.txt")
    shipped = pins(ROOT / "requirements" / f"{group}.txt")

    assert {name: version for name, version in shipped.items() if tested.get(name) != version} == {}


def test_every_dependency_has_its_reason() -> None:
    """A line of pyproject.toml says why, unless the name is the tool everybody knows."""
    text = (ROOT / "pyproject.toml").read_text()
    section = text[text.index("[dependency-groups]") : text.index("[tool.ruff]")]
    known = ("mypy", "ruff", "pytest", "pre-commit", "types-", "flask-cors", "pyproject")
    lines = [line.strip() for line in section.splitlines() if line.strip().startswith('"')]

    assert [line for line in lines if "#" not in line and not line.strip('"').startswith(known)] == []
