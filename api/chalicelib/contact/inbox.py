"""The messages, for those who answer them: two folders, moved both ways, searched, marked, taken along."""

from __future__ import annotations

import csv
import io
import uuid
from http import HTTPStatus
from typing import Any, LiteralString

from chalicelib.calls import Call
from chalicelib.contact.inbox_page import inbox_page
from chalicelib.contact.spam import MOVED_BY_HAND
from chalicelib.errors import InvalidError, NotFoundError
from chalicelib.fields import is_storable, read_fields
from chalicelib.replies import Reply, html_reply, json_reply, see_other

FOLDERS = {"messages": "ham", "spam": "spam"}
ACTIONS = ("spam", "ham", "done", "open")
MOST = 100
NAMES = ("id", "received", "name", "email", "subject", "message", "label", "reason", "done")
LIST: LiteralString = """
    SELECT id::text, to_char(received_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), name, email, subject, message, label,
           label_reason, done_at IS NOT NULL
    FROM contact_messages
    WHERE label = %(label)s AND (%(words)s = '' OR strpos(lower(concat_ws(' ', name, email, subject, message)),
                                                          lower(%(words)s)) > 0)
    ORDER BY received_at DESC LIMIT %(most)s
"""
CHANGE: LiteralString = """
    UPDATE contact_messages SET
        label = CASE WHEN %(action)s IN ('spam', 'ham') THEN %(action)s ELSE label END,
        label_reason = CASE WHEN %(action)s IN ('spam', 'ham') THEN %(moved)s ELSE label_reason END,
        done_at = CASE %(action)s WHEN 'done' THEN coalesce(done_at, now()) WHEN 'open' THEN NULL ELSE done_at END
    WHERE id = %(id)s AND label IN ('ham', 'spam') RETURNING label, done_at IS NOT NULL
"""


def list_inbox(call: Call) -> Reply:
    """Return the newest messages of a folder, those with some words where words are given."""
    messages = _list(call, MOST)
    if not call.request.wants_page:
        return json_reply(HTTPStatus.OK, {"messages": messages})
    query = call.request.query
    return html_reply(HTTPStatus.OK, inbox_page(messages, query.get("folder", "messages"), query.get("q", "")))


def export_inbox(call: Call) -> Reply:
    """Return a folder as a table for a spreadsheet."""
    file = io.StringIO()
    table = csv.writer(file)
    table.writerow(NAMES)
    table.writerows([_harmless(value) for value in one.values()] for one in _list(call, 1_000_000))
    named = {"Content-Disposition": 'attachment; filename="messages.csv"', "Content-Type": "text/csv; charset=utf-8"}
    return Reply(HTTPStatus.OK, file.getvalue(), named)


def change_message(call: Call) -> Reply:
    """Move a message to the other folder, or mark it."""
    fields = read_fields(call.request)
    action = fields.get("action", "")
    if action not in ACTIONS:
        raise InvalidError({"action": f"Please give one of: {', '.join(ACTIONS)}."})
    try:
        message = uuid.UUID(fields.get("id", ""))
    except ValueError as error:
        raise InvalidError({"id": "Please give the id of a message."}) from error
    rows = call.services.database.ask(CHANGE, {"id": message, "action": action, "moved": MOVED_BY_HAND})
    if not rows:
        words = "There is no such message."
        raise NotFoundError(words)
    if call.request.is_form:
        folder = fields.get("folder", "")
        return see_other(f"/api/inbox?folder={folder}" if folder in FOLDERS else "/api/inbox")
    return json_reply(HTTPStatus.OK, {"id": str(message), "label": rows[0][0], "done": rows[0][1]})


def _list(call: Call, most: int) -> list[dict[str, Any]]:
    folder, words = call.request.query.get("folder", "messages"), call.request.query.get("q", "")
    if folder not in FOLDERS:
        raise InvalidError({"folder": f"Please give one of: {', '.join(FOLDERS)}."})
    if not is_storable(words) or "\0" in words:
        raise InvalidError({"q": "Please give words that can be shown."})
    rows = call.services.database.ask(LIST, {"label": FOLDERS[folder], "words": words, "most": most})
    return [dict(zip(NAMES, row, strict=True)) for row in rows]


def _harmless(value: object) -> str:
    """Return a cell that no spreadsheet takes for a formula: what people wrote is never run."""
    text = str(value)
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
