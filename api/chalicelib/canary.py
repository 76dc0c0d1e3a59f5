"""A message that we send to ourselves, by the way that a visitor's takes: form, database, outbox, mail.

Each hour the last one is looked for and the next one sent. `canary_missing` in the log is an alarm, and the owner is
told by mail too; two hours without `canary_arrived` in the log are one as well, for when nothing runs at all.
"""

from __future__ import annotations

import http.client
import json
import urllib.request
import uuid
from typing import LiteralString

from chalicelib.contact.spam import CANARY
from chalicelib.observe import tell
from chalicelib.outbox.channels import Channels
from chalicelib.outbox.jobs import add_mail
from chalicelib.services import Services

POST_SECONDS = 20
LAST: LiteralString = """
    SELECT outbox.state = 'done', round(extract(epoch FROM outbox.ended_at - message.received_at))::integer
    FROM contact_messages AS message LEFT JOIN outbox ON outbox.message_id = message.id
    WHERE message.label = 'canary'
    ORDER BY message.received_at DESC LIMIT 1
"""


def check_canary(services: Services, _channels: Channels) -> None:
    """Look for the last canary, and send the next."""
    last = services.database.ask(LAST)
    sent = send_canary(services)
    if not sent or (last and not last[0][0]):
        tell("canary_missing", sent=sent)
        add_mail(services.database, "canary-missing", services.settings.owner_mail)
    elif last:
        tell("canary_arrived", seconds=last[0][1])


def send_canary(services: Services) -> bool:
    """Send a message as a visitor's browser would, through all that stands before the API; say whether it was taken."""
    key = str(uuid.uuid4())
    message = {
        "name": "Canary",
        "email": "canary@example.org",
        "message": "This message is ours; it shows that messages arrive.",
        "key": key,
        "token": services.signer.sign(CANARY, key),
    }
    request = urllib.request.Request(  # noqa: S310 - the site's own address
        services.settings.site_url + "/api/contact",
        json.dumps(message).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=POST_SECONDS) as answer:  # noqa: S310 - the site's own address
            return bool(answer.status == http.client.CREATED)
    except (OSError, http.client.HTTPException):
        return False
