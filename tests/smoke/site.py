"""The site that the smoke tests look at, and what they may know of it before they have looked."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import APIRequestContext, APIResponse

ROOT = Path(__file__).resolve().parents[2]
SECURITY: Mapping[str, str] = json.loads((ROOT / "infra" / "edge" / "headers.json").read_text())["security"]
RELEASE_HEADER = "x-amz-meta-release"
# Addresses that every release keeps for ever, so they can be asked for everywhere.
POST = "/blog/what-a-post-can-hold/"
MOVED = {"/contact-us/": "/contact/", "/blog": "/blog/", "/index.html": "/"}
GONE = "/blog/hello-world/"
# SES's own simulator takes what is sent there and drops it; nobody has such an address.
TEST_ADDRESS = "success+smoke-{run}@simulator.amazonses.com"
TEST_WORD = "success+smoke-"
IS_TEST = re.compile(r"success\+smoke-[0-9a-f]+@simulator\.amazonses\.com")
FOLDERS = ("messages", "spam")
# A run that is younger may be another one that is still looking for its message.
LEFT_OVER_SECONDS = 15 * 60
# A message that waited in the queue is drained by the worker, which comes each minute.
ARRIVAL_SECONDS = 90


@dataclass(frozen=True)
class Site:
    """Where it is, and what is expected of it."""

    url: str
    # What must be live there: the site's release and the API's; empty where nobody has said.
    release: str = ""
    api_release: str = ""
    # local, dev, staging or production; empty where nobody has said.
    environment: str = ""
    # Good for messages:read and tests:erase; empty where there is none.
    key: str = field(default="", repr=False)

    @property
    def stage(self) -> str:
        """Say which of the three stages it is, here or in AWS."""
        return self.environment.removeprefix("local-")


@dataclass(frozen=True)
class Inbox:
    """The messages that have arrived, as a program with a key sees them."""

    asking: APIRequestContext

    def search(self, words: str) -> Iterator[Mapping[str, Any]]:
        """Return the messages with these words, in both folders: what takes part in a test may look like spam."""
        for folder in FOLDERS:
            answer = self.asking.get("/api/inbox", params={"folder": folder, "q": words})
            yield from read_json(answer)["messages"]

    def wait_for(self, words: str) -> Mapping[str, Any]:
        """Return the message with these words as soon as it is there."""
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while time.monotonic() < deadline:
            if found := next(self.search(words), None):
                return found
            time.sleep(0.2)
        message = f"no message with the words {words!r} has arrived within {ARRIVAL_SECONDS} seconds"
        raise AssertionError(message)

    def erase(self, address: str) -> Mapping[str, int]:
        """Erase everything of one run of tests, and return how much that was."""
        answer = self.asking.post("/api/people/erase", data={"email": address})
        counts: Mapping[str, int] = read_json(answer)["deleted"]
        return counts

    def sweep(self, now: float) -> list[str]:
        """Erase what runs that were killed have left, and return whose it was."""
        found = [one for one in self.search(TEST_WORD) if IS_TEST.fullmatch(one["email"])]
        old = {one["email"] for one in found if now - sent_at(one) > LEFT_OVER_SECONDS}
        for address in old:
            self.erase(address)
        return sorted(old)


def sent_at(message: Mapping[str, Any]) -> float:
    """Return when a message was received, in seconds since 1970."""
    return datetime.fromisoformat(message["received"]).timestamp()


def read_json(answer: APIResponse) -> Any:
    """Return what an answer says, or fail with it."""
    assert answer.ok, f"{answer.url} answered {answer.status}: {answer.text()[:300]}"
    return answer.json()
