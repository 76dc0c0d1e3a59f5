"""What a message must be."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.errors import InvalidError
from chalicelib.fields import LONGEST_EMAIL, clean, email_fault, text_fault

LONGEST = {"name": 100, "email": LONGEST_EMAIL, "subject": 150, "message": 5000}
REQUIRED = {
    "name": "Please tell us your name.",
    "email": "Please give the address that we may answer to.",
    "message": "Please write your message.",
}
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class ContactMessage(NamedTuple):
    """A message that a visitor sent."""

    # The same key is the same message, however often it is sent; a UUID, written in lower case.
    key: str
    name: str
    email: str
    subject: str
    message: str


def parse_message(fields: Mapping[str, str]) -> ContactMessage:
    """Return the message that the fields make, or say all that is wrong with them."""
    given = {name: clean(fields.get(name, "")) for name in LONGEST}
    faults = {name: fault for name, value in given.items() if (fault := _fault(name, value))}
    if faults:
        raise InvalidError(faults)
    return ContactMessage(key=parse_key(fields.get("key", "")) or str(uuid.uuid4()), **given)


def parse_key(text: str) -> str:
    """Return the key that the sender made, if it made one."""
    key = text.strip().lower()
    return key if UUID.fullmatch(key) else ""


def _fault(name: str, value: str) -> str | None:
    if not value:
        return REQUIRED.get(name)
    if name == "email":
        return email_fault(value)
    return text_fault(value, LONGEST[name], lines=name == "message")
