"""The contact form: what a message must be, and what happens to it."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus

from chalicelib.errors import ApiError, InvalidError
from chalicelib.fields import is_form, read_fields
from chalicelib.pages import form_again
from chalicelib.replies import Reply, error_reply, html_reply, json_reply, see_other
from chalicelib.store import ContactMessage, MessageStore

THANK_YOU = "/contact/thank-you/"
LONGEST = {"name": 100, "email": 254, "subject": 150, "message": 5000}
REQUIRED = {
    "name": "Please tell us your name.",
    "email": "Please give the address that we may answer to.",
    "message": "Please write your message.",
}
# Only what every address has: something, an @, something with a dot. Whether it exists, an answer will show.
EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s.,;<>()\"]+")
# A line break in a name or a subject would become a header of the mail that carries it.
CONTROL = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]")
CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# Hidden from people: whoever fills it in is no person, or a person with an eager browser. So it labels, only.
HONEYPOT = "website"


def take_message(content_type: str, body: bytes, store: MessageStore) -> Reply:
    """Keep the message of a request and answer in the way it was sent: a page for a form, JSON for JSON."""
    fields: Mapping[str, str] = {}
    try:
        fields = read_fields(content_type, body)
        kept = store.keep(parse_message(fields))
    except ApiError as error:
        return html_reply(error.status, form_again(error, fields)) if is_form(content_type) else error_reply(error)
    if is_form(content_type):
        return see_other(THANK_YOU)
    status = HTTPStatus.CREATED if kept.is_new else HTTPStatus.OK
    return json_reply(status, {"id": str(kept.id), "status": "received"})


def parse_message(fields: Mapping[str, str]) -> ContactMessage:
    """Return the message that the fields make, or say all that is wrong with them."""
    given = {name: _clean(fields.get(name, "")) for name in LONGEST}
    faults = {name: fault for name, value in given.items() if (fault := _fault(name, value))}
    if faults:
        raise InvalidError(faults)
    spam = bool(fields.get(HONEYPOT, "").strip())
    return ContactMessage(
        key=_key(fields.get("key", "")),
        label="spam" if spam else "ham",
        label_reason="the hidden field was filled in" if spam else "",
        **given,
    )


def _clean(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def _fault(name: str, value: str) -> str | None:
    if not value:
        return REQUIRED.get(name)
    if len(value) > LONGEST[name]:
        return f"Please use at most {LONGEST[name]} characters; these are {len(value)}."
    if not _is_storable(value) or (CONTROL_IN_TEXT if name == "message" else CONTROL).search(value):
        return "Please remove the characters that cannot be shown."
    if name == "email" and not EMAIL.fullmatch(value):
        return "Please write the address like name@example.org."
    return None


def _is_storable(text: str) -> bool:
    """Say whether the text can be written as UTF-8: JSON can smuggle in half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _key(text: str) -> uuid.UUID:
    """Return the key that makes a message one message however often it is sent; make one where none was."""
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return uuid.uuid4()
