"""Run the jobs that are due."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass

from chalicelib.errors import DeliveryError
from chalicelib.observe import tell, tell_crash
from chalicelib.outbox.channels import Channels
from chalicelib.outbox.jobs import MOST_ATTEMPTS, Job, bury_job, finish_job, put_off_job, take_jobs
from chalicelib.outbox.mails import compose
from chalicelib.services import Services

AT_ONCE = 10


@dataclass
class Tally:
    """What became of the jobs of one run."""

    done: int = 0
    put_off: int = 0
    dead: int = 0


def deliver_due(services: Services, channels: Channels, most: int = 500) -> Tally:
    """Deliver what is due, one after the other, and write down what became of each."""
    tally = Tally()
    while (jobs := take_jobs(services.database, AT_ONCE)) and tally.done + tally.put_off + tally.dead < most:
        for job in jobs:
            _run(job, services, channels, tally)
    return tally


def _run(job: Job, services: Services, channels: Channels, tally: Tally) -> None:
    try:
        _deliver(job, services, channels)
    except DeliveryError as error:
        _give_back(job, services, error.reason, final=error.final, tally=tally)
    except Exception as error:  # noqa: BLE001 - a fault of ours in one delivery holds up no other
        tell_crash(error, f"delivery of {job.template}")
        _give_back(job, services, type(error).__name__, final=False, tally=tally)
    else:
        finish_job(services.database, job)
        tally.done += 1
        tell("delivered", job=str(job.id), channel=job.channel, template=job.template, attempt=job.attempts)


def _deliver(job: Job, services: Services, channels: Channels) -> None:
    if job.channel == "mail":
        mail = compose(job, services.settings, services.signer)
        channels.mailer.send(services.settings.mail_from, mail.recipient, mail.data)
    elif job.channel == "sns" and channels.notifier:
        channels.notifier.notify("A message came in", f"A message came in by the contact form: {_name(job)}")
    elif job.channel == "webhook" and channels.hook:
        channels.hook.call(str(job.id), _event(job))
    else:
        # It was configured when the message came; it may be again.
        reason = f"no {job.channel} is configured"
        raise DeliveryError(reason)


def _give_back(job: Job, services: Services, reason: str, *, final: bool, tally: Tally) -> None:
    if final or job.attempts >= MOST_ATTEMPTS:
        bury_job(services.database, job, reason)
        tally.dead += 1
        # An alarm watches this line.
        tell("delivery_dead", job=str(job.id), channel=job.channel, template=job.template, reason=reason)
        return
    put_off_job(services.database, job, reason, jitter=random.random() / 4)  # noqa: S311 - it spreads load and hides nothing
    tally.put_off += 1
    tell("delivery_put_off", job=str(job.id), channel=job.channel, template=job.template, reason=reason)


def _name(job: Job) -> str:
    return str(job.about.id) if job.about else str(job.id)


def _event(job: Job) -> bytes:
    """Return what a program is told of a message."""
    about = job.about
    if about is None:
        reason = "a webhook is about a message"
        raise DeliveryError(reason, final=True)
    data = {**vars(about), "id": str(about.id), "received": about.received.isoformat()}
    return json.dumps({"type": "contact.message", "timestamp": job.made.isoformat(), "data": data}).encode()
