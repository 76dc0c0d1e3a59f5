"""What is a member's own: seen, changed, taken along, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, LiteralString

from chalicelib.accounts.sessions import session_cookie
from chalicelib.calls import Call
from chalicelib.errors import InvalidError
from chalicelib.fields import clean, read_fields, read_object, text_fault
from chalicelib.pages import page, shown
from chalicelib.privacy.person import Receipt, erase, held_of
from chalicelib.replies import Reply, html_reply, json_reply, see_other

LONGEST_NAME = 100
ME: LiteralString = """
    SELECT member.id::text, member.email, member.name, member.role,
           EXISTS (SELECT FROM newsletter_subscriptions AS subscription
                   WHERE lower(subscription.email) = lower(member.email) AND state = 'confirmed'),
           to_char(member.since, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    FROM members AS member WHERE member.id = %(id)s
"""
NAMES = ("id", "email", "name", "role", "newsletter", "since")
# A member's address is proved, so the newsletter needs no second mail. What is null stays as it is.
CHANGE: LiteralString = """
    WITH changed AS (
        UPDATE members SET name = coalesce(%(name)s::text, name) WHERE id = %(id)s RETURNING email
    ), subscribed AS (
        INSERT INTO newsletter_subscriptions AS subscription (email, state, confirmed_at)
        SELECT email, 'confirmed', now() FROM changed WHERE %(newsletter)s::boolean
        ON CONFLICT (lower(email)) DO UPDATE SET state = 'confirmed',
            confirmed_at = coalesce(subscription.confirmed_at, now())
    ), ended AS (
        DELETE FROM newsletter_subscriptions USING changed
        WHERE NOT %(newsletter)s::boolean AND lower(newsletter_subscriptions.email) = lower(changed.email)
    )
    SELECT 1 FROM changed
"""
MESSAGES: LiteralString = """
    SELECT id::text, subject, to_char(received_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           CASE WHEN done_at IS NULL THEN 'received' ELSE 'done' END
    FROM contact_messages WHERE lower(email) = lower(%(email)s) ORDER BY received_at DESC
"""


def show_me(call: Call) -> Reply:
    """Return the member's account; for a browser without scripts, as a page with plain forms."""
    me = _me(call)
    if not call.request.wants_page:
        return json_reply(HTTPStatus.OK, me)
    return html_reply(HTTPStatus.OK, page("Your account", f"You are signed in as {me['email']}.", _forms(me)))


def change_me(call: Call) -> Reply:
    """Change the name, or whether the newsletter comes; what is not named stays."""
    fields = read_object(call.request)
    name, newsletter = fields.get("name"), fields.get("newsletter")
    faults = {}
    if name is not None and not isinstance(name, str):
        faults["name"] = "Please give a text."
    if newsletter is not None and not isinstance(newsletter, bool):
        faults["newsletter"] = "Please give true or false."
    if faults:
        raise InvalidError(faults)
    _change(call, clean(name) if isinstance(name, str) else None, newsletter if isinstance(newsletter, bool) else None)
    return json_reply(HTTPStatus.OK, _me(call))


def change_me_by_form(call: Call) -> Reply:
    """Change what the form has; a box without a tick is not sent at all."""
    fields = read_fields(call.request)
    _change(call, clean(fields.get("name", "")), bool(fields.get("newsletter")))
    return see_other("/account/")


def delete_me(call: Call) -> Reply:
    """Delete all that is held of the member, and return the receipt."""
    receipt = erase(call.services, call.who.email, actor="member")
    return json_reply(HTTPStatus.OK, _receipt(receipt), cookies=(session_cookie("", 0),))


def delete_me_by_form(call: Call) -> Reply:
    """Delete all that is held of the member, who has typed the word, and show the receipt."""
    if read_fields(call.request).get("confirm", "").strip().lower() != "delete":
        raise InvalidError({"confirm": "Please write the word: delete"})
    receipt = _receipt(erase(call.services, call.who.email, actor="member"))
    rows = "".join(f"<li>{shown(name.replace('_', ' '))}: {count}</li>\n" for name, count in receipt["deleted"].items())
    words = f"<ul>\n{rows}</ul>\n<p>Receipt {shown(receipt['receipt'])}, {shown(receipt['at'])}</p>"
    shown_page = page("Deleted", "All that we held under your address is deleted.", words)
    return html_reply(HTTPStatus.OK, shown_page, cookies=(session_cookie("", 0),))


def export_me(call: Call) -> Reply:
    """Return everything that is held of the member: to take along as JSON, or to read as a page."""
    held = held_of(call.services, call.who.email, actor="member", action="export")
    if call.request.wants_page:
        words = "".join(_section(name, value) for name, value in held.items())
        return html_reply(HTTPStatus.OK, page("Everything we hold of you", f"Under {call.who.email}.", words))
    named = {"Content-Disposition": 'attachment; filename="zichkoding-export.json"'}
    return json_reply(HTTPStatus.OK, held, named)


def list_messages(call: Call) -> Reply:
    """Return the member's own messages and what became of them."""
    rows = call.services.database.ask(MESSAGES, {"email": call.who.email})
    names = ("id", "subject", "sent", "state")
    return json_reply(HTTPStatus.OK, {"messages": [dict(zip(names, row, strict=True)) for row in rows]})


def _me(call: Call) -> dict[str, Any]:
    return dict(zip(NAMES, call.services.database.ask(ME, {"id": call.who.id})[0], strict=True))


def _change(call: Call, name: str | None, newsletter: bool | None) -> None:
    if name is not None and (fault := text_fault(name, LONGEST_NAME)):
        raise InvalidError({"name": fault})
    call.services.database.ask(CHANGE, {"id": call.who.id, "name": name, "newsletter": newsletter})


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {"deleted": receipt.counts, "at": receipt.at, "receipt": receipt.id}


def _forms(me: Mapping[str, Any]) -> str:
    ticked = " checked" if me["newsletter"] else ""
    return (
        '<form method="post" action="/api/me">\n'
        '<p><label for="name">Your name</label>\n'
        f'<input id="name" name="name" value="{shown(me["name"])}" maxlength="100" autocomplete="name"></p>\n'
        f'<p><label><input type="checkbox" name="newsletter" value="on"{ticked}> New posts by mail</label></p>\n'
        "<p><button>Save</button></p>\n</form>\n"
        '<p><a href="/api/me/export">Everything we hold of you</a></p>\n'
        '<form method="post" action="/api/session/end"><p><button>Sign out</button></p></form>\n'
        "<h2>Delete your account</h2>\n"
        '<form method="post" action="/api/me/delete">\n'
        '<p><label for="confirm">To delete all that we hold of you, write: delete</label>\n'
        '<input id="confirm" name="confirm" required autocomplete="off"></p>\n'
        "<p><button>Delete</button></p>\n</form>"
    )


def _section(name: str, value: object) -> str:
    return f"<h2>{shown(name.replace('_', ' ').capitalize())}</h2>\n{_readable(value)}\n"


def _readable(value: object) -> str:
    if isinstance(value, list):
        return "".join(_readable(one) for one in value) or "<p>Nothing.</p>"
    if isinstance(value, dict):
        said = {key: one for key, one in value.items() if one}
        rows = "".join(f"<dt>{shown(str(key))}</dt>\n<dd>{shown(str(one))}</dd>\n" for key, one in said.items())
        return f"<dl>\n{rows}</dl>\n"
    return f"<p>{shown(str(value))}</p>" if value else "<p>Nothing.</p>"
