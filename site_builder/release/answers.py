"""What is said of each object besides its bytes: the release it is of, and the status of a page that is an answer.

S3 answers 200 for whatever it has. `infra/edge/status.js` reads the status from here and gives it to the answer.
"""

from __future__ import annotations

GONE_PAGE = "410.html"
CLOSED_PAGE = "503.html"
STATUSES = {GONE_PAGE: "410", CLOSED_PAGE: "503"}


def object_metadata(path: str, release: str) -> dict[str, str]:
    """Return what is stored beside the bytes of a release's file."""
    status = STATUSES.get(path)
    return {"release": release, **({"status": status} if status else {})}
