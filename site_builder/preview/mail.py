"""The mail that the API would have sent: read from a maildir, shown as pages under `/_dev/mail/`."""

from __future__ import annotations

import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from html import escape
from pathlib import Path

LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?)]")
# What tells of a mail; the rest is for mail servers.
TOLD = ("From", "To", "Delivered-To", "Reply-To", "Subject", "Date", "List-Unsubscribe")


@dataclass(frozen=True)
class Mail:
    """One mail as it was sent."""

    key: str
    subject: str
    recipient: str
    sent: str
    headers: tuple[tuple[str, str], ...]
    text: str


def read_mails(folder: Path) -> list[Mail]:
    """Return every mail in the folder, the newest first."""
    # The last of its folders to be made: a maildir that is being made at this moment holds nothing yet.
    if not (folder / "cur").is_dir():
        return []
    box = mailbox.Maildir(folder, create=False)
    stamped = sorted(((_arrived(folder, key), key) for key in box.keys()), reverse=True)  # noqa: SIM118 - not a dict
    return [_read(key, box.get_bytes(key)) for _, key in stamped]


def mail_list(mails: list[Mail]) -> Iterator[str]:
    """Write the list, as parts of a page."""
    yield "<h2>Mail</h2>"
    if not mails:
        yield "<p>None was sent yet. Send the contact form, or sign in by mail.</p>"
        return
    yield "<ul>"
    for mail in mails:
        link = f'<a href="/_dev/mail/{escape(mail.key)}">{escape(mail.subject or "no subject")}</a>'
        yield f"<li>{link}<br><small>to {escape(mail.recipient)}, {escape(mail.sent)}</small></li>"
    yield "</ul>"


def mail_page(mail: Mail) -> Iterator[str]:
    """Write one mail, as parts of a page: its links can be followed."""
    yield f"<h2>{escape(mail.subject or 'no subject')}</h2>"
    yield "<ul>"
    for name, value in mail.headers:
        yield f"<li><small>{escape(name)}</small> {escape(value)}</li>"
    yield "</ul>"
    yield f'<pre class="mail">{_linked(mail.text)}</pre>'
    yield '<p><a href="/_dev/mail/">All mail</a></p>'


def _linked(text: str) -> str:
    parts, end = [], 0
    for found in LINK.finditer(text):
        parts += [escape(text[end : found.start()]), f'<a href="{escape(found[0])}">{escape(found[0])}</a>']
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def _arrived(folder: Path, key: str) -> float:
    for part in ("new", "cur"):
        for file in (folder / part).glob(f"{key}*"):
            return file.stat().st_mtime
    return 0.0


def _read(key: str, raw: bytes) -> Mail:
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)  # noqa: S101 - the policy makes it one
    body = parsed.get_body(("plain", "html"))
    headers = tuple((name, str(parsed[name])) for name in TOLD if parsed[name])
    recipient = str(parsed["To"] or parsed["Delivered-To"] or "nobody")
    return Mail(
        key, str(parsed["Subject"] or ""), recipient, _moment(parsed), headers, body.get_content() if body else ""
    )


def _moment(parsed: EmailMessage) -> str:
    try:
        moment: datetime = parsedate_to_datetime(str(parsed["Date"]))
    except ValueError:
        return "undated"
    return f"{moment:%Y-%m-%d %H:%M:%S}"
