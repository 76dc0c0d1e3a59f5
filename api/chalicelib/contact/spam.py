"""What speaks for spam. It makes a label, never a deletion: whoever looks for a message finds it.

Points are given here for what a message says of itself. The database adds those for a sender in debt in the statement
that keeps the message, and the worker those for copies before it tells of the message (`telling`).
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from typing import NamedTuple

from chalicelib.contact.message import ContactMessage
from chalicelib.fields import is_trapped
from chalicelib.signing import BadTokenError, Signer

PURPOSE = "contact"
CANARY = "canary"
SPAM_AT = 5
COPY_POINTS = 2
DEBT_POINTS = 5
# A person's word is the last one.
MOVED_BY_HAND = "moved by hand"
FEW_LINKS, MANY_LINKS = 2, 5
FASTEST_SECONDS = 3
# A tab may stay open overnight.
LONGEST_SECONDS = 2 * 24 * 3600
LINK = re.compile(r"https?://|www\.|\[url", re.IGNORECASE)


class Evidence(NamedTuple):
    """How much speaks for spam, and what."""

    points: int
    reasons: tuple[str, ...]


def issue_token(signer: Signer, key: str) -> str:
    """Return a token that says when a person first touched the form; it is good for one key, so for one message."""
    return signer.sign(PURPOSE, f"{int(time.time())}:{key}")


def judge(message: ContactMessage, fields: Mapping[str, str], signer: Signer) -> Evidence:
    """Weigh what the message says of itself."""
    found = [_judge_token(message, fields.get("token", "").strip(), signer), _judge_links(message)]
    if is_trapped(fields):
        found.append((SPAM_AT, "the hidden field was filled in"))
    counted = [one for one in found if one]
    return Evidence(sum([points for points, _ in counted]), tuple([reason for _, reason in counted]))


def is_canary(message: ContactMessage, fields: Mapping[str, str], signer: Signer) -> bool:
    """Say whether the message is one that we send ourselves, to see that messages arrive."""
    token = fields.get("token", "").strip()
    try:
        return bool(token) and signer.read(CANARY, token) == message.key
    except BadTokenError:
        return False


def _judge_token(message: ContactMessage, token: str, signer: Signer) -> tuple[int, str] | None:
    if not token:
        # Without scripts there is none; that is no fault, and by itself it never makes a label.
        return 1, "no time token"
    try:
        issued, _, key = signer.read(PURPOSE, token).partition(":")
    except BadTokenError:
        return 3, "a forged time token"
    if key != message.key:
        return 3, "the time token of another message"
    age = time.time() - int(issued)
    if age < FASTEST_SECONDS:
        return 4, f"written in less than {FASTEST_SECONDS} seconds"
    return (1, "an old time token") if age > LONGEST_SECONDS else None


def _judge_links(message: ContactMessage) -> tuple[int, str] | None:
    # A name with a link in it is no name.
    links = len(LINK.findall(f"{message.subject} {message.message}")) + 3 * len(LINK.findall(message.name))
    if links < FEW_LINKS:
        return None
    return (4 if links >= MANY_LINKS else 2), f"{links} links"
