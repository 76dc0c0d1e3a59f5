"""Keys of programs: for some scopes, for some time, shown once, kept as a hash and replaced without a gap."""

from __future__ import annotations

import hmac
import re
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import LiteralString

from chalicelib.accounts.sessions import hash_of, make_token
from chalicelib.calls import Call
from chalicelib.database import Database
from chalicelib.errors import InvalidError, NotFoundError
from chalicelib.fields import clean, read_object, text_fault
from chalicelib.replies import Reply, json_reply
from chalicelib.requests import Request

SCOPES = ("messages:read", "messages:write", "tests:erase")
LONGEST_NAME = 100
LONGEST_DAYS = 366
KEY = re.compile(r"Bearer zk_([0-9a-f]{32})_([A-Za-z0-9_-]{43})")
FIND: LiteralString = """
    SELECT scopes, secret_hash, CASE WHEN previous_until > now() THEN previous_hash END
    FROM api_keys WHERE id = %(id)s AND expires_at > now()
"""
MAKE: LiteralString = """
    INSERT INTO api_keys (name, scopes, secret_hash, made_by, expires_at)
    VALUES (%(name)s, %(scopes)s, %(hash)s, %(member)s, now() + make_interval(days => %(days)s)) RETURNING id
"""
LIST: LiteralString = """
    SELECT id::text, name, scopes, to_char(made_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           to_char(expires_at, 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    FROM api_keys ORDER BY made_at
"""
ROTATE: LiteralString = """
    UPDATE api_keys SET previous_hash = secret_hash, previous_until = now() + interval '1 day', secret_hash = %(hash)s
    WHERE id = %(id)s AND expires_at > now() RETURNING id
"""
END: LiteralString = "DELETE FROM api_keys WHERE id = %(id)s RETURNING 1"


def scopes_of(request: Request, database: Database) -> tuple[str, ...]:
    """Return what the key that comes with a request is good for."""
    given = KEY.fullmatch(request.headers.get("authorization", ""))
    rows = database.ask(FIND, {"id": uuid.UUID(given[1])}) if given else []
    if not given or not rows:
        return ()
    scopes, current, previous = rows[0]
    is_good = [hmac.compare_digest(hash_of(given[2]), bytes(one)) for one in (current, previous or b"")]
    return tuple(scopes) if any(is_good) else ()


def list_keys(call: Call) -> Reply:
    """Return the keys, without what makes them keys."""
    names = ("id", "name", "scopes", "made", "expires")
    rows = call.services.database.ask(LIST)
    return json_reply(HTTPStatus.OK, {"keys": [dict(zip(names, row, strict=True)) for row in rows]})


def make_key(call: Call) -> Reply:
    """Make a key and return it: this once."""
    values = _parse(read_object(call.request))
    secret = make_token()
    made = call.services.database.ask(MAKE, {**values, "hash": hash_of(secret), "member": call.who.id})
    return _shown_once(HTTPStatus.CREATED, made[0][0], secret)


def rotate_key(call: Call) -> Reply:
    """Give a key another secret; the one before is good for a day more."""
    secret = make_token()
    rows = call.services.database.ask(ROTATE, {"id": _id(call), "hash": hash_of(secret)})
    if not rows:
        raise NotFoundError(UNKNOWN)
    return _shown_once(HTTPStatus.OK, rows[0][0], secret)


def end_key(call: Call) -> Reply:
    """Have a key be good for nothing any more, at once."""
    if not call.services.database.ask(END, {"id": _id(call)}):
        raise NotFoundError(UNKNOWN)
    return json_reply(HTTPStatus.OK, {"ended": True})


UNKNOWN = "There is no such key."


def _parse(fields: Mapping[str, object]) -> dict[str, object]:
    name, scopes, days = fields.get("name"), fields.get("scopes"), fields.get("days", 90)
    faults = {}
    if not isinstance(name, str) or not clean(name) or text_fault(clean(name), LONGEST_NAME):
        faults["name"] = f"Please give a name of at most {LONGEST_NAME} characters."
    if not isinstance(scopes, list) or not scopes or any(one not in SCOPES for one in scopes):
        faults["scopes"] = f"Please give a list of some of: {', '.join(SCOPES)}."
    if type(days) is not int or not 1 <= days <= LONGEST_DAYS:
        faults["days"] = f"Please give a number of days, at most {LONGEST_DAYS}."
    if faults:
        raise InvalidError(faults)
    return {"name": clean(str(name)), "scopes": scopes, "days": days}


def _id(call: Call) -> uuid.UUID:
    try:
        return uuid.UUID(str(read_object(call.request).get("id", "")))
    except ValueError as error:
        raise InvalidError({"id": "Please give the id of a key."}) from error


def _shown_once(status: int, key: uuid.UUID, secret: str) -> Reply:
    return json_reply(status, {"id": str(key), "key": f"zk_{key.hex}_{secret}"})
