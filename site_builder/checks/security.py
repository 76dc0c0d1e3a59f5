"""Check `/.well-known/security.txt`: words for whoever found a weakness, which RFC 9116 wants to run out one day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from site_builder.checks.findings import WARNING
from site_builder.checks.markup import Flaw

SECURITY_FILE = ".well-known/security.txt"
# The day is written in the settings, since the clock may not reach a page; so somebody has to be told in time.
NOTICE = timedelta(days=60)
TODO = "Read whether it still holds, and write a later day, at most a year ahead, as SECURITY_EXPIRES in the settings."


def check_security_text(text: str, now: datetime) -> Iterator[Flaw]:
    """Find what makes the text worthless: nobody to write to, or a day that has come or comes soon."""
    said = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    if "Contact" not in said:
        yield Flaw(1, 1, "security-contact", "it says nobody to write to", "Give it a line `Contact: https://…`.")
    try:
        expires = datetime.fromisoformat(said.get("Expires", ""))
        left = expires - now
    except (ValueError, TypeError):
        what = f"it expires on `{said.get('Expires', '')}`, which is no moment"
        yield Flaw(1, 1, "security-expires", what, "Write it like 2027-11-01T00:00:00Z.")
        return
    if left <= timedelta():
        yield Flaw(1, 1, "security-expires", f"it expired on {expires:%Y-%m-%d}: nobody may rely on it", TODO)
    elif left < NOTICE:
        yield Flaw(1, 1, "security-expires", f"it expires in {left.days} days", TODO, WARNING)
