"""What a command says becomes the outputs of a workflow's step."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tools.outputs import as_outputs, main

PRINTS = "import json; print(json.dumps({'url': 'http://x', 'until': 5, 'more': [1]}))"


def test_plain_values_become_outputs_and_others_do_not() -> None:
    """A line break would begin an output that nobody meant."""
    assert as_outputs({"local-dev": {"live": "d1", "lock": None}}) == "live=d1\n"
    assert as_outputs({"a": "b", "n": 1, "evil": "x\nrelease=other", "list": []}) == "a=b\nn=1\n"


def test_a_command_is_shown_and_its_values_handed_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """To the file that GitHub's runner names."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))

    assert main([sys.executable, "-c", PRINTS]) == 0
    assert (tmp_path / "outputs").read_text() == "url=http://x\nuntil=5\n"
    assert json.loads(capsys.readouterr().out)["url"] == "http://x"


def test_a_command_that_fails_hands_nothing_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And its exit code is ours."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "outputs"))

    assert main([sys.executable, "-c", "import sys; sys.exit(3)"]) == 3
    assert not (tmp_path / "outputs").exists()
    assert main([]) == 2
