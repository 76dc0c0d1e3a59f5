"""Turn a body into fields, whatever was sent: a mapping of texts, or an error of the sender's."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl

from chalicelib.errors import InvalidError, TooLargeError, UnreadableError
from chalicelib.requests import Request

LARGEST_BODY = 64 * 1024
MOST_FIELDS = 50
# Only what every address has: something, an @, something with a dot. Whether it exists, an answer will show.
EMAIL = re.compile(r"[^@\s,;<>()\"]+@[^@\s,;<>()\"]+\.[^@\s.,;<>()\"]+")
LONGEST_EMAIL = 254
LONGEST_PATH = 1000
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# A line break in a name or a subject would become a header of the mail that carries it.
NOT_IN_A_LINE = ("\t", "\n", "\u2028", "\u2029")
# Hidden from people: whoever fills it in is no person, or a person with an eager browser.
HONEYPOT = "website"


def read_fields(request: Request, texts: Iterable[str] = ()) -> Mapping[str, str]:
    """Return the fields of a form or a JSON object.

    A field of JSON that is not a text is as if it were not there, unless it is named as one that may only be a text:
    what is needed is missed by the rules anyway, what is not needed would be passed over in silence.
    """
    if request.is_form:
        return _form(_text(request.body))
    fields = read_object(request)
    read = {name: field for name, field in fields.items() if isinstance(field, str)}
    if wrong := [name for name in texts if name in fields and name not in read]:
        raise InvalidError(dict.fromkeys(wrong, "Please give a text."))
    return read


def read_object(request: Request) -> Mapping[str, object]:
    """Return the JSON object of a body."""
    text = _text(request.body)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("The body is not JSON that can be read.") from error
    if not isinstance(value, dict):
        raise UnreadableError("The JSON is not an object.")
    return value


def refuse_large(body: bytes) -> None:
    """Refuse a body that no form of ours can have, before anything of it is read."""
    if len(body) > LARGEST_BODY:
        raise TooLargeError(f"The body has {len(body)} bytes; {LARGEST_BODY} are allowed.")


def clean(text: str) -> str:
    """Return what was written without what surrounds it, its lines ended in one way."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def text_fault(value: str, longest: int, *, lines: bool = False) -> str | None:
    """Say what is wrong with a text, if anything is."""
    if len(value) > longest:
        return f"Please use at most {longest} characters; these are {len(value)}."
    return None if can_be_shown(value, lines=lines) else "Please remove the characters that cannot be shown."


def email_fault(value: str) -> str | None:
    """Say what is wrong with an address, if anything is."""
    if fault := text_fault(value, LONGEST_EMAIL):
        return fault
    return None if EMAIL.fullmatch(value) else "Please write the address like name@example.org."


def can_be_shown(text: str, *, lines: bool = False) -> bool:
    """Say whether a text can be stored, and shown in a line, or in several."""
    # Most are printable, and that is asked at once; others may still be shown, as the joiners in an emoji.
    if text.isprintable():
        return True
    if not is_storable(text) or CONTROL.search(text):
        return False
    return lines or not any(one in text for one in NOT_IN_A_LINE)


def is_storable(text: str) -> bool:
    """Say whether the text can be written as UTF-8: JSON can smuggle in half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_trapped(fields: Mapping[str, str]) -> bool:
    """Say whether the field that people do not see was filled in."""
    return bool(fields.get(HONEYPOT, "").strip())


def own_path(text: str, otherwise: str) -> str:
    """Return a path of this site, or another where the text is none: nobody is sent elsewhere by a link of ours."""
    # Browsers read a backslash as a slash, and drop tabs and line breaks before they look.
    if not re.fullmatch(r"/(?![/\\])[!-\[\]-~]*", text) or len(text) > LONGEST_PATH:
        return otherwise
    return text


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
