"""Stores for the release tests, and something to release."""

from __future__ import annotations

from pathlib import Path

import pytest

from site_builder.release.apply import Stores
from tests.site_builder.release.cloud import Cloud


@pytest.fixture
def cloud() -> Cloud:
    """Return an empty cloud in memory."""
    return Cloud()


@pytest.fixture
def stores(cloud: Cloud) -> Stores:
    """Return the empty stores of one environment."""
    return cloud["dev"].stores()


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Return a small finished output folder."""
    folder = tmp_path / "output"
    for path, text in {
        "index.html": "<h1>Home</h1>",
        "404.html": "<h1>Not found</h1>",
        "about/index.html": "<h1>About</h1>",
        "assets/site.0123456789.css": "body {}",
        "feeds/all.atom.xml": "<feed/>",
    }.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder
