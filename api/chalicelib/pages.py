"""The pages that the API itself makes. Every text that could be somebody's goes through `shown`."""

from __future__ import annotations

from chalicelib.errors import ApiError

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title} - ZichKoding</title>
<link rel="stylesheet" href="/site.css">
</head>
<body>
<header>
<a class="brand" href="/">ZichKoding</a>
</header>
<main>
<article>
<header>
<h1>{title}</h1>
<p class="lead"{role}>{lead}</p>
</header>
<div class="prose">
{content}
</div>
</article>
</main>
</body>
</html>
"""
TITLES = {
    401: "Please sign in",
    403: "Not allowed",
    404: "Not found",
    410: "No longer good",
    500: "Something went wrong",
    503: "Not just now",
}


def page(title: str, lead: str, content: str = "", *, alert: bool = False) -> str:
    """Return a page of the site's; the content is HTML, the rest is text."""
    role = ' role="alert"' if alert else ""
    return PAGE.format(title=shown(title), lead=shown(lead), content=content, role=role)


def error_page(error: ApiError) -> str:
    """Return the page that says what went wrong, and leads on."""
    way = '<p><a href="/account/">Sign in</a></p>' if error.status == 401 else '<p><a href="/">To the site</a></p>'  # noqa: PLR2004 - as HTTP has it
    return page(TITLES.get(error.status, "That did not work"), error.message, way, alert=True)


def button_page(title: str, lead: str, action: str, button: str) -> str:
    """Return a page with one button: what opens links by itself, as scanners of mail do, presses none."""
    return page(
        title, lead, f'<form method="post" action="{shown(action)}">\n<p><button>{shown(button)}</button></p>\n</form>'
    )


def email_form(action: str, email: str, fault: str, button: str, hidden: str = "") -> str:
    """Return a form with one address in it, as it was written, and what is wrong with it."""
    return (
        f'<form method="post" action="{shown(action)}">\n<p>\n<label for="email">Your email address</label>\n'
        f'<input id="email" name="email" type="email" value="{shown(email)}" required maxlength="254" '
        'autocomplete="email" aria-invalid="true" aria-describedby="email-fault">\n</p>\n'
        f'<p id="email-fault">{shown(fault)}</p>\n{hidden}<p><button>{shown(button)}</button></p>\n</form>'
    )


def shown(text: str) -> str:
    """Escape a text, and show a replacement for what cannot be written as UTF-8."""
    from html import escape  # noqa: PLC0415 - it brings all of HTML's names along, and most answers are no page

    return escape(text.encode("utf-8", "replace").decode("utf-8"))
