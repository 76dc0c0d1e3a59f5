"""An admin answers for somebody without an account: what is held under an address is given out, or erased."""

from __future__ import annotations

import re
from http import HTTPStatus

from chalicelib.calls import Call
from chalicelib.errors import ForbiddenError, InvalidError
from chalicelib.fields import clean, email_fault, read_fields
from chalicelib.privacy.person import erase, held_of
from chalicelib.replies import Reply, json_reply

# Nobody's: what SES is given for such an address it takes and drops, and its sender's good name does not suffer.
TEST_ADDRESS = re.compile(r"success\+[a-z0-9-]+@simulator\.amazonses\.com")


def export_person(call: Call) -> Reply:
    """Return all that is held under an address."""
    held = held_of(call.services, _address(call), actor="admin", action="export")
    return json_reply(HTTPStatus.OK, held)


def erase_person(call: Call) -> Reply:
    """Delete all that is held under an address, and return the receipt."""
    email = _address(call)
    if call.member is None and not TEST_ADDRESS.fullmatch(email):
        message = "This key is good for the addresses of tests only."
        raise ForbiddenError(message)
    receipt = erase(call.services, email, actor="admin" if call.member else "tests")
    return json_reply(HTTPStatus.OK, {"deleted": receipt.counts, "at": receipt.at, "receipt": receipt.id})


def _address(call: Call) -> str:
    email = clean(read_fields(call.request).get("email", ""))
    if fault := email_fault(email):
        raise InvalidError({"email": fault})
    return email
