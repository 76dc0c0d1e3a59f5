"""A view is counted, and nothing of who viewed."""

from __future__ import annotations

import json
from typing import Any

import pytest
from chalicelib.errors import InvalidError
from chalicelib.figures import vitals
from chalicelib.figures.vitals import MEASURES, RATINGS, parse_view
from chalicelib.services import Services
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import AwayDatabase, make_services
from tests.api.members import Browser

ROWS = "SELECT path, name, counted FROM page_counts ORDER BY path, name"
JSONS = st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(), st.lists, max_leaves=3)


def send(services: Services, **fields: Any) -> int:
    """Send what a page says, as its browser does, and return the status."""
    return Browser(services).ask("POST", "/api/vitals", fields).status


@pytest.mark.integration
def test_a_view_is_counted_with_what_its_measures_were_like(services: Services) -> None:
    """The second adds to the first; figures themselves are not kept."""
    statuses = [
        send(services, path="/posts/x/", lcp=2500, cls=0.3),
        send(services, path="/posts/x/?from=somewhere#there", lcp=2501),
        send(services, path="/"),
    ]

    assert statuses == [204, 204, 204]
    assert services.database.ask(ROWS) == [
        ("/", "view", 1),
        ("/posts/x/", "cls poor", 1),
        ("/posts/x/", "lcp fair", 1),
        ("/posts/x/", "lcp good", 1),
        ("/posts/x/", "view", 2),
    ]


@pytest.mark.integration
def test_what_is_kept_names_nobody(services: Services) -> None:
    """Neither the address nor the browser; the limit knows a pseudonym."""
    send(services, path="/")
    kept = str(services.database.ask("SELECT page_counts::text FROM page_counts"))
    buckets = str(services.database.ask("SELECT name FROM rate_buckets"))

    assert "192.0.2.1" not in kept + buckets
    assert "vitals from" in buckets


@pytest.mark.integration
def test_one_sender_does_not_make_the_figures(services: Services) -> None:
    """After many in a short time nothing more is counted."""
    statuses = [send(services, path="/") for _ in range(int(vitals.LIMIT.burst) + 3)]

    assert (statuses.count(204), statuses[-1]) == (int(vitals.LIMIT.burst), 429)
    assert services.database.ask(ROWS) == [("/", "view", int(vitals.LIMIT.burst))]


@pytest.mark.integration
def test_made_up_paths_come_to_an_end(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are known are counted on."""
    monkeypatch.setattr(vitals, "MOST_PATHS", 2)
    for path in ("/a/", "/b/", "/c/", "/a/"):
        send(services, path=path)

    assert services.database.ask(ROWS) == [("/a/", "view", 2), ("/b/", "view", 1)]


@pytest.mark.parametrize("origin", ["cross-site", "same-site", ""])
def test_what_other_pages_send_is_not_counted(origin: str) -> None:
    """Nor what comes from no page at all."""
    browser = Browser(make_services(AwayDatabase()), site=origin)

    assert browser.ask("POST", "/api/vitals", {"path": "/"}).status == 403


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "path"),
        ({"path": 1}, "path"),
        ({"path": "https://elsewhere.example/"}, "path"),
        ({"path": "//elsewhere.example/"}, "path"),
        ({"path": "/" + "a" * 200}, "path"),
        ({"path": "/\0"}, "path"),
        ({"path": "/", "lcp": -1}, "lcp"),
        ({"path": "/", "lcp": "fast"}, "lcp"),
        ({"path": "/", "inp": True}, "inp"),
        ({"path": "/", "cls": float("nan")}, "cls"),
        ({"path": "/", "ttfb": 1e9}, "ttfb"),
    ],
)
def test_what_no_page_would_say_is_refused(fields: dict[str, object], field: str) -> None:
    """The field is named."""
    reply = Browser(make_services(AwayDatabase())).ask("POST", "/api/vitals", fields)

    assert (reply.status, list(json.loads(reply.body)["error"]["fields"])) == (422, [field])


@given(st.dictionaries(st.sampled_from(["path", "other", *MEASURES]), JSONS))
def test_whatever_is_sent_is_a_view_or_refused(fields: dict[str, object]) -> None:
    """Never a crash, and never a count that nobody knows."""
    try:
        view = parse_view(fields)
    except InvalidError:
        return
    assert set(view.ratings) <= set(MEASURES)
    assert set(view.ratings.values()) <= set(RATINGS)


def test_a_database_that_is_away_is_said() -> None:
    """A count that is lost is no loss; it is not pretended either."""
    assert send(make_services(AwayDatabase()), path="/") == 503
