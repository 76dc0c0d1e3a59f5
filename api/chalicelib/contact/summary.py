"""What was labelled as spam in the last day, as one mail: nothing is hidden from its owner."""

from __future__ import annotations

from typing import LiteralString

from chalicelib.outbox.channels import Channels
from chalicelib.outbox.jobs import add_mail
from chalicelib.services import Services

MOST_LISTED = 50
LAST_DAY: LiteralString = """
    SELECT to_char(received_at, 'YYYY-MM-DD HH24:MI'), name, email, subject, label_reason, count(*) OVER ()
    FROM contact_messages
    WHERE label = 'spam' AND received_at > now() - interval '1 day'
    ORDER BY points, received_at LIMIT %(most)s
"""


def summarise_spam(services: Services, _channels: Channels) -> None:
    """Have the owner told of the day's spam, the least sure first; of none, nothing."""
    rows = services.database.ask(LAST_DAY, {"most": MOST_LISTED})
    if not rows:
        return
    names = ("received", "name", "email", "subject", "reason")
    messages = [dict(zip(names, row[:5], strict=True)) for row in rows]
    details = {"count": rows[0][5], "messages": messages}
    add_mail(services.database, "spam-summary", services.settings.owner_mail, details)
