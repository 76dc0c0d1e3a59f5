"""Speak to GitHub's REST API: the comments of a pull request, and whatever else a command asks by its path."""

from __future__ import annotations

import http.client
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

API = "https://api.github.com"
VERSION = "2022-11-28"
REPOSITORY = re.compile(r"[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+")
PER_PAGE = 100
SECONDS = 30
ATTEMPTS = 4
LONGEST_WAIT = 60.0
WORDS = {
    401: "the token is none, or not good any more",
    403: "the token may not do this; it needs `pull-requests: write`",
    404: "there is no such pull request, or the token may not see it",
    410: "issues and pull requests are closed to comments there",
    422: "GitHub did not take the text",
}


class GitHubError(Exception):
    """GitHub did not do what it was asked for: what was asked, what it said, what to do; and by which status."""

    def __init__(self, words: str, status: int = 0) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True)
class Comment:
    """A comment, and who wrote it."""

    id: int
    author: str
    text: str


@dataclass(frozen=True)
class GitHub:
    """One repository, with a token that may comment on its pull requests."""

    repository: str
    token: str = field(repr=False)
    api: str = API
    sleep: Callable[[float], None] = time.sleep

    def comments(self, number: int) -> Iterator[Comment]:
        """Return the comments of a pull request, the oldest first."""
        page = 1
        while True:
            path = f"/repos/{self.repository}/issues/{number}/comments?per_page={PER_PAGE}&page={page}"
            found = self.ask("GET", path)
            for one in found:
                yield Comment(one["id"], (one.get("user") or {}).get("login", ""), one.get("body") or "")
            if len(found) < PER_PAGE:
                return
            page += 1

    def add(self, number: int, text: str) -> None:
        """Write a new comment."""
        self.ask("POST", f"/repos/{self.repository}/issues/{number}/comments", {"body": text})

    def change(self, comment: Comment, text: str) -> None:
        """Write a comment anew."""
        self.ask("PATCH", f"/repos/{self.repository}/issues/comments/{comment.id}", {"body": text})

    def ask(self, method: str, path: str, body: object = None) -> list[dict[str, Any]]:
        """Ask once, or again where GitHub is busy; what may have been done is not done twice."""
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return self._send(method, path, body)
            except _BusyError as busy:
                if attempt == ATTEMPTS or (method == "POST" and not busy.refused):
                    raise GitHubError(f"{method} {path}: {busy}.\n  Run it again later.") from busy
                self.sleep(min(LONGEST_WAIT, busy.seconds or 2.0**attempt))
        raise AssertionError("the last attempt returns or raises")  # pragma: no cover

    def _send(self, method: str, path: str, body: object) -> list[dict[str, Any]]:
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": VERSION,
            "User-Agent": "zichkoding",
            "Content-Type": "application/json",
        }
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.api + path, data, headers, method=method)  # noqa: S310 - GitHub's address
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - as above
                said = json.loads(answer.read() or "[]")
                return said if isinstance(said, list) else [said]
        except urllib.error.HTTPError as error:
            with error:
                raise _refusal(error, f"{method} {path}") from None
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise _BusyError(f"it did not answer: {getattr(error, 'reason', error)}", 0, refused=False) from error


class _BusyError(Exception):
    """GitHub is to be asked again: after how many seconds, and whether it has surely done nothing."""

    def __init__(self, words: str, seconds: float, *, refused: bool) -> None:
        super().__init__(words)
        self.seconds, self.refused = seconds, refused


def _refusal(error: urllib.error.HTTPError, asked: str) -> Exception:
    wait = error.headers.get("Retry-After", "")
    limited = error.headers.get("X-RateLimit-Remaining") == "0"
    if error.code in {429, 403} and (wait.isdigit() or limited):
        return _BusyError(f"{error.code}, too many requests", float(wait or 0) or LONGEST_WAIT, refused=True)
    if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _BusyError(f"it answered {error.code}", 0, refused=False)
    said = error.read(300).decode(errors="replace")
    words = WORDS.get(error.code, f"it answered {error.code}")
    return GitHubError(f"{asked}: {words}.\n  {said}", error.code)


def tell(github: GitHub, number: int, marker: str, text: str, author: str, *, only_anew: bool = False) -> str:
    """Have one comment with the marker say the text, and return what was done.

    Somebody else's comment that begins like it is not ours, and is left alone.
    """
    ours = [one for one in github.comments(number) if one.author == author and one.text.startswith(marker)]
    if not ours:
        if only_anew:
            return "there was no comment"
        github.add(number, text)
        return "commented"
    # GitHub gives back what was written with the line ends of the web.
    if ours[0].text.replace("\r\n", "\n").strip() == text.strip():
        return "the comment says so already"
    github.change(ours[0], text)
    return "the comment was written anew"
