"""Each delivery is a job: done once it was taken, tried again where it was not, and kept where it never will be."""

from __future__ import annotations

import email
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import LiteralString

import pytest
from chalicelib.contact.keeping import keep_durably
from chalicelib.contact.telling import make_jobs
from chalicelib.database import Database, Row
from chalicelib.errors import DeliveryError
from chalicelib.outbox.channels import Channels, MaildirMailer
from chalicelib.outbox.jobs import MOST_ATTEMPTS, add_mail, take_jobs
from chalicelib.outbox.worker import deliver_due
from chalicelib.queue import NoQueue
from chalicelib.services import Services

from tests.api.contact.test_keeping import submission

pytestmark = pytest.mark.integration


@dataclass
class Fails:
    """A way out that does not take what it is given, and then does."""

    errors: Iterator[DeliveryError]
    taken: list[str] = field(default_factory=list)

    def send(self, sender: str, recipient: str, mail: bytes) -> None:
        """Fail as often as there are errors."""
        for error in self.errors:
            raise error
        self.taken.append(recipient + sender + mail.decode())

    def notify(self, subject: str, text: str) -> None:
        """Take it."""
        self.taken.append(subject + text)

    def call(self, job: str, body: bytes) -> None:
        """Take it."""
        self.taken.append(job + body.decode())


def failing(*errors: DeliveryError) -> tuple[Fails, Channels]:
    """Return ways out with these errors before them."""
    way = Fails(iter(errors))
    return way, Channels(way, way, way)


def state(services: Services, columns: LiteralString = "state, attempts, last_error") -> list[Row]:
    """Return what became of the jobs."""
    return services.database.ask("SELECT " + columns + " FROM outbox ORDER BY channel")  # noqa: S608 - named in here


def keep(services: Services, *ways: str) -> None:
    """Keep a message that is to be told of."""
    keep_durably(submission(), services.database, NoQueue())
    make_jobs(services.database, ways or ("mail",))


def make_due(services: Services) -> None:
    """Let time pass until every job is due."""
    services.database.ask("UPDATE outbox SET due_at = now() WHERE state = 'waiting'")


def test_a_message_is_mailed_to_its_owner(services: Services, tmp_path: Path) -> None:
    """With the sender's address to answer to, and an id that shows a second copy once."""
    keep(services)
    deliver_due(services, Channels(MaildirMailer(tmp_path / "mail"), None, None))
    (path,) = (tmp_path / "mail" / "new").iterdir()
    mail: EmailMessage = email.message_from_bytes(path.read_bytes(), policy=policy.default)

    assert (mail["To"], mail["From"], mail["Reply-To"]) == (
        "owner@zichkoding.example",
        "noreply@zichkoding.example",
        "ada@example.org",
    )
    assert mail.get_content().startswith("Hello\n")
    assert mail["Message-ID"] == f"<{state(services, 'id')[0][0]}@zichkoding.example>"


def test_what_is_done_is_done_once_and_keeps_no_address(services: Services) -> None:
    """The row stays for a month, without what it said."""
    add_mail(services.database, "spam-summary", "somebody@example.org", {"count": 0, "messages": []})
    way, channels = failing()
    for _ in range(2):
        deliver_due(services, channels)

    assert len(way.taken) == 1
    assert state(services, "state, recipient, details") == [("done", "", {})]


def test_every_way_has_its_own_delivery(services: Services) -> None:
    """What fails on one is not repeated on the others."""
    keep(services, "mail", "sns", "webhook")
    way, channels = failing(DeliveryError("Throttling"))
    deliver_due(services, channels)

    assert len(way.taken) == 2
    assert state(services) == [("waiting", 1, "Throttling"), ("done", 1, ""), ("done", 1, "")]


def test_a_notification_says_nothing_of_what_was_written(services: Services) -> None:
    """It may go to a telephone in clear; a webhook is signed and has all of it."""
    keep(services, "sns", "webhook")
    way, channels = failing()
    deliver_due(services, channels)
    notification, event = sorted(way.taken, key=lambda text: "{" in text)

    assert "Hello" not in notification
    assert "ada@" not in notification
    assert json.loads(event[36:])["data"]["message"] == "Hello"


def test_what_was_not_taken_is_tried_again_later_and_later(services: Services) -> None:
    """Not at once: whoever is overloaded is given time."""
    keep(services)
    pauses = []
    _, channels = failing(DeliveryError("Throttling"), DeliveryError("Throttling"), DeliveryError("Throttling"))
    for _ in range(3):
        deliver_due(services, channels)
        pauses.append(float(state(services, "extract(epoch FROM due_at - now())")[0][0]))
        make_due(services)
    deliver_due(services, channels)

    assert 28 < pauses[0] < 40 < pauses[1] < 80 < pauses[2] < 160
    assert state(services) == [("done", 4, "")]


def test_what_will_never_be_taken_is_kept_and_told(services: Services, capsys: pytest.CaptureFixture[str]) -> None:
    """A dead letter, and a line in the log that an alarm watches."""
    keep(services)
    deliver_due(services, failing(DeliveryError("MessageRejected", final=True))[1])

    assert state(services) == [("dead", 1, "MessageRejected")]
    assert '"event": "delivery_dead"' in capsys.readouterr().err


def test_the_budget_of_attempts_has_an_end(services: Services) -> None:
    """Then somebody is to look at it."""
    keep(services)
    for _ in range(MOST_ATTEMPTS):
        make_due(services)
        deliver_due(services, failing(DeliveryError("Throttling"))[1])

    assert state(services) == [("dead", MOST_ATTEMPTS, "Throttling")]


def test_a_worker_that_dies_leaves_its_job_to_the_next(services: Services) -> None:
    """Taking a job puts it off, and nobody else has it before that."""
    keep(services)
    taken = take_jobs(services.database, 10)

    assert len(taken) == 1
    assert take_jobs(services.database, 10) == []
    make_due(services)
    assert [job.attempts for job in take_jobs(services.database, 10)] == [2]


def test_a_fault_of_ours_holds_up_no_other_job_and_its_words_stay_out_of_the_log(
    services: Services, capsys: pytest.CaptureFixture[str]
) -> None:
    """They may hold what somebody wrote."""
    add_mail(services.database, "spam-summary", "a@example.org", {"messages": "zenobia"})
    keep(services)
    deliver_due(services, failing()[1])
    told = capsys.readouterr().err

    assert sorted(state(services, "state")) == [("done",), ("waiting",)]
    assert '"event": "crash"' in told
    assert "zenobia" not in told


def test_a_way_that_is_not_configured_any_more_waits_for_it(services: Services) -> None:
    """Nothing is dropped over a setting."""
    keep(services, "webhook")
    deliver_due(services, Channels(failing()[0], None, None))

    assert state(services) == [("waiting", 1, "no webhook is configured")]


def test_a_job_for_a_template_that_nobody_knows_is_a_dead_letter(services: Services) -> None:
    """An older worker may meet a newer job."""
    add_mail(services.database, "of tomorrow", "a@example.org")
    deliver_due(services, failing()[1])

    assert state(services, "state") == [("dead",)]


@pytest.mark.parametrize("address", ["ä@exämple.de", "a@b.example", "o'neill@example.org", "=?utf-8?q?x?=@b.example"])
def test_an_unusual_address_is_told_in_the_text_at_least(
    services: Services, owner: Database, tmp_path: Path, address: str
) -> None:
    """A header that cannot hold it costs nobody the message."""
    services.database.ask("UPDATE outbox SET state = 'done'")
    keep(services)
    owner.ask("UPDATE contact_messages SET email = %(email)s", {"email": address})
    deliver_due(services, Channels(MaildirMailer(tmp_path / "mail"), None, None))
    (path,) = (tmp_path / "mail" / "new").iterdir()
    mail: EmailMessage = email.message_from_bytes(path.read_bytes(), policy=policy.default)

    assert address in mail.get_content()
