"""The real site, built and served through the real edge function, for a browser to look at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from site_builder.engine.build import BuildRequest, build_site
from site_builder.preview.edge import EdgeFunction
from site_builder.preview.origin import WORKING_RELEASE, FolderOrigin
from site_builder.preview.server import Site, open_server, read_security_headers
from site_builder.release.stores import pointer_value


@pytest.fixture(scope="session")
def site_url(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the site, serve it, and return its address."""
    output = build_site(
        BuildRequest(project_root / "pelicanconf.py", tmp_path_factory.mktemp("browser") / "out")
    ).output
    values = {"live": pointer_value(WORKING_RELEASE)}
    edge = EdgeFunction((project_root / "infra" / "edge" / "router.js").read_text(), lambda: values)
    headers = read_security_headers(project_root / "infra" / "edge" / "headers.json")
    server = open_server(Site(edge, FolderOrigin(output), headers, api=None), 0)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server.url
    server.shutdown()
    thread.join()
    server.server_close()
    edge.close()
