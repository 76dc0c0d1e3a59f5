"""The contact form's requests."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from http import HTTPStatus

from chalicelib.calls import Call
from chalicelib.contact.form import form_again
from chalicelib.contact.keeping import LIMIT, Submission, keep_durably
from chalicelib.contact.message import LONGEST, ContactMessage, parse_message
from chalicelib.contact.spam import is_canary, issue_token, judge
from chalicelib.errors import ApiError
from chalicelib.fields import read_fields
from chalicelib.replies import Reply, error_reply, html_reply, json_reply, see_other
from chalicelib.requests import Request
from chalicelib.services import Services

THANK_YOU = "/contact/thank-you/"


def give_token(call: Call) -> Reply:
    """Give the form a key, which makes its message one, and a token that says when the form was first touched."""
    key = str(uuid.uuid4())
    return json_reply(HTTPStatus.OK, {"token": issue_token(call.services.signer, key), "key": key})


def take_message(call: Call) -> Reply:
    """Keep the message and answer in the way it was sent: a page for a form, JSON for JSON."""
    request, services = call.request, call.services
    fields: Mapping[str, str] = {}
    try:
        fields = read_fields(request, texts=LONGEST)
        submission = _submission(request, fields, parse_message(fields), services)
        kept = keep_durably(submission, services.database, services.queue)
    except ApiError as error:
        if request.is_form:
            return html_reply(error.status, form_again(error, fields), error.headers)
        return error_reply(error)
    facts = {"kept": kept.id} if kept.is_new and not kept.waits else {}
    if request.is_form:
        return see_other(THANK_YOU, facts=facts)
    status = HTTPStatus.CREATED if kept.is_new else HTTPStatus.OK
    return json_reply(status, {"id": kept.id, "status": "received"}, facts=facts)


def _submission(request: Request, fields: Mapping[str, str], message: ContactMessage, services: Services) -> Submission:
    signer = services.signer
    buckets = (
        "sender " + signer.pseudonym("sender", message.email.casefold()),
        "address " + signer.pseudonym("address", request.address),
    )
    evidence = judge(message, fields, signer)
    charge = services.limits.charge(buckets, LIMIT)
    return Submission(message, evidence, is_canary(message, fields, signer), charge)
