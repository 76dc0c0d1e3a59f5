"""Every address of the API in one table, and the way of a request through it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import NamedTuple

from chalicelib.calls import Call, Role
from chalicelib.errors import ApiError, InternalError, MethodNotAllowedError, NotFoundError, UnsupportedTypeError
from chalicelib.fields import refuse_large
from chalicelib.gate import admit, refuse_foreign
from chalicelib.observe import tell_crash
from chalicelib.pages import error_page
from chalicelib.replies import Reply, error_reply, html_reply, nothing
from chalicelib.requests import FORM, JSON, Request
from chalicelib.services import Services

Handler = Callable[[Call], Reply]


class Route(NamedTuple):
    """What is done for a method of an address, for whom, and which bodies it takes."""

    method: str
    path: str
    # Its module and name: what is not asked for is not loaded.
    handler: str
    takes: tuple[str, ...] = ()
    # Least rights: the lowest role that may, and the scope of a key that may as well.
    needs: Role = "visitor"
    scope: str = ""
    # Also without a session's cookie, only our own pages may do this: it makes one.
    own_origin: bool = False


ROUTES = (
    Route("GET", "/api/health", "health.say_alive"),
    Route("GET", "/api/ready", "health.say_ready"),
    Route("GET", "/api/version", "health.say_version"),
    Route("POST", "/api/contact", "contact.handling.take_message", takes=(FORM, JSON)),
    Route("GET", "/api/contact/token", "contact.handling.give_token"),
    Route("POST", "/api/newsletter", "newsletter.subscribing.ask_for", takes=(FORM, JSON)),
    Route("GET", "/api/newsletter/confirm", "newsletter.subscribing.show_confirm"),
    Route("POST", "/api/newsletter/confirm", "newsletter.subscribing.confirm"),
    Route("GET", "/api/newsletter/unsubscribe", "newsletter.subscribing.show_end"),
    Route("POST", "/api/newsletter/unsubscribe", "newsletter.subscribing.end"),
    Route("GET", "/api/newsletter/send", "newsletter.announcing.show_send"),
    Route("POST", "/api/newsletter/send", "newsletter.announcing.send"),
    Route("GET", "/api/session", "accounts.sessions.say_session"),
    Route("POST", "/api/session/end", "accounts.sessions.end_session"),
    Route("POST", "/api/session/mail", "accounts.links.ask_for_link", takes=(FORM, JSON)),
    Route("GET", "/api/session/link", "accounts.links.show_link"),
    Route("POST", "/api/session/link", "accounts.links.use_link", own_origin=True),
    Route("GET", "/api/session/start", "accounts.issuer.start"),
    Route("GET", "/api/session/callback", "accounts.issuer.come_back"),
    Route("GET", "/api/me", "accounts.me.show_me", needs="member"),
    Route("PATCH", "/api/me", "accounts.me.change_me", takes=(JSON,), needs="member"),
    Route("POST", "/api/me", "accounts.me.change_me_by_form", takes=(FORM,), needs="member"),
    Route("DELETE", "/api/me", "accounts.me.delete_me", needs="member"),
    Route("POST", "/api/me/delete", "accounts.me.delete_me_by_form", takes=(FORM,), needs="member"),
    Route("GET", "/api/me/export", "accounts.me.export_me", needs="member"),
    Route("GET", "/api/me/messages", "accounts.me.list_messages", needs="member"),
    Route("GET", "/api/me/saved", "accounts.saved.list_saved", needs="member"),
    Route("PUT", "/api/me/saved", "accounts.saved.save", takes=(JSON,), needs="member"),
    Route("DELETE", "/api/me/saved", "accounts.saved.remove", takes=(JSON,), needs="member"),
    Route("POST", "/api/me/saved", "accounts.saved.change_by_form", takes=(FORM,), needs="member"),
    Route("GET", "/api/inbox", "contact.inbox.list_inbox", needs="editor", scope="messages:read"),
    Route("GET", "/api/inbox/export", "contact.inbox.export_inbox", needs="editor", scope="messages:read"),
    Route(
        "POST", "/api/inbox", "contact.inbox.change_message", takes=(JSON, FORM), needs="editor", scope="messages:write"
    ),
    # Also without a cookie: what other sites' pages would have counted is not seen here.
    Route("POST", "/api/vitals", "figures.vitals.count_view", takes=(JSON,), own_origin=True),
    Route("GET", "/api/stats", "figures.stats.show_stats", needs="editor"),
    Route("GET", "/api/keys", "accounts.keys.list_keys", needs="admin"),
    Route("POST", "/api/keys", "accounts.keys.make_key", takes=(JSON,), needs="admin"),
    Route("POST", "/api/keys/rotate", "accounts.keys.rotate_key", takes=(JSON,), needs="admin"),
    Route("DELETE", "/api/keys", "accounts.keys.end_key", takes=(JSON,), needs="admin"),
    Route("POST", "/api/people/export", "privacy.people.export_person", takes=(JSON,), needs="admin"),
    Route(
        "POST", "/api/people/erase", "privacy.people.erase_person", takes=(JSON,), needs="admin", scope="tests:erase"
    ),
)
TABLE: Mapping[str, Mapping[str, Route]] = {
    path: {route.method: route for route in ROUTES if route.path == path} for path in {route.path for route in ROUTES}
}


def answer(request: Request, services: Services) -> Reply:
    """Answer a request, whatever it is."""
    try:
        reply = _answer(request, services)
    except ApiError as error:
        reply = _error(error, request)
    except Exception as error:  # noqa: BLE001 - the last resort: one shape for our own faults too
        tell_crash(error, request.path)
        reply = _error(InternalError(), request)
    return reply._replace(body="") if request.method == "HEAD" else reply


def _answer(request: Request, services: Services) -> Reply:
    methods = TABLE.get(request.path)
    if methods is None:
        message = "There is nothing at this address."
        raise NotFoundError(message)
    if request.method == "OPTIONS":
        return nothing({"Allow": _allowed(methods)})
    route = methods.get("GET" if request.method == "HEAD" else request.method)
    if route is None:
        raise MethodNotAllowedError(_allowed(methods))
    refuse_large(request.body)
    if route.takes and request.content_type not in route.takes:
        message = f"This address takes {' or '.join(route.takes)}."
        raise UnsupportedTypeError(message)
    if route.own_origin:
        refuse_foreign(request, services.settings.site_url)
    member, cookie = admit(request, services, route.needs, route.scope)
    reply = handler_of(route.handler)(Call(request, services, member))
    if not cookie or reply.cookies:
        return reply
    return reply._replace(cookies=(cookie,))


@cache
def handler_of(place: str) -> Handler:
    """Return the function of that module and name, which is loaded now: a cold start is for one address."""
    module, _, name = place.rpartition(".")
    handler: Handler = getattr(import_module(f"chalicelib.{module}"), name)
    return handler


def _allowed(methods: Mapping[str, Route]) -> str:
    """Return the methods of an address with those that come by themselves."""
    return ", ".join(sorted({*methods, "OPTIONS", *(["HEAD"] if "GET" in methods else [])}))


def _error(error: ApiError, request: Request) -> Reply:
    if request.wants_page:
        return html_reply(error.status, error_page(error), error.headers)
    return error_reply(error)
