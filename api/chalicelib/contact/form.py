"""The form again, with what the visitor wrote still in it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from chalicelib.errors import ApiError, InvalidError
from chalicelib.pages import page, shown

FORM = """{faults}
<form method="post" action="/api/contact">
<p>
<label for="name">Your name</label>
<input id="name" name="name" value="{name}" required maxlength="100" autocomplete="name"{name_fault}>
</p>
<p>
<label for="email">Your email address</label>
<input id="email" name="email" type="email" value="{email}" required maxlength="254" autocomplete="email"{email_fault}>
</p>
<p>
<label for="subject">Subject <span>(if you like)</span></label>
<input id="subject" name="subject" value="{subject}" maxlength="150" autocomplete="off"{subject_fault}>
</p>
<p>
<label for="message">Your message</label>
<textarea id="message" name="message" required maxlength="5000" rows="9"{message_fault}>
{text}</textarea>
</p>
<input type="hidden" name="key" value="{key}">
<input type="hidden" name="token" value="{token}">
<p><button>Send it again</button></p>
</form>"""
FIELDS = ("name", "email", "subject", "message")


def form_again(error: ApiError, fields: Mapping[str, str]) -> str:
    """Return the page that says what went wrong and loses nothing."""
    faults = error.fields if isinstance(error, InvalidError) else {}
    kept = {name: shown(fields.get(name, "")) for name in ("name", "email", "subject", "token")}
    # Pressing the button of this page twice is one message, even if the first attempt was kept after all.
    kept["key"] = shown(fields.get("key", "") or str(uuid.uuid4()))
    marks = {f"{name}_fault": _mark(name) if name in faults else "" for name in FIELDS}
    form = FORM.format(faults=_list(faults), text=shown(fields.get("message", "")), **kept, **marks)
    return page("Not sent yet", error.message, form, alert=True)


def _list(faults: Mapping[str, str]) -> str:
    if not faults:
        return ""
    lines = [
        f'<li id="{name}-fault"><a href="#{name}">{name.capitalize()}</a>: {shown(fault)}</li>'
        for name, fault in faults.items()
    ]
    return "<ul>\n" + "\n".join(lines) + "\n</ul>"


def _mark(name: str) -> str:
    """Tie a field to the sentence that says what is wrong with it, for those who hear the page."""
    return f' aria-invalid="true" aria-describedby="{name}-fault"'
