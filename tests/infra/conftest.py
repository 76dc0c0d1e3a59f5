"""The ground, copied and prepared once for all tests of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.infra.ground import ROOTS, Tried, copy_ground, find_providers, initialise, try_folder
from tests.infra.moto_ground import MotoGround, running_ground


@pytest.fixture(scope="session")
def providers() -> Path | None:
    """Return the folder to take providers from, or None for the registry; skip where there is no Terraform."""
    return find_providers()


@pytest.fixture(scope="session")
def infra(providers: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Path:  # noqa: ARG001 - it skips first
    """Return a copy of the ground."""
    return copy_ground(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="session")
def initialised(providers: Path | None, infra: Path) -> Callable[[str], Path]:
    """Return a folder with its providers at hand, got once however many tests ask for it."""

    @cache
    def prepare(name: str) -> Path:
        initialise(infra / name, providers)
        return infra / name

    return prepare


@pytest.fixture(scope="session")
def tried(initialised: Callable[[str], Path]) -> Callable[[str], Tried]:
    """Return what came of a folder's own tests, which run once however many tests look at it."""

    @cache
    def attempt(name: str) -> Tried:
        # A plan in JSON brings thirteen megabytes of the provider's schema along.
        return try_folder(initialised(name), whole=name in ROOTS)

    return attempt


@pytest.fixture
def ground(providers: Path | None, tmp_path: Path) -> Iterator[MotoGround]:
    """Return a folder for Terraform and an AWS to try it on."""
    with running_ground(tmp_path, providers) as made:
        yield made
