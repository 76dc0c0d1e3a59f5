"""Each event is a line of the log; where somebody collects figures, its figures are in that line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from chalicelib.observe import MEASURES, measure_in, observed, tell
from chalicelib.replies import Reply

NAMESPACE = "zichkoding-test"
# What the events that count something say of themselves.
FACTS = {"milliseconds": 1.5, "status": 200, "seconds": 3, "well": True, "kept": "an-id"}


@pytest.fixture
def collected() -> Iterator[None]:
    """Have somebody collect the figures."""
    measure_in(NAMESPACE)
    yield
    measure_in("")


def line(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """Return the one line that was written."""
    (text,) = capsys.readouterr().err.splitlines()
    parsed: dict[str, Any] = json.loads(text)
    return parsed


def test_where_nobody_collects_figures_there_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    """A log on this machine is for reading."""
    tell("message_queued", key="1")

    assert line(capsys) == {"event": "message_queued", "key": "1"}


@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("event", MEASURES)
def test_every_figure_is_described_as_cloudwatch_wants_it(event: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What is described is there, once, and is a number; nothing else would be collected, and nobody would be told."""
    tell(event, **FACTS)
    written = line(capsys)
    (described,) = written["_aws"]["CloudWatchMetrics"]
    names = [metric["Name"] for metric in described["Metrics"]]

    assert (described["Namespace"], described["Dimensions"]) == (NAMESPACE, [[]])
    assert names == [measure.name for measure in MEASURES[event]]
    assert all(isinstance(written[name], int | float) for name in names)
    # In milliseconds: in seconds it would be 1970, and CloudWatch drops what is older than two weeks.
    assert written["_aws"]["Timestamp"] > 1_700_000_000_000


@pytest.mark.usefixtures("collected")
def test_an_event_without_figures_is_only_told(capsys: pytest.CaptureFixture[str]) -> None:
    """Most are."""
    tell("feed_unreadable")

    assert line(capsys) == {"event": "feed_unreadable"}


@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize(("status", "failed"), [(200, 0), (404, 0), (429, 0), (500, 1), (503, 1)])
def test_a_request_failed_if_the_fault_is_ours(status: int, failed: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing counts too: the average is the share."""
    observed(lambda: Reply(status, ""), "GET", "/api/health", "1")
    written = line(capsys)

    assert (written["RequestsFailed"], written["RequestMilliseconds"]) == (failed, written["milliseconds"])


@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("facts", [{}, {"kept": "an-id"}])
def test_a_request_that_kept_a_message_says_which_and_counts_it(
    facts: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """In its own line, so that a visitor's request leads to their message; no other request counts, as none."""
    observed(lambda: Reply(201, "", facts=facts), "POST", "/api/contact", "1")
    written = line(capsys)

    assert written.get("kept") == facts.get("kept")
    assert written.get("MessagesKept") == (1 if facts else None)


def test_no_figure_has_two_names_or_two_events() -> None:
    """What is counted twice is counted wrong."""
    names = [measure.name for measures in MEASURES.values() for measure in measures]

    assert sorted(names) == sorted(set(names))
