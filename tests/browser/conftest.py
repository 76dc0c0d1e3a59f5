"""The real site, built and served through the real edge function, for a browser to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from site_builder.preview.origin import WORKING_RELEASE, FolderOrigin
from site_builder.preview.stack import Project, running_site
from site_builder.release.stores import pointer_value


@pytest.fixture(scope="session")
def site_url(project_root: Path, site_output: Path) -> Iterator[str]:
    """Serve the built site, and return its address."""
    values = {"live": pointer_value(WORKING_RELEASE)}
    project = Project(project_root, site_output.parent)
    with running_site(project, FolderOrigin(site_output), lambda: values, port=0) as server:
        yield server.url
