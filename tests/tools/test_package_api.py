"""The API's package is whole, runs alone, and is the same twice."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import package_api

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Package the API for this machine."""
    output = tmp_path_factory.mktemp("package") / "api.zip"
    package_api.package(output, "here")
    return output


def test_the_package_runs_with_nothing_else_in_reach(package: Path, tmp_path: Path) -> None:
    """Neither this venv nor this project is seen: what it imports is in it, or is Python's own."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(tmp_path)
    words = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import app; print('/api/contact' in app.app.routes)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", words],
        env={
            "DATABASE_URL": "postgresql://a@127.0.0.1:1/b",
            "SITE_URL": "https://a.example",
            "SIGNING_SECRET": "x" * 32,
        },
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.stdout, done.stderr) == ("True\n", "")


def test_the_same_sources_give_the_same_bytes(package: Path, tmp_path: Path) -> None:
    """A deploy of the same commit is no change."""
    package_api.package(tmp_path / "again.zip", "here")

    assert (tmp_path / "again.zip").read_bytes() == package.read_bytes()


def test_the_package_for_lambda_has_lambdas_driver(tmp_path: Path) -> None:
    """Not this machine's: a package with another's would fail at its first request."""
    package_api.package(tmp_path / "api.zip", "arm64")
    with zipfile.ZipFile(tmp_path / "api.zip") as archive:
        names = archive.namelist()

    assert [name for name in names if name.endswith("_psycopg.cpython-313-aarch64-linux-gnu.so")]
    assert {"app.py", "migrate.py", "chalicelib/contact/keeping.py", "migrations/0001_contact_messages.sql"} <= set(
        names
    )
    assert [name for name in names if name.partition("/")[0] in ("botocore", "pip", "site_builder", "serve.py")] == []


def test_a_lock_without_the_driver_is_refused() -> None:
    """Before anything is made."""
    lock = package_api.LOCK.read_text().replace("psycopg-binary==", "psycopg-source==")

    with pytest.raises(package_api.PackageError, match="make lock"):
        package_api.runtime_lock(lock)
