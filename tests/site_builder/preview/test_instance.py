"""One stack runs in one project, and a second one is told where the first is."""

from __future__ import annotations

from pathlib import Path

import pytest

from site_builder.errors import PreviewError
from site_builder.preview.instance import announce, only_instance


def test_a_second_one_learns_where_the_first_is(tmp_path: Path) -> None:
    """The message is an address to open."""
    file = tmp_path / ".local" / "up.lock"
    with only_instance(file) as held:
        announce(held, "http://127.0.0.1:8000")

        with pytest.raises(PreviewError, match=r"runs already, at http://127\.0\.0\.1:8000"), only_instance(file):
            pass


def test_one_that_is_still_starting_is_said_to_be(tmp_path: Path) -> None:
    """There is no address yet."""
    file = tmp_path / "up.lock"
    with only_instance(file), pytest.raises(PreviewError, match="being started"), only_instance(file):
        pass


def test_when_the_first_has_ended_the_next_one_runs(tmp_path: Path) -> None:
    """Nothing has to be cleared away by hand."""
    file = tmp_path / "up.lock"
    with only_instance(file) as held:
        announce(held, "http://127.0.0.1:8000")

    with only_instance(file) as held:
        assert file.read_text() == ""
