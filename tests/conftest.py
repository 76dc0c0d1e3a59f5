"""What every test shares: real parts, started once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from site_builder.preview.database import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def project_root() -> Path:
    """Return the folder that holds the whole project."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """Run a real PostgreSQL for the whole session; its data need not survive, so it skips fsync."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-tests-") as folder:
        # A root user's server runs as somebody else, who must be able to walk through to the data.
        Path(folder).chmod(0o711)
        with running_postgres(Path(folder) / "postgres", durable=False) as server:
            yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """Return the address of the server's maintenance database, with a superuser's rights."""
    return postgres_server.url("postgres")
