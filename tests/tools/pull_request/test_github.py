"""One comment is kept true, whatever GitHub is like today."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tools.pull_request.stub_github import BOT, TOKEN, StubGitHub, serving_github
from tools.pull_request.comment import MARKER
from tools.pull_request.github import ATTEMPTS, GitHub, GitHubError, tell

TEXT = f"{MARKER}\nOne\n"


@pytest.fixture
def stub() -> Iterator[StubGitHub]:
    """Run a GitHub."""
    with serving_github() as running:
        yield running


def client(stub: StubGitHub, token: str = TOKEN, waits: list[float] | None = None) -> GitHub:
    """Return a client that waits for nothing."""
    return GitHub("ours/site", token, stub.url, (waits if waits is not None else []).append)


def say(stub: StubGitHub, text: str = TEXT, **options: bool) -> str:
    """Have the comment say a text."""
    return tell(client(stub), 7, MARKER, text, BOT, **options)


def test_the_first_time_a_comment_is_written_and_then_written_anew(stub: StubGitHub) -> None:
    """There is one, however often something is pushed."""
    done = [say(stub), say(stub), say(stub, f"{MARKER}\nTwo\n")]

    assert done == ["commented", "the comment says so already", "the comment was written anew"]
    assert [one["body"] for one in stub.pulls[7]] == [f"{MARKER}\nTwo\n"]


def test_it_is_found_behind_many_others(stub: StubGitHub) -> None:
    """They come a hundred at a time."""
    for number in range(150):
        stub.write(7, "somebody", f"{number}")
    say(stub)
    for number in range(150):
        stub.write(7, "somebody", f"{number}")

    assert say(stub, f"{MARKER}\nTwo\n") == "the comment was written anew"
    assert len(stub.pulls[7]) == 301


def test_somebody_elses_comment_is_left_alone(stub: StubGitHub) -> None:
    """Whoever begins theirs with our line does not get ours written over it."""
    theirs = stub.write(7, "mallory", f"{MARKER}\nMine")
    quoted = stub.write(7, BOT, f"Look:\n{MARKER}")
    say(stub)

    assert (theirs["body"], quoted["body"]) == (f"{MARKER}\nMine", f"Look:\n{MARKER}")
    assert len(stub.pulls[7]) == 3


def test_a_comment_that_never_was_is_not_made_to_say_goodbye(stub: StubGitHub) -> None:
    """A pull request that was closed before it was built."""
    assert say(stub, only_anew=True) == "there was no comment"
    assert stub.pulls[7] == []


@pytest.mark.parametrize(
    ("status", "headers", "waited"),
    [
        (429, {"Retry-After": "3"}, 3.0),
        (403, {"X-RateLimit-Remaining": "0"}, 60.0),
        (403, {"Retry-After": "900"}, 60.0),
    ],
    ids=str,
)
def test_too_many_requests_are_waited_for(
    stub: StubGitHub, status: int, headers: dict[str, str], waited: float
) -> None:
    """As long as it says, and never for hours."""
    stub.moods = [(status, {}, headers)]
    waits: list[float] = []
    tell(client(stub, waits=waits), 7, MARKER, TEXT, BOT)

    assert waits == [waited]
    assert len(stub.pulls[7]) == 1


def test_what_may_have_been_written_is_not_written_twice(stub: StubGitHub) -> None:
    """An answer that was lost says nothing of what was done."""
    stub.moods = [(200, [], {}), (502, {}, {})]
    with pytest.raises(GitHubError, match="it answered 502"):
        say(stub)

    assert [method for method, _ in stub.asked] == ["GET", "POST"]


def test_a_question_is_asked_again_but_not_for_ever(stub: StubGitHub) -> None:
    """Looking changes nothing."""
    stub.moods = [(500, {}, {})] * ATTEMPTS
    with pytest.raises(GitHubError, match=r"it answered 500(.|\n)*again later"):
        say(stub)

    assert len(stub.asked) == ATTEMPTS


def test_what_github_refuses_is_said_in_words(stub: StubGitHub) -> None:
    """What is wrong, and with whom."""
    with pytest.raises(GitHubError, match=r"the token is none, or not good(.|\n)*Bad credentials"):
        list(client(stub, token="wrong").comments(7))  # noqa: S106 - no token
    with pytest.raises(GitHubError, match="no such pull request"):
        list(client(stub).comments(8))
    stub.moods = [(403, {"message": "Resource not accessible"}, {})]
    with pytest.raises(GitHubError, match="needs `pull-requests: write`"):
        list(client(stub).comments(7))


def test_a_github_that_is_not_there_is_said_to_be_so() -> None:
    """And the token is in no message."""
    with serving_github() as stub:
        pass
    with pytest.raises(GitHubError, match="it did not answer") as raised:
        list(client(stub).comments(7))

    assert TOKEN not in f"{raised.value} {client(stub)}"
