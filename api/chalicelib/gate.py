"""Who may ask what. One table says which role a route needs (`routes`); this holds requests to it."""

from __future__ import annotations

from urllib.parse import urlsplit

from chalicelib.errors import ForbiddenError
from chalicelib.requests import Request

SAFE = ("GET", "HEAD", "OPTIONS")


def refuse_foreign(request: Request, site_url: str) -> None:
    """Refuse what would change something unless one of our own pages asks for it.

    Browsers say where a request comes from and no page can make them say otherwise; what says nothing is no browser
    of these years, and what it would do with a member's cookie is not to be guessed.
    """
    if request.method in SAFE:
        return
    fetched_from = request.headers.get("sec-fetch-site", "")
    origin = request.headers.get("origin", "")
    is_own = origin == _origin(site_url) if origin else fetched_from in {"same-origin", "none"}
    if not is_own or fetched_from in {"cross-site", "same-site"}:
        message = "This can be done from the site's own pages only."
        raise ForbiddenError(message)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
