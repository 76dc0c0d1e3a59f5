"""A message is what its rules say, and whatever is sent is taken or refused, never crashed on."""

from __future__ import annotations

import json
import re
import uuid
from urllib.parse import urlencode

import pytest
from chalicelib.contact import LONGEST, parse_message, take_message
from chalicelib.errors import ApiError, InvalidError, StoreUnavailableError, UnreadableError
from chalicelib.fields import LARGEST_BODY, read_fields
from chalicelib.memory import MemoryMessageStore
from chalicelib.store import ContactMessage, Kept
from hypothesis import given
from hypothesis import strategies as st

FORM = "application/x-www-form-urlencoded"
JSON = "application/json; charset=utf-8"
GOOD = {"name": "Ada", "email": "ada@example.org", "message": "Hello\nthere"}


class DownStore:
    """A store that cannot be reached."""

    def keep(self, message: ContactMessage) -> Kept:  # noqa: ARG002 - as the port has it
        """Fail as the real one does."""
        raise StoreUnavailableError


def form(**fields: str) -> bytes:
    """Write fields as a browser does."""
    return urlencode(fields).encode()


def faults(**fields: str) -> dict[str, str]:
    """Return what is wrong with a message."""
    with pytest.raises(InvalidError) as caught:
        parse_message({**GOOD, **fields})
    return caught.value.fields


def test_a_message_is_taken_as_it_was_written() -> None:
    """Lines stay lines; only what surrounds the text goes."""
    message = parse_message({**GOOD, "message": "  Hello\r\n\r\nthere \n"})

    assert message.message == "Hello\n\nthere"


@pytest.mark.parametrize("name", ["name", "email", "message"])
def test_what_is_needed_is_asked_for(name: str) -> None:
    """Each missing field is named with what to write there."""
    assert faults(**{name: "  "})[name].startswith("Please")


@pytest.mark.parametrize("name", ["name", "subject", "message"])
def test_a_text_at_its_limit_is_taken_and_one_beyond_is_not(name: str) -> None:
    """The limit is the one that the form and the table have."""
    assert parse_message({**GOOD, name: "x" * LONGEST[name]})

    assert str(LONGEST[name]) in faults(**{name: "x" * (LONGEST[name] + 1)})[name]


@pytest.mark.parametrize("email", ["ada", "ada@", "@example.org", "ada@example", "a b@example.org", "ada@example.org>"])
def test_what_is_no_address_is_refused(email: str) -> None:
    """Nobody could be answered there."""
    assert "name@example.org" in faults(email=email)["email"]


@pytest.mark.parametrize("email", ["ada@example.org", "a+b@sub.example.co.uk", "ä@exämple.de", "o'neill@example.org"])
def test_an_unusual_address_is_still_an_address(email: str) -> None:
    """Real mail is never turned away by a clever pattern."""
    assert parse_message({**GOOD, "email": email}).email == email


@pytest.mark.parametrize("name", ["name", "email", "subject"])
@pytest.mark.parametrize("character", ["\n", "\r", "\x00", "\u2028"])
def test_a_field_that_becomes_a_header_is_one_line(name: str, character: str) -> None:
    """A line break in a name would be a header of the mail that carries it."""
    assert name in faults(**{name: f"ada@example{character}.org"})


@pytest.mark.parametrize("character", ["\x00", "\ud800", "\x1b"])
def test_a_text_that_cannot_be_stored_or_shown_is_refused(character: str) -> None:
    """It would be a crash in the database otherwise."""
    assert "message" in faults(message=f"a{character}b")


def test_spam_is_a_label_and_not_a_refusal() -> None:
    """Whoever fills in the hidden field is thanked like everybody; the label tells us."""
    message = parse_message({**GOOD, "website": "https://spam.example"})

    assert (message.label, parse_message(GOOD).label) == ("spam", "ham")
    assert message.label_reason


def test_a_senders_key_is_kept_and_a_broken_one_is_replaced() -> None:
    """The key makes a retry safe; a wrong one must not cost anybody their message."""
    key = uuid.uuid4()

    assert parse_message({**GOOD, "key": str(key)}).key == key
    assert isinstance(parse_message({**GOOD, "key": "no key"}).key, uuid.UUID)


@given(st.dictionaries(st.sampled_from([*LONGEST, "website", "key", "other"]), st.text()))
def test_any_fields_make_a_message_or_a_list_of_faults(fields: dict[str, str]) -> None:
    """There is no third outcome."""
    try:
        message = parse_message(fields)
    except InvalidError as error:
        assert set(error.fields) <= set(LONGEST)
    else:
        assert message.message.encode()


@given(st.sampled_from([FORM, JSON, "", "text/plain"]), st.binary() | st.text().map(str.encode))
def test_any_body_is_fields_or_an_error_of_the_senders(content_type: str, body: bytes) -> None:
    """Whatever arrives, it is read or refused."""
    try:
        fields = read_fields(content_type, body)
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
    reply = take_message(JSON, json.dumps(value).encode(), MemoryMessageStore())

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
        read_fields(JSON, body)


def test_half_a_surrogate_pair_in_json_is_refused_not_crashed_on() -> None:
    """JSON can say what UTF-8 cannot."""
    body = json.dumps({**GOOD, "message": "a\ud800b"}).encode()

    assert take_message(JSON, body, MemoryMessageStore()).status == 422


def test_a_body_that_is_too_large_is_refused() -> None:
    """Before anything of it is read."""
    assert take_message(FORM, b"x" * (LARGEST_BODY + 1), MemoryMessageStore()).status == 413


def test_a_form_with_broken_encoding_is_refused() -> None:
    """Guessing would store something that nobody wrote."""
    with pytest.raises(UnreadableError):
        read_fields(FORM, b"name=%ff")


def test_of_a_field_that_comes_twice_the_first_counts() -> None:
    """Nothing appended to a form replaces what the visitor wrote."""
    assert read_fields(FORM, b"name=Ada&name=Eve")["name"] == "Ada"


def test_a_form_is_thanked_with_a_page() -> None:
    """See Other: reloading the page does not send the form again."""
    reply = take_message(FORM, form(**GOOD), MemoryMessageStore())

    assert (reply.status, reply.headers["Location"]) == (303, "/contact/thank-you/")


def test_a_message_that_comes_twice_is_kept_once() -> None:
    """A double click, a retry, a replay: one message, and the same id."""
    store = MemoryMessageStore()
    body = json.dumps({**GOOD, "key": str(uuid.uuid4())}).encode()
    first, second = take_message(JSON, body, store), take_message(JSON, body, store)

    assert (first.status, second.status) == (201, 200)
    assert first.body == second.body
    assert len(store.all()) == 1


def test_a_faulty_form_comes_back_with_its_text() -> None:
    """Nothing that was written is lost."""
    reply = take_message(FORM, form(name="Ada", email="nowhere", message="A long text"), MemoryMessageStore())

    assert reply.status == 422
    assert "A long text" in str(reply.body)
    assert "name@example.org" in str(reply.body)
    assert 'aria-describedby="email-fault"' in str(reply.body)


def test_when_nothing_could_be_kept_the_visitor_is_told_and_has_the_text() -> None:
    """An honest error, and no thanks."""
    reply = take_message(FORM, form(**GOOD), DownStore())

    assert (reply.status, reply.headers["Retry-After"]) == (503, "60")
    assert "was not sent" in str(reply.body)
    assert "Hello\nthere" in str(reply.body)


def test_the_form_that_comes_back_makes_one_message_however_often_it_is_sent() -> None:
    """It carries a key: the sender's, or one that is made for it."""
    given = str(uuid.uuid4())
    with_key = take_message(FORM, form(**GOOD, key=given), DownStore())
    without = take_message(FORM, form(**GOOD), DownStore())
    made = re.findall(r'name="key" value="([^"]+)"', str(without.body))

    assert f'value="{given}"' in str(with_key.body)
    assert str(uuid.UUID(made[0])) == made[0]


@given(st.text(min_size=1))
def test_the_page_shows_text_and_never_runs_it(text: str) -> None:
    """Whatever a visitor wrote, it comes back as words."""
    marked = f'"><script>{text}</script>'
    reply = take_message(FORM, form(name=marked, email=marked, message=marked), MemoryMessageStore())

    assert reply.status == 422
    assert "<script" not in str(reply.body)
