"""The one page that the API itself makes: the form again, with what the visitor wrote still in it."""

from __future__ import annotations

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
</head>
<body>
<main>
<h1>Your message was not sent yet</h1>
<p role="alert">{message}</p>
{faults}
<form method="post" action="/api/contact">
<p><label for="name">Your name</label><br>
<input id="name" name="name" value="{name}" required maxlength="100" autocomplete="name" size="40"></p>
<p><label for="email">Your email address</label><br>
<input id="email" name="email" type="email" value="{email}" required maxlength="254" autocomplete="email" size="40"></p>
<p><label for="subject">Subject (if you like)</label><br>
<input id="subject" name="subject" value="{subject}" maxlength="150" size="40"></p>
<p><label for="message">Your message</label><br>
<textarea id="message" name="message" required maxlength="5000" rows="12" cols="60">
{text}</textarea></p>
<input type="hidden" name="key" value="{key}">
<p><button>Send it again</button></p>
</form>
<p><a href="/contact/">Back to the contact page</a></p>
</main>
</body>
</html>
"""


def form_again(error: ApiError, fields: Mapping[str, str]) -> str:
    """Return the page that says what went wrong and loses nothing."""
    kept = {name: _shown(fields.get(name, "")) for name in ("name", "email", "subject", "key")}
    return PAGE.format(
        message=_shown(error.message), faults=_faults(error), text=_shown(fields.get("message", "")), **kept
    )


def _faults(error: ApiError) -> str:
    if not isinstance(error, InvalidError):
        return ""
    lines = [
        f'<li><a href="#{name}">{name.capitalize()}</a>: {_shown(fault)}</li>' for name, fault in error.fields.items()
    ]
    return "<ul>\n" + "\n".join(lines) + "\n</ul>"


def _shown(text: str) -> str:
    """Escape a text, and show a replacement for what cannot be written as UTF-8."""
    return escape(text.encode("utf-8", "replace").decode("utf-8"))
