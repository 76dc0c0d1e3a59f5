"""What is done regularly is done by one worker, at its time, and one fault stops nothing else."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from chalicelib.canary import check_canary
from chalicelib.contact.keeping import keep_durably
from chalicelib.contact.summary import summarise_spam
from chalicelib.contact.telling import make_jobs
from chalicelib.outbox.channels import Channels, MaildirMailer
from chalicelib.outbox.worker import deliver_due
from chalicelib.postgres import PostgresDatabase
from chalicelib.privacy.retention import CLOCKS, forget_old
from chalicelib.queue import NoQueue
from chalicelib.services import Services
from chalicelib.tasks import TASKS, Task, run_tasks

from tests.api.conftest import AwayDatabase, make_services, running_server
from tests.api.contact.test_keeping import submission

pytestmark = pytest.mark.integration


@pytest.fixture
def channels(tmp_path: Path) -> Channels:
    """Return ways out that end in a folder."""
    return Channels(MaildirMailer(tmp_path / "mail"), None, None)


def mails(folder: Path) -> list[str]:
    """Return the mails of a maildir."""
    return [path.read_text() for path in sorted(folder.glob("new/*"))]


def test_a_task_waits_for_its_first_turn_and_is_run_once_each_time(services: Services, channels: Channels) -> None:
    """However many workers look."""
    ran: list[int] = []
    task = Task("often", 60, lambda *_: ran.append(1))
    other = make_services(services.database)
    run_tasks(services, channels, [task])
    services.database.ask("UPDATE schedules SET ran_at = now() - interval '61 seconds'")
    for one in (services, other, services):
        run_tasks(one, channels, [task])

    assert ran == [1]


def test_a_fault_in_one_task_stops_no_other(
    services: Services, channels: Channels, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is written down, without its words."""
    ran: list[int] = []

    def fail(*_: object) -> None:
        raise ValueError("zenobia")

    tasks = [Task("fails", 0, fail), Task("works", 0, lambda *_: ran.append(1))]

    assert run_tasks(services, channels, tasks) is False
    assert ran == [1]
    assert "zenobia" not in capsys.readouterr().err


def test_while_the_database_is_away_a_turn_fails_and_does_no_harm(channels: Channels) -> None:
    """The next one goes on."""
    assert run_tasks(make_services(AwayDatabase()), channels) is False


def test_a_turn_does_all_there_is_to_do(services: Services, channels: Channels, tmp_path: Path) -> None:
    """From the queue to the mail."""
    keep_durably(submission(), AwayDatabase(), services.queue)

    assert run_tasks(services, channels)
    assert ["Contact: Ada" in mail for mail in mails(tmp_path / "mail")] == [True]


def test_the_days_spam_is_told_in_one_mail(services: Services, channels: Channels, tmp_path: Path) -> None:
    """The least sure first; on a day without, no mail."""
    summarise_spam(services, channels)
    deliver_due(services, channels)
    assert mails(tmp_path / "mail") == []

    for points in (9, 5):
        spam = submission(f"Buy {points}", points=points)._replace(received=datetime.now(UTC))
        keep_durably(spam, services.database, NoQueue())
    summarise_spam(services, channels)
    deliver_due(services, channels)
    (mail,) = mails(tmp_path / "mail")

    assert "Subject: Spam of the last day: 2" in mail
    assert mail.count("ada@example.org") == 2


@pytest.fixture
def site(database: str, postgres: PostgresDatabase, tmp_path: Path) -> Iterator[Services]:
    """Run the API, and return the services of a worker that sends its canaries there."""
    (tmp_path / "site").mkdir()
    with running_server(database, tmp_path / "site") as server:
        yield make_services(postgres, SITE_URL=server.url, MAIL_FOLDER=str(tmp_path / "mail"))


def test_a_canary_that_arrives_is_written_down(
    site: Services, channels: Channels, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the way of a visitor's message, and hidden from its owner."""
    check_canary(site, channels)
    make_jobs(site.database, site.channels)
    deliver_due(site, channels)
    wait_until_done(site)
    check_canary(site, channels)

    assert '"event": "canary_arrived"' in capsys.readouterr().err
    assert site.database.ask("SELECT DISTINCT label FROM contact_messages") == [("canary",)]


def wait_until_done(services: Services) -> None:
    """Make the delivery of what the API's own worker may have taken a fact."""
    services.database.ask("UPDATE outbox SET state = 'done', ended_at = now()")


def test_a_canary_that_does_not_arrive_is_an_alarm(
    site: Services, channels: Channels, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the log, and by mail."""
    check_canary(site, channels)
    make_jobs(site.database, site.channels)
    site.database.ask("UPDATE outbox SET state = 'waiting', due_at = now() + interval '1 day'")
    check_canary(site, channels)

    assert '"event": "canary_missing"' in capsys.readouterr().err
    assert site.database.ask("SELECT count(*) FROM outbox WHERE template = 'canary-missing'") == [(1,)]


def test_a_site_that_takes_no_canary_is_an_alarm(
    postgres: PostgresDatabase, channels: Channels, capsys: pytest.CaptureFixture[str]
) -> None:
    """Before anybody complains."""
    check_canary(make_services(postgres, SITE_URL="http://127.0.0.1:1"), channels)

    assert '"event": "canary_missing"' in capsys.readouterr().err


def test_what_is_old_is_forgotten_and_what_is_young_is_not(services: Services, channels: Channels) -> None:
    """Each label by its own clock."""
    ages = {"ham": 29, "spam": 29, "canary": 1}
    for label, days in ages.items():
        for more in (0, 2 if label != "ham" else 750):
            values = {"key": uuid.uuid4(), "label": label, "days": days + more}
            services.database.ask(
                "INSERT INTO contact_messages (idempotency_key, received_at, name, email, message, label) VALUES "
                "(%(key)s, now() - make_interval(days => %(days)s), 'Ada', 'ada@example.org', 'x', %(label)s)",
                values,
            )
    forget_old(services, channels)

    left = "SELECT label, count(*) FROM contact_messages GROUP BY label ORDER BY label"
    assert services.database.ask(left) == [("canary", 1), ("ham", 1), ("spam", 1)]


def test_every_table_that_keeps_something_of_people_has_a_clock(services: Services) -> None:
    """A new table is to say how long it keeps what is in it."""
    tables = services.database.ask("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    # Of nobody: which migrations were applied, when tasks ran, which posts there are.
    without = {"schema_migrations", "schedules", "announcements"}
    # These go with their member.
    without |= {"identities", "saved_posts"}

    assert {name for (name,) in tables} - without == {clock.table for clock in CLOCKS}


def test_every_task_has_a_name_of_its_own() -> None:
    """Its turn is kept under it."""
    assert len({task.name for task in TASKS}) == len(TASKS)
