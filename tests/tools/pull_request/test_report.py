"""A report is read as a stranger's words: whole and harmless, or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.tools.pull_request.test_comment import FULL
from tools.pull_request.report import ReportError, read_report, write_report


def test_a_report_is_read_as_it_was_written(tmp_path: Path) -> None:
    """All of it."""
    write_report(FULL, tmp_path / "deep" / "report.json")

    assert read_report(tmp_path / "deep" / "report.json") == FULL


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("pages", 0, "path"), "javascript:alert(1)"),
        (("pages", 0, "path"), "/a\nb"),
        (("pages", 0, "path"), "/" + "a" * 2000),
        (("pages", 0, "kind"), "stolen"),
        (("pages", 0, "before"), -1),
        (("pages", 0, "before"), True),
        (("pages",), "all"),
        (("pictures", 0, "file"), "../../.git/config"),
        (("pictures", 0, "file"), "1-desktop.svg"),
        (("pictures", 0, "view"), "watch"),
        (("pictures", 0, "moved"), "much"),
        (("marks", 0, "after"), [100]),
        (("marks", 0, "after"), []),
        (("after",), "../x"),
        (("others",), None),
        (("unmarked",), 3),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_report_is_said(tmp_path: Path, where: tuple[Any, ...], value: object) -> None:
    """Nothing of it is used then."""
    file = tmp_path / "report.json"
    write_report(FULL, file)
    given = json.loads(file.read_text())
    inner = given
    for key in where[:-1]:
        inner = inner[key]
    inner[where[-1]] = value
    file.write_text(json.dumps(given))

    with pytest.raises(ReportError, match=r"report\.json: it is no report"):
        read_report(file)


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", "[" * 100_000])
def test_what_is_no_report_is_said_to_be_none(tmp_path: Path, text: str) -> None:
    """Whatever it is."""
    (tmp_path / "report.json").write_text(text)

    with pytest.raises(ReportError, match="it is no report"):
        read_report(tmp_path / "report.json")


def test_a_report_that_is_not_there_says_how_to_make_one(tmp_path: Path) -> None:
    """The first thing that somebody forgets."""
    with pytest.raises(ReportError, match="make pull-request-compare"):
        read_report(tmp_path / "report.json")
