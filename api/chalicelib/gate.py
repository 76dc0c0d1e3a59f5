"""Who may ask what: the table of routes says which role or scope each needs; this holds requests to it."""

from __future__ import annotations

from urllib.parse import urlsplit

from chalicelib.accounts.keys import scopes_of
from chalicelib.accounts.sessions import COOKIE, find_member
from chalicelib.calls import ROLES, Member, Role
from chalicelib.errors import ForbiddenError, NotSignedInError
from chalicelib.requests import Request
from chalicelib.services import Services

SAFE = ("GET", "HEAD", "OPTIONS")


def admit(request: Request, services: Services, needs: Role, scope: str) -> tuple[Member | None, str]:
    """Return who asks, and a cookie to set; or refuse whoever may not."""
    if request.cookie(COOKIE):
        refuse_foreign(request, services.settings.site_url)
    if needs == "visitor":
        return None, ""
    # A key is for programs and for nothing but its scopes; who signs in has a role, and no header of a page's making.
    if scope and request.headers.get("authorization"):
        if scope in scopes_of(request, services.database):
            return None, ""
        message = "This key is not good for this, or not any more."
        raise ForbiddenError(message)
    member, cookie = find_member(request, services.database)
    if member is None:
        raise NotSignedInError
    if ROLES.index(member.role) < ROLES.index(needs):
        message = "Your account may not do this."
        raise ForbiddenError(message)
    return member, cookie


def refuse_foreign(request: Request, site_url: str) -> None:
    """Refuse what would change something unless one of our own pages asks for it.

    Browsers say where a request comes from, in one header or, the older ones, in another, and no page can make them
    say otherwise. What says nothing is no browser, and what it would do with a member's cookie is not to be guessed.
    """
    if request.method in SAFE:
        return
    fetched_from = request.headers.get("sec-fetch-site", "")
    own = fetched_from in {"same-origin", "none"} if fetched_from else _is_ours(request, site_url)
    if not own:
        message = "This can be done from the site's own pages only."
        raise ForbiddenError(message)


def _is_ours(request: Request, site_url: str) -> bool:
    parts = urlsplit(site_url)
    return request.headers.get("origin", "") == f"{parts.scheme}://{parts.netloc}"
