"""What a page says of itself when somebody leaves it: that it was seen, and how fast it was. Counted, never kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import LiteralString

from chalicelib.calls import Call
from chalicelib.errors import InvalidError, TooManyError
from chalicelib.fields import own_path, read_object
from chalicelib.limits import Limit
from chalicelib.replies import Reply, nothing

# Up to where a measure is good, and up to where it is fair: https://web.dev/articles/vitals. Milliseconds, but for
# `cls`, which is a share of the window.
MEASURES: Mapping[str, tuple[float, float]] = {
    "ttfb": (800, 1800),
    "fcp": (1800, 3000),
    "lcp": (2500, 4000),
    "inp": (200, 500),
    "cls": (0.1, 0.25),
}
RATINGS = ("good", "fair", "poor")
LARGEST = 600_000.0
LONGEST_PATH = 200
# A tab or two a second for a while; and who makes up paths finds an end to them.
LIMIT = Limit(burst=60.0, per_second=0.5)
MOST_PATHS = 2000
# The names come in order, so that two pages that are left at once do not wait for each other's second row.
COUNT: LiteralString = """
    WITH allowed AS (
        SELECT tokens_left(%(tokens)s, %(buckets)s, %(burst)s, %(per_second)s, %(credit)s) >= 0 AS ok
    ), today AS (
        SELECT (now() AT TIME ZONE 'UTC')::date AS day
    ), room AS (
        SELECT CASE WHEN EXISTS (SELECT FROM page_counts, today
                                 WHERE page_counts.day = today.day AND name = 'view' AND path = %(path)s) THEN true
               ELSE (SELECT count(*) < %(most)s FROM page_counts, today
                     WHERE page_counts.day = today.day AND name = 'view') END AS there
    ), counted AS (
        INSERT INTO page_counts AS so_far (day, path, name, counted)
        SELECT day, %(path)s, name, 1 FROM allowed, room, today, unnest(%(names)s::text[]) AS name WHERE ok AND there
        ON CONFLICT (day, name, path) DO UPDATE SET counted = so_far.counted + 1
    )
    SELECT ok FROM allowed
"""


@dataclass(frozen=True)
class View:
    """A page that was seen, and what its measures were like."""

    path: str
    ratings: Mapping[str, str]


def count_view(call: Call) -> Reply:
    """Count what a page said of itself; who sent it is forgotten but for the pseudonym that the limit needs."""
    view = parse_view(read_object(call.request))
    bucket = "vitals from " + call.services.signer.pseudonym("address", call.request.address)
    values = {
        "path": view.path,
        "names": sorted(["view", *(f"{measure} {rating}" for measure, rating in view.ratings.items())]),
        **call.services.limits.charge([bucket], LIMIT).values(LIMIT),
        "most": MOST_PATHS,
    }
    if call.services.database.ask(COUNT, values) != [(True,)]:
        message = "Many pages came from you in a short time; this one was not counted."
        raise TooManyError(message)
    return nothing({})


def parse_view(fields: Mapping[str, object]) -> View:
    """Return what the fields say, or all that is wrong with them."""
    faults = {}
    given = fields.get("path")
    # What comes after the path says where somebody came from, and is nobody's business.
    path = own_path(given.partition("?")[0].partition("#")[0], "") if isinstance(given, str) else ""
    if not path or len(path) > LONGEST_PATH:
        faults["path"] = f"Please give a path of this site of at most {LONGEST_PATH} characters."
    measured: dict[str, float] = {}
    for name in MEASURES:
        value = fields.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LARGEST:
            faults[name] = f"Please give a number from 0 to {LARGEST:.0f}."
        else:
            measured[name] = value
    if faults:
        raise InvalidError(faults)
    return View(path, {name: _rating(name, value) for name, value in measured.items()})


def _rating(measure: str, value: float) -> str:
    good, fair = MEASURES[measure]
    return "good" if value <= good else "fair" if value <= fair else "poor"
