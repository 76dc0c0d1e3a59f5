"""Ask GitHub to publish what is due: a small Lambda that wakes each minute and mostly does nothing.

    schedule.json of the live site ──▶ is a moment near? ──▶ a repository dispatch, `publish`, with that moment

The workflow takes some minutes to build and to rehearse, so it is asked for that much ahead, and waits for the moment
itself. Nothing is remembered: what is live says what is next, and as long as it says the same moment the workflow is
asked for again every twenty minutes. So neither a lost answer nor a run that failed loses a publication.

The standard library alone, and boto3, which Lambda's Python brings, for the token.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

LEAD = timedelta(minutes=15)
AGAIN = timedelta(minutes=20)
MINUTE = timedelta(minutes=1)
SECONDS = 10
EVENT_TYPE = "publish"
ACCEPTED = 204


class PublisherError(Exception):
    """The publication could not be asked for; the function fails by it, and an alarm hears of that."""


@dataclass(frozen=True)
class Wanted:
    """Where to look, and whom to ask."""

    site_url: str
    repository: str
    token_secret: str
    api_url: str = "https://api.github.com"


def wake(event: Mapping[str, Any], _context: object) -> dict[str, str]:
    """Look once, as Lambda calls it; say what was done."""
    wanted = Wanted(
        os.environ["SITE_URL"],
        os.environ["REPOSITORY"],
        os.environ["TOKEN_SECRET"],
        os.environ.get("GITHUB_API_URL", Wanted.api_url),
    )
    # The minute that this was meant for; the one in which it runs may be the next.
    return work(wanted, datetime.fromisoformat(event["time"]))


def work(wanted: Wanted, now: datetime) -> dict[str, str]:
    """Ask for a publication, if one is to be asked for in this minute."""
    moment = next_moment(wanted.site_url)
    if moment is None:
        return {"done": "nothing is due"}
    if not is_to_be_asked(moment, now):
        return {"done": "not now", "moment": moment.isoformat()}
    dispatch(wanted, moment, read_token(wanted.token_secret))
    return {"done": "asked", "moment": moment.isoformat()}


def is_to_be_asked(moment: datetime, now: datetime) -> bool:
    """Say whether a moment is asked for in this minute: first the lead ahead of it, then again and again."""
    since = (now.replace(second=0, microsecond=0) - (moment - LEAD)) // MINUTE
    return since >= 0 and since % (AGAIN // MINUTE) == 0


def next_moment(site_url: str) -> datetime | None:
    """Ask the live site when it changes next."""
    address = f"{site_url}/schedule.json"
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # noqa: S310 - Terraform says which site
            said = json.load(answer)["next"]
        return datetime.fromisoformat(said) if said else None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PublisherError(f"{address} does not say what is next: {error}") from error


def read_token(secret: str) -> str:
    """Read the token from Secrets Manager, each time anew: it is needed rarely, and is replaced now and then."""
    import boto3  # noqa: PLC0415 - a minute in which nothing is due does not need it

    return str(boto3.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]).strip()


def dispatch(wanted: Wanted, moment: datetime, token: str) -> None:
    """Ask GitHub to start the workflow."""
    address = f"{wanted.api_url}/repos/{wanted.repository}/dispatches"
    body = {"event_type": EVENT_TYPE, "client_payload": {"moment": str(int(moment.timestamp()))}}
    headers = {
        "Authorization": f"Bearer {token}",
        "Accept": "application/vnd.github+json",
        "X-GitHub-Api-Version": "2022-11-28",
        "Content-Type": "application/json",
        "User-Agent": "zichkoding-publisher",
    }
    request = urllib.request.Request(address, json.dumps(body).encode(), headers, method="POST")  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - GitHub, or what stands for it
            status = answer.status
    except urllib.error.HTTPError as error:
        with error:
            todo = "renew the token in Secrets Manager" if error.code in (401, 403, 404) else "it is asked again later"
            raise PublisherError(f"{address} answered {error.code}: {todo}") from error
    except OSError as error:
        raise PublisherError(f"{address} did not answer: {error}") from error
    if status != ACCEPTED:
        raise PublisherError(f"{address} answered {status} and not {ACCEPTED}")
