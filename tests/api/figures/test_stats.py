"""The owner sees how things go, as counts."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml
from chalicelib.services import Services

from tests.api.accounts.test_me import write
from tests.api.conftest import API
from tests.api.figures.test_vitals import send
from tests.api.members import sign_in

pytestmark = pytest.mark.integration

NO_LOGS = {"views": 0, "programs": 0}


def test_everything_is_summed_up(services: Services) -> None:
    """Messages, readers, deliveries and pages; in the shape that the contract has."""
    write(services)
    write(services, points=9)
    editor = sign_in(services, "editor")
    editor.ask("PATCH", "/api/me", {"newsletter": True})
    for milliseconds in (100, 200, 300, 9000):
        send(services, path="/posts/x/", lcp=milliseconds)
    send(services, path="/", lcp=9000)
    stats = editor.json("GET", "/api/stats")
    contract = yaml.safe_load((API / "openapi.yaml").read_text())
    pointer = "#/components/responses/Stats/content/application~1json/schema"
    jsonschema.validate(stats, {**contract, "$ref": pointer})

    assert (stats["days"], stats["views"]) == (30, 5)
    assert stats["messages"] == {"received": 1, "spam": 1, "done": 0}
    assert stats["newsletter"] == {"confirmed": 1, "new": 1, "asked": 0}
    assert stats["deliveries"]["waiting"] == 1
    assert stats["vitals"] == {"lcp": {"good": 3, "fair": 0, "poor": 2, "rating": "poor"}}
    assert stats["pages"] == [
        {
            "path": "/posts/x/",
            "views": 4,
            "cdn": NO_LOGS,
            "vitals": {"lcp": {"good": 3, "fair": 0, "poor": 1, "rating": "good"}},
        },
        {
            "path": "/",
            "views": 1,
            "cdn": NO_LOGS,
            "vitals": {"lcp": {"good": 0, "fair": 0, "poor": 1, "rating": "poor"}},
        },
    ]


def test_a_rating_is_that_of_three_visits_in_four(services: Services) -> None:
    """Fair where good alone does not make them."""
    for milliseconds in (100, 100, 3000, 9000):
        send(services, path="/", lcp=milliseconds)

    assert sign_in(services, "editor").json("GET", "/api/stats")["vitals"]["lcp"]["rating"] == "fair"


def test_what_is_older_than_was_asked_for_is_left_out(services: Services) -> None:
    """A day ends at midnight, UTC."""
    services.database.ask("""
        INSERT INTO page_counts (day, path, name, counted)
        SELECT (now() AT TIME ZONE 'UTC')::date - back, '/', 'view', 1 FROM generate_series(0, 40) AS back
    """)
    editor = sign_in(services, "editor")

    assert [editor.json("GET", f"/api/stats?days={days}")["views"] for days in (1, 7, 366)] == [1, 7, 41]


def test_of_nothing_there_are_no_figures(services: Services) -> None:
    """A new site has an answer too."""
    stats = json.loads(sign_in(services, "admin").ask("GET", "/api/stats").body)

    assert (stats["views"], stats["vitals"], stats["pages"]) == (0, {}, [])


@pytest.mark.parametrize("days", ["0", "367", "-1", "x", "1.5", "", "٣"])
def test_days_are_a_number(services: Services, days: str) -> None:
    """Not more than a year."""
    assert sign_in(services, "editor").ask("GET", f"/api/stats?days={days}").status == 422
