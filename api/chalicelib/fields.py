"""Turn a body into fields, whatever was sent: a mapping of texts, or an error of the sender's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import parse_qsl

from chalicelib.errors import TooLargeError, UnreadableError

LARGEST_BODY = 64 * 1024
MOST_FIELDS = 50


def read_fields(content_type: str, body: bytes) -> Mapping[str, str]:
    """Return the fields of a form or a JSON object; a field that is not a text is as if it were not there."""
    if len(body) > LARGEST_BODY:
        raise TooLargeError(f"The body has {len(body)} bytes; {LARGEST_BODY} are allowed.")
    text = _text(body)
    return _form(text) if is_form(content_type) else _json(text)


def is_form(content_type: str) -> bool:
    """Say whether the body comes from a plain HTML form, whose sender wants a page in return."""
    return content_type.partition(";")[0].strip().lower() == "application/x-www-form-urlencoded"


def _text(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UnreadableError(f"The body is not UTF-8 (byte {error.start}).") from error


def _form(text: str) -> Mapping[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise UnreadableError("The form cannot be read: its encoding is broken or it has too many fields.") from error
    # Of a name that comes twice the first counts, so that nothing appended can replace what the visitor wrote.
    return dict(reversed(pairs))


def _json(text: str) -> Mapping[str, str]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("The body is not JSON that can be read.") from error
    if not isinstance(value, dict):
        raise UnreadableError("The JSON is not an object.")
    return {name: field for name, field in value.items() if isinstance(field, str)}
