"""Serve a built site as the CDN does: through the real edge functions, with the real headers, without an API."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from site_builder.preview.origin import WORKING_RELEASE, FolderOrigin
from site_builder.preview.stack import Project, running_site
from site_builder.release.stores import pointer_value, redirect_key

ROOT = Path(__file__).resolve().parents[1]
# An address whose page is no more.
GONE = "/gone/"


@contextmanager
def serving(output: Path, *, closed: bool = False) -> Iterator[str]:
    """Serve a folder until the block ends, or a site that is closed for a while; its address is what it gives."""
    pointer = {**json.loads(pointer_value(WORKING_RELEASE)), "closed": closed}
    values = {"live": json.dumps(pointer), redirect_key(WORKING_RELEASE, GONE): json.dumps({"status": 410})}
    with running_site(Project(ROOT, output.parent), FolderOrigin(output), lambda: values, port=0) as server:
        yield server.url
