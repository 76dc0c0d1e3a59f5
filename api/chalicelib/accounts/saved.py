"""Posts that a member saved to read later."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import LiteralString

from chalicelib.calls import Call
from chalicelib.errors import ForbiddenError, InvalidError
from chalicelib.fields import clean, own_path, read_fields, text_fault
from chalicelib.replies import Reply, json_reply, see_other

LONGEST_TITLE = 300
MOST_SAVED = 1000
LIST: LiteralString = """
    SELECT path, title, to_char(saved_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    FROM saved_posts WHERE member_id = %(member)s ORDER BY saved_at DESC
"""
SAVE: LiteralString = """
    INSERT INTO saved_posts AS saved (member_id, path, title)
    SELECT %(member)s, %(path)s, %(title)s
    WHERE (SELECT count(*) FROM saved_posts WHERE member_id = %(member)s AND path <> %(path)s) < %(most)s
    ON CONFLICT (member_id, path) DO UPDATE SET title = EXCLUDED.title
    RETURNING to_char(saved_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
"""
REMOVE: LiteralString = "DELETE FROM saved_posts WHERE member_id = %(member)s AND path = %(path)s"


def list_saved(call: Call) -> Reply:
    """Return what the member saved, the newest first."""
    rows = call.services.database.ask(LIST, {"member": call.who.id})
    saved = [{"path": path, "title": title, "saved": at} for path, title, at in rows]
    return json_reply(HTTPStatus.OK, {"saved": saved})


def save(call: Call) -> Reply:
    """Save a post; saving it again changes nothing but its title."""
    path, title, at = _save(call, read_fields(call.request))
    return json_reply(HTTPStatus.OK, {"path": path, "title": title, "saved": at})


def remove(call: Call) -> Reply:
    """Forget a saved post; one that is not there is forgotten already."""
    path = _path(read_fields(call.request))
    call.services.database.ask(REMOVE, {"member": call.who.id, "path": path})
    return json_reply(HTTPStatus.OK, {"path": path, "removed": True})


def change_by_form(call: Call) -> Reply:
    """Save a post, or forget it where the field says so, and go back to the page."""
    fields = read_fields(call.request)
    if fields.get("remove"):
        path = _path(fields)
        call.services.database.ask(REMOVE, {"member": call.who.id, "path": path})
        return see_other("/api/me")
    return see_other(_save(call, fields)[0])


def _save(call: Call, fields: Mapping[str, str]) -> tuple[str, str, str]:
    path, title = _path(fields), clean(fields.get("title", ""))
    if fault := text_fault(title, LONGEST_TITLE) if title else "Please give the post's title.":
        raise InvalidError({"title": fault})
    values = {"member": call.who.id, "path": path, "title": title, "most": MOST_SAVED}
    rows = call.services.database.ask(SAVE, values)
    if not rows:
        message = f"{MOST_SAVED} posts are saved already. Remove one first."
        raise ForbiddenError(message)
    return path, title, str(rows[0][0])


def _path(fields: Mapping[str, str]) -> str:
    path = own_path(clean(fields.get("path", "")), "")
    if not path:
        raise InvalidError({"path": "Please give the path of a post, like /posts/a-post/."})
    return path
