"""What is done regularly, by one worker of however many there are.

In Lambda a schedule calls `run_tasks` each minute; on one machine a thread of the local server does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import LiteralString

from chalicelib.canary import check_canary
from chalicelib.contact.keeping import drain
from chalicelib.contact.summary import summarise_spam
from chalicelib.contact.telling import make_jobs
from chalicelib.errors import ApiError
from chalicelib.figures.cdn import count_logs
from chalicelib.newsletter.finding import find_posts
from chalicelib.observe import tell, tell_crash
from chalicelib.outbox.channels import Channels
from chalicelib.outbox.worker import deliver_due
from chalicelib.privacy.retention import forget_old
from chalicelib.services import Services

HOUR = 3600
DAY = 24 * HOUR
# A task that nobody has run yet waits for its first turn: what has just been started is not looked at at once.
CLAIM: LiteralString = """
    INSERT INTO schedules AS schedule (name, ran_at) VALUES (%(name)s, now())
    ON CONFLICT (name) DO UPDATE SET ran_at = now()
    WHERE schedule.ran_at <= now() - make_interval(secs => %(every)s)
    RETURNING xmax <> 0
"""


@dataclass(frozen=True)
class Task:
    """Something to do, and how many seconds apart; with none between, at each turn."""

    name: str
    every: int
    run: Callable[[Services, Channels], object]


TASKS = (
    Task("drain the queue", 0, lambda services, _: drain(services.queue, services.database, services.signer)),
    Task("canary", HOUR, check_canary),
    Task("spam summary", DAY, summarise_spam),
    Task("new posts", HOUR, find_posts),
    Task("CDN logs", HOUR, count_logs),
    Task("retention", DAY, forget_old),
    # These last, so that what the others made is delivered in the same turn.
    Task("tell of messages", 0, lambda services, _: make_jobs(services.database, services.channels)),
    Task("deliver", 0, deliver_due),
)


def run_tasks(services: Services, channels: Channels, tasks: Sequence[Task] = TASKS) -> bool:
    """Run what is due, and say whether all of it went well; what fails holds up nothing else."""
    outcomes = [_run(task, services, channels) for task in tasks]
    return all(outcomes)


def _run(task: Task, services: Services, channels: Channels) -> bool:
    try:
        if not task.every or _is_due(task, services):
            task.run(services, channels)
    except ApiError as error:
        # A database or a queue that is away: the next turn tries again.
        tell("task_failed", task=task.name, reason=error.code)
        return False
    except Exception as error:  # noqa: BLE001 - a fault in one task is no reason to leave out the others
        tell_crash(error, f"task {task.name}")
        return False
    return True


def _is_due(task: Task, services: Services) -> bool:
    return services.database.ask(CLAIM, {"name": task.name, "every": task.every}) == [(True,)]
