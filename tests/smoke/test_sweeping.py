"""What a killed run of the tests has left is erased by the next one, and nothing else is.

Only on a site that was made here: elsewhere another run may be looking for its message at this moment.
"""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import APIRequestContext

from tests.smoke.site import LEFT_OVER_SECONDS, Inbox

pytestmark = [pytest.mark.browser, pytest.mark.integration]

PERSON = "ada+success+smoke-1@example.org"


def test_what_a_killed_run_has_left_is_swept_after_a_while(
    inbox: Inbox, asking: APIRequestContext, nobody: str
) -> None:
    """A person who has such words in an address keeps what they wrote."""
    for address in (nobody, PERSON):
        message = {"name": "Ada", "email": address, "message": f"From {address}"}
        assert asking.post("/api/contact", data=message).status == 201
    soon, later = time.time(), time.time() + LEFT_OVER_SECONDS + 5

    assert nobody not in inbox.sweep(soon)
    assert nobody in inbox.sweep(later)
    assert list(inbox.search(nobody)) == []
    assert [one["email"] for one in inbox.search(PERSON)] == [PERSON]
