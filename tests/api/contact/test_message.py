"""A message is what its rules say; what breaks them is named, field by field."""

from __future__ import annotations

import uuid

import pytest
from chalicelib.contact.message import LONGEST, parse_message
from chalicelib.errors import InvalidError
from chalicelib.fields import can_be_shown
from hypothesis import given
from hypothesis import strategies as st

GOOD = {"name": "Ada", "email": "ada@example.org", "message": "Hello\nthere"}


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


@given(st.text(st.sampled_from("a\u200d🦊\u00a0\t\n\r\x00\x1b\x7f\u2028\u2029\ud800")), st.booleans())
def test_what_can_be_shown_has_nothing_that_controls_and_in_a_line_nothing_that_ends_it(text: str, lines: bool) -> None:
    """Also where most of it is printable; joiners and spaces of other widths are nobody's attack."""
    forbidden = "\r\x00\x1b\x7f\ud800" + ("" if lines else "\t\n\u2028\u2029")

    assert can_be_shown(text, lines=lines) == set(text).isdisjoint(forbidden)


def test_a_senders_key_is_kept_and_a_broken_one_is_replaced() -> None:
    """The key makes a retry safe; a wrong one must not cost anybody their message."""
    key = uuid.uuid4()

    for spelled in (str(key), f" {str(key).upper()}\n"):
        assert parse_message({**GOOD, "key": spelled}).key == str(key)
    made = parse_message({**GOOD, "key": "no key"}).key
    assert str(uuid.UUID(made)) == made


@given(st.dictionaries(st.sampled_from([*LONGEST, "website", "key", "other"]), st.text()))
def test_any_fields_make_a_message_or_a_list_of_faults(fields: dict[str, str]) -> None:
    """There is no third outcome."""
    try:
        message = parse_message(fields)
    except InvalidError as error:
        assert set(error.fields) <= set(LONGEST)
    else:
        assert message.message.encode()
