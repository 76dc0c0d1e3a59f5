"""Look at the site as a visitor does: the function that watches from outside, every few minutes.

It needs nothing of the API but its log: where the API is broken, this still says so.
"""

from __future__ import annotations

import http.client
import os
import time
import urllib.error
import urllib.request

from chalicelib.observe import measure_in, tell

PATIENCE_SECONDS = 10


def work(_event: object, _context: object) -> dict[str, object]:
    """Look at each path that PATHS names, and write down whether all is well and how long the slowest took."""
    measure_in(os.environ.get("METRICS", ""))
    site = os.environ["SITE_URL"]
    looks = [(path, *_look(site + path)) for path in os.environ["PATHS"].split()]
    unwell = {path: found for path, found, _ in looks if found != "200"}
    slowest = max(milliseconds for _, _, milliseconds in looks)
    tell("visit", well=not unwell, milliseconds=slowest, unwell=unwell)
    return {"well": not unwell}


def _look(address: str) -> tuple[str, float]:
    """Return the status, or what came instead, and the milliseconds until all of it was there."""
    started = time.perf_counter()
    # Of our own, so that whoever counts visitors can leave it out.
    request = urllib.request.Request(address, headers={"User-Agent": "zichkoding-visitor"})  # noqa: S310 - our own site
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:  # noqa: S310 - our own site
            # A page that breaks off is no page.
            answer.read()
            found = str(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            found = str(error.code)
    except (OSError, http.client.HTTPException) as error:
        found = type(error).__name__
    return found, round((time.perf_counter() - started) * 1000, 2)
