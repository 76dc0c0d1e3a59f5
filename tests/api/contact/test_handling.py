"""Whatever is sent to the form's address is taken or refused, in the way it was sent, and never crashed on."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest
from chalicelib.calls import Call
from chalicelib.contact.handling import give_token, take_message
from chalicelib.errors import ApiError, UnreadableError
from chalicelib.fields import read_fields
from chalicelib.queue import DirectoryQueue
from chalicelib.replies import Reply
from chalicelib.requests import Request
from chalicelib.services import Services
from hypothesis import given
from hypothesis import strategies as st

from tests.api.conftest import AwayDatabase, make_services

FORM = "application/x-www-form-urlencoded"
JSON = "application/json; charset=utf-8"
GOOD = {"name": "Ada", "email": "ada@example.org", "message": "Hello\nthere"}


AWAY = make_services(AwayDatabase())


def post(content_type: str, body: bytes, services: Services = AWAY) -> Reply:
    """Send a body to the form's address; where nothing else is said, nothing can be kept."""
    headers = {"content-type": content_type}
    return take_message(Call(Request("POST", "/api/contact", headers=headers, body=body), services))


def fields_of(content_type: str, body: bytes) -> Mapping[str, str]:
    """Read the fields of a body."""
    return read_fields(Request("POST", "/api/contact", headers={"content-type": content_type}, body=body))


def form(**fields: str) -> bytes:
    """Write fields as a browser does."""
    return urlencode(fields).encode()


@given(st.sampled_from([FORM, JSON, "", "text/plain"]), st.binary() | st.text().map(str.encode))
def test_any_body_is_fields_or_an_error_of_the_senders(content_type: str, body: bytes) -> None:
    """Whatever arrives, it is read or refused."""
    try:
        fields = fields_of(content_type, body)
    except ApiError as error:
        assert 400 <= error.status < 500
    else:
        assert all(isinstance(value, str) for value in fields.values())


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON_VALUES)
def test_any_json_is_answered(value: object) -> None:
    """Wrong types are missing fields, not crashes."""
    reply = post(JSON, json.dumps(value).encode())

    assert 400 <= reply.status < 500
    assert json.loads(str(reply.body))["error"]["code"]


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b"{", b"", b"null", b'"text"', b"\xff\xfe", b'{"a":' * 9000],
    ids=["deep", "broken", "empty", "null", "text", "not utf-8", "deep objects"],
)
def test_json_that_is_no_message_is_refused(body: bytes) -> None:
    """Each with a status of the sender's."""
    with pytest.raises(ApiError):
        fields_of(JSON, body)


def test_half_a_surrogate_pair_in_json_is_refused_not_crashed_on() -> None:
    """JSON can say what UTF-8 cannot."""
    body = json.dumps({**GOOD, "message": "a\ud800b"}).encode()

    assert post(JSON, body).status == 422


def test_a_form_with_broken_encoding_is_refused() -> None:
    """Guessing would store something that nobody wrote."""
    with pytest.raises(UnreadableError):
        fields_of(FORM, b"name=%ff")


def test_of_a_field_that_comes_twice_the_first_counts() -> None:
    """Nothing appended to a form replaces what the visitor wrote."""
    assert fields_of(FORM, b"name=Ada&name=Eve")["name"] == "Ada"


@pytest.mark.integration
def test_a_form_is_thanked_with_a_page(services: Services) -> None:
    """See Other: reloading the page does not send the form again."""
    reply = post(FORM, form(**GOOD), services)

    assert (reply.status, reply.headers["Location"]) == (303, "/contact/thank-you/")


@pytest.mark.integration
def test_a_message_that_comes_twice_is_one_message(services: Services) -> None:
    """A double click, a retry, a replay: the same id."""
    body = json.dumps({**GOOD, "key": str(uuid.uuid4())}).encode()
    first, second = post(JSON, body, services), post(JSON, body, services)

    assert (first.status, second.status) == (201, 200)
    assert first.body == second.body


@pytest.mark.integration
def test_while_the_database_is_away_the_queue_is_as_good(tmp_path: Path) -> None:
    """The visitor is thanked, since the message is durable."""
    services = make_services(AwayDatabase(), DirectoryQueue(tmp_path / "queue"))
    key = str(uuid.uuid4())
    reply = post(JSON, json.dumps({**GOOD, "key": key}).encode(), services)

    assert reply.status == 201
    assert key in services.queue.take(1)[0].text


def test_a_token_is_good_for_the_key_it_comes_with() -> None:
    """Both go into hidden fields of the form."""
    given = json.loads(give_token(Call(Request("GET", "/api/contact/token"), AWAY)).body)

    assert AWAY.signer.read("contact", given["token"]).endswith(given["key"])


def test_a_faulty_form_comes_back_with_its_text() -> None:
    """Nothing that was written is lost."""
    reply = post(FORM, form(name="Ada", email="nowhere", message="A long text"))

    assert reply.status == 422
    assert "A long text" in str(reply.body)
    assert "name@example.org" in str(reply.body)
    assert 'aria-describedby="email-fault"' in str(reply.body)


def test_when_nothing_could_be_kept_the_visitor_is_told_and_has_the_text() -> None:
    """An honest error, and no thanks."""
    reply = post(FORM, form(**GOOD))

    assert (reply.status, reply.headers["Retry-After"]) == (503, "60")
    assert "was not sent" in str(reply.body)
    assert "Hello\nthere" in str(reply.body)


def test_the_form_that_comes_back_makes_one_message_however_often_it_is_sent() -> None:
    """It carries a key: the sender's, or one that is made for it."""
    given = str(uuid.uuid4())
    with_key = post(FORM, form(**GOOD, key=given))
    without = post(FORM, form(**GOOD))
    made = re.findall(r'name="key" value="([^"]+)"', str(without.body))

    assert f'value="{given}"' in str(with_key.body)
    assert str(uuid.UUID(made[0])) == made[0]


@given(st.text(min_size=1))
def test_the_page_shows_text_and_never_runs_it(text: str) -> None:
    """Whatever a visitor wrote, it comes back as words."""
    marked = f'"><script>{text}</script>'
    reply = post(FORM, form(name=marked, email=marked, message=marked))

    assert reply.status == 422
    assert "<script" not in str(reply.body)
