"""A token is good for what it was made for, as it was made, and for nothing else."""

from __future__ import annotations

import pytest
from chalicelib.signing import BadTokenError, Signer
from hypothesis import assume, given
from hypothesis import strategies as st

SIGNER = Signer((b"the first", b"the one before"))
TEXTS = st.text(st.characters(codec="utf-8"))


@given(TEXTS, TEXTS)
def test_what_was_signed_is_read(purpose: str, content: str) -> None:
    """Whatever it was."""
    assert SIGNER.read(purpose, SIGNER.sign(purpose, content)) == content


@given(st.text())
def test_what_we_did_not_make_is_refused(token: str) -> None:
    """Never a crash: tokens come from addresses that anybody can write."""
    with pytest.raises(BadTokenError):
        SIGNER.read("purpose", token)


@given(TEXTS, st.integers(0), st.characters(codec="ascii"))
def test_a_token_that_was_changed_is_refused(content: str, place: int, letter: str) -> None:
    """By one letter, anywhere, also by one that Base64 would read as the same."""
    token = SIGNER.sign("purpose", content)
    place %= len(token)
    assume(token[place] != letter)

    with pytest.raises(BadTokenError):
        SIGNER.read("purpose", token[:place] + letter + token[place + 1 :])


def test_a_token_for_one_purpose_is_none_for_another() -> None:
    """A link out of one mail does not do what another one does."""
    with pytest.raises(BadTokenError):
        SIGNER.read("unsubscribe", SIGNER.sign("sign in", "x"))


def test_a_secret_can_be_replaced() -> None:
    """What the old one signed is good as long as it is still named."""
    token = Signer((b"the one before",)).sign("purpose", "x")

    assert SIGNER.read("purpose", token) == "x"
    with pytest.raises(BadTokenError):
        Signer((b"the first",)).read("purpose", token)


def test_a_secret_is_not_shown() -> None:
    """Not in a log, not in a traceback."""
    assert "first" not in repr(SIGNER)
