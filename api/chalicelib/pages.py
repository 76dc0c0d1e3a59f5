"""The one page that the API itself makes: the form again, with what the visitor wrote still in it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from html import escape

from chalicelib.errors import ApiError, InvalidError

# Every line that could hold somebody's words goes through escape().
PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>Your message was not sent yet - ZichKoding</title>
<link rel="stylesheet" href="/site.css">
</head>
<body>
<header>
<a class="brand" href="/">ZichKoding</a>
</header>
<main>
<article>
<header>
<h1>Not sent yet</h1>
<p class="lead" role="alert">{message}</p>
</header>
<div class="prose">
{faults}
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
<p><button>Send it again</button></p>
</form>
</div>
</article>
</main>
</body>
</html>
"""
FIELDS = ("name", "email", "subject", "message")


def form_again(error: ApiError, fields: Mapping[str, str]) -> str:
    """Return the page that says what went wrong and loses nothing."""
    faults = error.fields if isinstance(error, InvalidError) else {}
    kept = {name: _shown(fields.get(name, "")) for name in ("name", "email", "subject")}
    # Pressing the button of this page twice is one message, even if the first attempt was kept after all.
    kept["key"] = _shown(fields.get("key", "") or str(uuid.uuid4()))
    marks = {f"{name}_fault": _mark(name) if name in faults else "" for name in FIELDS}
    text = _shown(fields.get("message", ""))
    return PAGE.format(message=_shown(error.message), faults=_list(faults), text=text, **kept, **marks)


def _list(faults: Mapping[str, str]) -> str:
    if not faults:
        return ""
    lines = [
        f'<li id="{name}-fault"><a href="#{name}">{name.capitalize()}</a>: {_shown(fault)}</li>'
        for name, fault in faults.items()
    ]
    return "<ul>\n" + "\n".join(lines) + "\n</ul>"


def _mark(name: str) -> str:
    """Tie a field to the sentence that says what is wrong with it, for those who hear the page."""
    return f' aria-invalid="true" aria-describedby="{name}-fault"'


def _shown(text: str) -> str:
    """Escape a text, and show a replacement for what cannot be written as UTF-8."""
    return escape(text.encode("utf-8", "replace").decode("utf-8"))
