"""The API's package is whole, runs alone, and is the same twice."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.api.conftest import ENVIRONMENT, database, migrated_template
from tools import package_api
from tools.runtime_api import http_event, running_function

# A fixture is found by its name.
__all__ = ["database", "migrated_template"]

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


def test_everything_in_the_package_is_compiled(package: Path) -> None:
    """Lambda cannot write bytecode: what is not compiled is compiled at every cold start."""
    with zipfile.ZipFile(package) as archive:
        names = set(archive.namelist())
    cache = sys.implementation.cache_tag
    sources = [PurePosixPath(name) for name in names if name.endswith(".py")]
    without = [one for one in sources if str(one.parent / "__pycache__" / f"{one.stem}.{cache}.pyc") not in names]

    assert without == []


def test_without_a_python_of_the_targets_version_it_is_refused_with_the_price(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not silently left out: whoever wants that says so."""
    monkeypatch.setattr(package_api, "PYTHON", "3.99")

    assert package_api.main([str(tmp_path / "api.zip"), "--target", "arm64"]) == 1
    assert "--no-pyc" in capsys.readouterr().err
    assert not (tmp_path / "api.zip").exists()


def test_the_package_answers_under_lambdas_own_client(package: Path, database: str, tmp_path: Path) -> None:
    """awslambdaric, the package and Python, and nothing else: a message becomes a row, and the schedule its mail."""
    with zipfile.ZipFile(package) as archive:
        archive.extractall(tmp_path / "task")
    settings = {**ENVIRONMENT, "DATABASE_URL": database, "MAIL_FOLDER": str(tmp_path / "mail")}
    body = json.dumps({"name": "Ada", "email": "ada@example.org", "message": "Hello"})
    kind = {"Content-Type": "application/json"}
    with running_function(tmp_path / "task", tmp_path, settings) as function:
        health = function.invoke(http_event("GET", "/api/health"))
        kept = function.invoke(http_event("POST", "/api/contact", body, kind))
    with running_function(tmp_path / "task", tmp_path, settings, handler="app.work") as function:
        worked = function.invoke({"version": "0", "account": "", "region": "", "detail": {}, "detail-type": "",
                                  "source": "", "time": "", "id": "", "resources": []})  # fmt: skip

    assert (health["statusCode"], kept["statusCode"], worked) == (200, 201, {"well": True})
    assert len(list((tmp_path / "mail" / "new").iterdir())) == 1


def test_the_package_for_lambda_has_lambdas_driver(tmp_path: Path) -> None:
    """Not this machine's: a package with another's would fail at its first request."""
    package_api.package(tmp_path / "api.zip", "arm64", compiled=False)
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
