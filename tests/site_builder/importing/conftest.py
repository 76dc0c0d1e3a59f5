"""What the tests of importing share: small real exports, and a content folder to import them into."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from site_builder.importing.detect import detect, read_export
from site_builder.importing.plan import plan_import
from site_builder.importing.present import read_present
from site_builder.importing.values import Plan
from site_builder.importing.write import write_plan

Importing = Callable[[str], Plan]


@pytest.fixture
def exports(project_root: Path) -> Path:
    """Return the folder with an export of each generator."""
    return project_root / "tests" / "exports"


@pytest.fixture
def content(tmp_path: Path) -> Path:
    """Return an empty content folder."""
    return tmp_path / "content"


@pytest.fixture
def bring_in(exports: Path, content: Path) -> Importing:
    """Return what imports the export of a generator into the content folder."""

    def run(generator: str) -> Plan:
        source = exports / generator
        assert detect(source) == generator
        plan = plan_import(read_export(source, generator), read_present(content))
        write_plan(plan, content)
        return plan

    return run
