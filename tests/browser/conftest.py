"""The real site, built and served through the real edge function, for a browser to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from site_builder.engine.build import BuildRequest, build_site
from site_builder.preview.origin import WORKING_RELEASE, FolderOrigin
from site_builder.preview.stack import Project, running_site
from site_builder.release.stores import pointer_value


@pytest.fixture(scope="session")
def site_url(project_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build the site, serve it, and return its address."""
    output = build_site(
        BuildRequest(project_root / "pelicanconf.py", tmp_path_factory.mktemp("browser") / "out")
    ).output
    values = {"live": pointer_value(WORKING_RELEASE)}
    project = Project(project_root, output.parent)
    with running_site(project, FolderOrigin(output), lambda: values, port=0) as server:
        yield server.url
