"""The mails that we write: plain text, one function each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from types import MappingProxyType
from urllib.parse import urlsplit

from chalicelib.accounts.links import SIGN_IN
from chalicelib.errors import DeliveryError
from chalicelib.newsletter.announcing import SEND
from chalicelib.newsletter.subscribing import CONFIRM, END, confirm_content
from chalicelib.outbox.jobs import Job
from chalicelib.settings import Settings
from chalicelib.signing import Signer


@dataclass(frozen=True)
class Draft:
    """What a mail says and to whom."""

    recipient: str
    subject: str
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Mail:
    """A mail as it is sent."""

    recipient: str
    data: bytes


def compose(job: Job, settings: Settings, signer: Signer) -> Mail:
    """Write the mail of a job."""
    write = TEMPLATES.get(job.template)
    if write is None:
        reason = f"no mail is called {job.template}"
        raise DeliveryError(reason, final=True)
    draft = write(job, settings, signer)
    mail = EmailMessage(policy=SMTP)
    try:
        mail["From"], mail["To"], mail["Subject"] = settings.mail_from, draft.recipient, draft.subject
        mail["Date"] = format_datetime(job.made)
        # The job's own: a mail that was sent twice, because we died in between, is shown once.
        mail["Message-ID"] = f"<{job.id}@{urlsplit(settings.site_url).hostname}>"
        mail["Auto-Submitted"] = "auto-generated"
        for name, value in draft.headers.items():
            mail[name] = value
        mail.set_content(draft.text)
        return Mail(draft.recipient, mail.as_bytes())
    except (ValueError, UnicodeError, IndexError) as error:
        reason = f"the mail cannot be written ({type(error).__name__})"
        raise DeliveryError(reason, final=True) from error


def _message(job: Job, settings: Settings, _signer: Signer) -> Draft:
    about = job.about
    if about is None:
        reason = "the message is not there any more"
        raise DeliveryError(reason, final=True)
    text = (
        f"{about.message}\n\n-- \n{about.name} <{about.email}>\n"
        f"by the contact form of {settings.site_url}, {about.received:%Y-%m-%d %H:%M} UTC\n"
    )
    # An address that a header cannot hold as it is stays in the text only, where it is read as it was written.
    reply = {"Reply-To": about.email} if about.email.isascii() else {}
    return Draft(settings.owner_mail, f"Contact: {about.subject or about.name}", text, reply)


def _canary(job: Job, settings: Settings, _signer: Signer) -> Draft:
    text = "We send this to ourselves every hour, by the way that a visitor's message takes.\n"
    return Draft(
        settings.canary_mail, "The contact form works", text, {"X-Canary": str(job.about.id if job.about else "")}
    )


def _canary_missing(_job: Job, settings: Settings, _signer: Signer) -> Draft:
    text = (
        "The message that we send to ourselves every hour has not arrived. Visitors' messages may be waiting too:\n"
        f"none is lost, but look at {settings.site_url}/api/ready and at the runbook docs/runbooks/contact.md.\n"
    )
    return Draft(settings.owner_mail, "The contact form may not be working", text)


def _spam_summary(job: Job, settings: Settings, _signer: Signer) -> Draft:
    lines = [
        f"{one['received']}  {one['name']} <{one['email']}>\n    {one['subject'] or '(no subject)'}\n    {one['reason']}"  # noqa: E501
        for one in job.details["messages"]
    ]
    more = job.details["count"] - len(lines)
    text = (
        f"{job.details['count']} messages of the last day were labelled as spam. None was deleted; they are kept for "
        "30 days.\n\n" + "\n\n".join(lines) + (f"\n\nand {more} more.\n" if more > 0 else "\n")
    )
    return Draft(settings.owner_mail, f"Spam of the last day: {job.details['count']}", text)


def _newsletter_confirm(job: Job, settings: Settings, signer: Signer) -> Draft:
    token = signer.sign(CONFIRM, confirm_content(job.details["subscription"]))
    text = (
        f"Somebody, probably you, asked for the newsletter of {settings.site_url}. To get it, open this page and press "
        f"the button:\n\n{settings.site_url}/api/newsletter/confirm?token={token}\n\n"
        "If it was not you, do nothing: you will hear no more of it.\n"
    )
    return Draft(job.recipient, "Please confirm your subscription", text)


def _newsletter_known(job: Job, settings: Settings, signer: Signer) -> Draft:
    text = (
        f"Somebody, probably you, asked for the newsletter of {settings.site_url}. You have it already.\n\n"
        f"To end it: {_end_link(job, settings, signer)}\n"
    )
    return Draft(job.recipient, "You have the newsletter already", text)


def _announcement(job: Job, settings: Settings, signer: Signer) -> Draft:
    end = _end_link(job, settings, signer)
    summary = f"{job.details['summary']}\n\n" if job.details["summary"] else ""
    text = f"{job.details['title']}\n\n{summary}{job.details['url']}\n\n-- \nTo end the newsletter: {end}\n"
    # RFC 8058: the mail program ends the subscription itself, with one click and no page.
    headers = {"List-Unsubscribe": f"<{end}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return Draft(job.recipient, job.details["title"], text, headers)


def _announcement_prepared(job: Job, settings: Settings, signer: Signer) -> Draft:
    token = signer.sign(SEND, job.details["announcement"])
    text = (
        f"There is a new post: {job.details['title']}\n{job.details['url']}\n\n"
        f"To send it to everybody who has the newsletter: {settings.site_url}/api/newsletter/send?token={token}\n"
    )
    return Draft(job.recipient, f"Send the newsletter? {job.details['title']}", text)


def _sign_in(job: Job, settings: Settings, signer: Signer) -> Draft:
    token = signer.sign(SIGN_IN, job.details["link"])
    text = (
        f"To sign in to {settings.site_url}, open this page and press the button:\n\n"
        f"{settings.site_url}/api/session/link?token={token}\n\n"
        "The link is good for fifteen minutes and for one time. If you did not ask for it, do nothing.\n"
    )
    return Draft(job.recipient, "Your link to sign in", text)


def _end_link(job: Job, settings: Settings, signer: Signer) -> str:
    return f"{settings.site_url}/api/newsletter/unsubscribe?token={signer.sign(END, job.details['subscription'])}"


TEMPLATES: Mapping[str, Callable[[Job, Settings, Signer], Draft]] = MappingProxyType(
    {
        "message": _message,
        "canary": _canary,
        "canary-missing": _canary_missing,
        "spam-summary": _spam_summary,
        "newsletter-confirm": _newsletter_confirm,
        "newsletter-known": _newsletter_known,
        "announcement": _announcement,
        "sign-in": _sign_in,
        "announcement-prepared": _announcement_prepared,
    }
)
