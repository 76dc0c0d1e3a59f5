"""The ways out: a mailer, a notifier and a webhook, each behind a port of one method."""

from __future__ import annotations

import base64
import hmac
import http.client
import mailbox
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chalicelib.errors import DeliveryError
from chalicelib.settings import Settings, Webhook

WEBHOOK_SECONDS = 10
HTTP_GONE = 410


class Mailer(Protocol):
    """Sends mail."""

    def send(self, sender: str, recipient: str, mail: bytes) -> None:
        """Return when the mail was taken for delivery, or raise DeliveryError."""


class Notifier(Protocol):
    """Tells whoever subscribed."""

    def notify(self, subject: str, text: str) -> None:
        """Return when the notification was taken, or raise DeliveryError."""


class Hook(Protocol):
    """Tells a program."""

    def call(self, job: str, body: bytes) -> None:
        """Return when the program has said that it has it, or raise DeliveryError."""


@dataclass(frozen=True)
class Channels:
    """The ways out that are configured."""

    mailer: Mailer
    notifier: Notifier | None
    hook: Hook | None


class MaildirMailer:
    """Puts mail into a folder of this machine, as a mail server would."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, sender: str, recipient: str, mail: bytes) -> None:
        """Write the mail, with what its envelope says."""
        # The envelope stands above what was written, and nothing of that is read: taking it apart takes longer than
        # writing it.
        envelope = f"Return-Path: <{sender}>\r\nDelivered-To: {recipient}\r\n".encode()
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        mailbox.Maildir(self._folder, create=True).add((envelope + mail).replace(b"\r\n", b"\n"))


class SignedWebhook:
    """Posts JSON that is signed as https://www.standardwebhooks.com has it."""

    def __init__(self, webhook: Webhook) -> None:
        self._webhook = webhook

    def call(self, job: str, body: bytes) -> None:
        """Post once; whoever receives it twice knows it by its id."""
        headers = {"Content-Type": "application/json", "User-Agent": "zichkoding-api"}
        headers |= signature_headers(self._webhook.secret, job, int(time.time()), body)
        request = urllib.request.Request(self._webhook.url, body, headers, method="POST")  # noqa: S310 - the owner's own address
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=WEBHOOK_SECONDS):
                return
        except urllib.error.HTTPError as error:
            with error:
                raise DeliveryError(f"HTTP {error.code}", final=error.code == HTTP_GONE) from error
        except (OSError, http.client.HTTPException) as error:
            raise DeliveryError(type(error).__name__) from error


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """What is signed for one address is not carried to another."""

    def redirect_request(self, *_: object) -> None:
        return None


def signature_headers(secret: bytes, job: str, now: int, body: bytes) -> dict[str, str]:
    """Return what proves to the receiver that it was us, and when."""
    signature = hmac.digest(secret, f"{job}.{now}.".encode() + body, "sha256")
    return {
        "Webhook-Id": job,
        "Webhook-Timestamp": str(now),
        "Webhook-Signature": "v1," + base64.b64encode(signature).decode(),
    }


def open_channels(settings: Settings) -> Channels:
    """Return the ways out that the settings name."""
    hook = SignedWebhook(settings.webhook) if settings.webhook else None
    if settings.mail_folder:
        return Channels(MaildirMailer(Path(settings.mail_folder)), _notifier(settings), hook)
    from chalicelib.aws import SesMailer  # noqa: PLC0415 - only where it is used

    return Channels(SesMailer(), _notifier(settings), hook)


def _notifier(settings: Settings) -> Notifier | None:
    if not settings.sns_topic:
        return None
    from chalicelib.aws import SnsNotifier  # noqa: PLC0415 - only where it is used

    return SnsNotifier(settings.sns_topic)
