"""What several of the builder's tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from site_builder.preview.cloud import RunningCloud, running_backend, running_cloud
from site_builder.preview.database import PostgresServer


@pytest.fixture(scope="session")
def aws_endpoint() -> Iterator[str]:
    """Run what moto has of AWS on this machine: S3, and who we are."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(scope="session")
def api_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunningCloud, PostgresServer]]:
    """Run the local cloud with its APIs, whose edges hear of everything at once, and the server of their databases."""
    home, root = tmp_path_factory.mktemp("cloud"), Path(__file__).resolve().parents[2]
    with (
        running_backend(root / "api", home, lambda _words: None) as backend,
        running_cloud(
            home / "environments",
            root / "infra" / "edge",
            {"X-Frame-Options": "DENY"},
            port=0,
            delay=0,
            backend=backend,
        ) as cloud,
    ):
        yield cloud, backend.server
