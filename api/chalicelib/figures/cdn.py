"""Views as the CDN saw them, also of who runs no scripts: its log files are read once each, and only counts are kept.

CloudFront's standard logs as W3C lines in gzip. Of a line the day, the path, the status, the type and the program's
name are looked at; the address, the query, the cookie and where somebody came from are passed over.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import LiteralString
from urllib.parse import unquote

from chalicelib.database import Database
from chalicelib.errors import DatabaseRefusedError
from chalicelib.fields import own_path
from chalicelib.figures.logs import Logs, open_logs
from chalicelib.figures.stats import PEOPLE, PROGRAMS
from chalicelib.figures.vitals import LONGEST_PATH, MOST_PATHS
from chalicelib.observe import tell
from chalicelib.outbox.channels import Channels
from chalicelib.services import Services

# A turn has a minute in Lambda; what is left over is for the next.
MOST_FILES = 50
SEEN = ("200", "304")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# What says of itself that it is no person with a browser. Who says nothing, or a lie, is counted as one.
PROGRAM = re.compile(
    r"bot|crawl|spider|slurp|fetch|scan|monitor|preview|feed|rss|curl|wget|python|go-http|java/|okhttp|headless|"
    r"lighthouse|facebookexternalhit|^-?$",
    re.IGNORECASE,
)
NEW: LiteralString = """
    SELECT name FROM unnest(%(names)s::text[]) AS name
    WHERE NOT EXISTS (SELECT FROM counted_logs WHERE counted_logs.name = name.name)
    ORDER BY name LIMIT %(most)s
"""
# A file's name and its counts are one statement: it is counted once, whoever dies in between.
COUNT: LiteralString = """
    WITH first AS (
        INSERT INTO counted_logs (name) VALUES (%(file)s) ON CONFLICT DO NOTHING RETURNING 1
    ), counted AS (
        INSERT INTO page_counts AS so_far (day, path, name, counted)
        SELECT day, path, name, more
        FROM first, unnest(%(days)s::date[], %(paths)s::text[], %(names)s::text[], %(counts)s::bigint[])
            AS line (day, path, name, more)
        ON CONFLICT (day, name, path) DO UPDATE SET counted = so_far.counted + excluded.counted
    )
    SELECT count(*) FROM first
"""


class UnreadableLogError(Exception):
    """A file is no log of the kind that we know."""


@dataclass(frozen=True, order=True)
class Visit:
    """All that is kept of a line, and that only as a count."""

    day: str
    name: str
    path: str


def count_logs(services: Services, _channels: Channels) -> None:
    """Count the log files that nobody has counted yet."""
    logs = open_logs(services.settings)
    if logs is not None:
        count_new(logs, services.database)


def count_new(logs: Logs, database: Database) -> int:
    """Count what is new, the oldest first; return how many files that were."""
    new = [name for (name,) in database.ask(NEW, {"names": logs.names(), "most": MOST_FILES})]
    return sum(_count_one(name, logs, database) for name in new)


def _count_one(name: str, logs: Logs, database: Database) -> int:
    try:
        visits = read_log(logs.read(name))
        return _add(name, visits, database)
    except (UnreadableLogError, DatabaseRefusedError) as error:
        # It would be as unreadable in an hour; it stays where it is, for somebody to look at.
        tell("log_unreadable", file=name, error=type(error).__name__)
        return _add(name, {}, database)


def _add(file: str, visits: Mapping[Visit, int], database: Database) -> int:
    # In order, so that two workers never wait for each other's rows.
    lines = sorted(visits.items())
    values = {
        "file": file,
        "days": [visit.day for visit, _ in lines],
        "paths": [visit.path for visit, _ in lines],
        "names": [visit.name for visit, _ in lines],
        "counts": [count for _, count in lines],
    }
    return int(database.ask(COUNT, values)[0][0])


def read_log(packed: bytes) -> Mapping[Visit, int]:
    """Return how often which page was seen on which day, and by what."""
    try:
        text = gzip.decompress(packed).decode("utf-8", "replace")
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableLogError from error
    return _most_seen(Counter(_visits(text.splitlines())))


def _visits(lines: Iterable[str]) -> Iterable[Visit]:
    columns: dict[str, int] = {}
    for line in lines:
        if line.startswith("#Fields:"):
            columns = {name: place for place, name in enumerate(line.removeprefix("#Fields:").split())}
        elif line and not line.startswith("#"):
            visit = _visit(line.split("\t"), columns)
            if visit:
                yield visit


def _visit(values: list[str], columns: Mapping[str, int]) -> Visit | None:
    try:
        day, method, path, status, kind, program = (
            values[columns[name]]
            for name in ("date", "cs-method", "cs-uri-stem", "sc-status", "sc-content-type", "cs(User-Agent)")
        )
    except (KeyError, IndexError) as error:
        raise UnreadableLogError from error
    # A page that a browser has still is asked about too; it has no type then, and pages end in a slash.
    is_page = kind.startswith("text/html") or (status == "304" and path.endswith("/"))
    if method != "GET" or status not in SEEN or not is_page or path.startswith("/api/") or not DAY.fullmatch(day):
        return None
    known = own_path(path, "")
    if not known or len(known) > LONGEST_PATH:
        return None
    return Visit(day, PROGRAMS if PROGRAM.search(unquote(program)) else PEOPLE, known)


def _most_seen(visits: Counter[Visit]) -> Mapping[Visit, int]:
    """Keep an end to what one file may add: a site's pages are fewer."""
    return dict(visits.most_common(MOST_PATHS))
