"""One suite for every queue: what the folder on this machine promises, SQS keeps."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from chalicelib import queue as module
from chalicelib.aws import SqsQueue
from chalicelib.errors import QueueUnavailableError
from chalicelib.queue import DirectoryQueue, NoQueue, Queue


@pytest.fixture(params=["folder", pytest.param("sqs", marks=pytest.mark.integration)])
def queue(request: pytest.FixtureRequest) -> Iterator[Queue]:
    """Return each kind of queue, empty."""
    if request.param == "folder":
        yield DirectoryQueue(request.getfixturevalue("tmp_path") / "queue")
        return
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("aws"))
    yield SqsQueue(boto3.client("sqs").create_queue(QueueName=f"q{os.urandom(8).hex()}")["QueueUrl"])


def test_what_was_put_is_taken(queue: Queue) -> None:
    """As it was written, with every letter."""
    queue.put("Žofie 🦊\n")

    assert [taken.text for taken in queue.take(10)] == ["Žofie 🦊\n"]


def test_an_empty_queue_gives_nothing(queue: Queue) -> None:
    """And is no error."""
    assert queue.take(10) == []
    assert queue.is_there()


def test_what_one_has_taken_no_other_takes(queue: Queue) -> None:
    """Not as long as the lease runs."""
    queue.put("one")
    queue.take(10)

    assert queue.take(10) == []


def test_what_was_removed_does_not_come_back(queue: Queue) -> None:
    """Removing it twice is removing it once."""
    queue.put("one")
    taken = queue.take(1)[0]
    queue.remove(taken.receipt)
    queue.remove(taken.receipt)

    assert queue.take(10) == []


def test_what_was_taken_and_not_removed_comes_back(queue: Queue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever took it died over it."""
    monkeypatch.setattr(module, "LEASE_SECONDS", -1)
    monkeypatch.setattr("chalicelib.aws.LEASE_SECONDS", 0)
    queue.put("one")
    queue.take(10)

    assert [taken.text for taken in queue.take(10)] == ["one"]


def test_no_more_are_taken_than_asked_for(queue: Queue) -> None:
    """What a worker cannot deal with in time, it leaves to others."""
    for number in range(4):
        queue.put(str(number))

    assert len(queue.take(2)) == 2


def test_a_half_written_text_is_not_taken(tmp_path: Path) -> None:
    """Whoever died while writing had not been acknowledged."""
    (tmp_path / "1.half").write_text("on")

    assert DirectoryQueue(tmp_path).take(10) == []


def test_a_folder_that_cannot_be_written_is_said_to_be_away() -> None:
    """Nothing is acknowledged that is not on the disk."""
    with pytest.raises(QueueUnavailableError):
        DirectoryQueue(Path("/dev/null/queue")).put("one")


def test_where_no_queue_is_configured_nothing_is_taken() -> None:
    """It would be lost."""
    with pytest.raises(QueueUnavailableError):
        NoQueue().put("one")
    assert not NoQueue().is_there()


@pytest.mark.integration
def test_sqs_that_cannot_be_reached_is_said_to_be_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """In seconds, not minutes."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        queue = SqsQueue("http://127.0.0.1/queue")

        with pytest.raises(QueueUnavailableError):
            queue.put("one")
        assert not queue.is_there()
