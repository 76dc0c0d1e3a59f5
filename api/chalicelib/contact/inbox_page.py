"""The inbox as a page with plain forms, for a browser without scripts; the site's own is at /inbox/."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from chalicelib.pages import page, shown

NAMES = {"messages": "Messages", "spam": "Spam"}
FIND = """<form method="get" action="/api/inbox">
<input type="hidden" name="folder" value="{folder}">
<p><label for="q">Words that a message has</label>
<input id="q" name="q" value="{words}" autocomplete="off"></p>
<p><button>Find</button></p>
</form>"""
MESSAGE = """<section>
<h2>{subject}</h2>
<p>{name}, <a href="mailto:{to}">{email}</a>, {received}{facts}</p>
<p>{text}</p>
<form method="post" action="/api/inbox">
<input type="hidden" name="id" value="{id}">
<input type="hidden" name="folder" value="{folder}">
<p><button name="action" value="{move}">{move_name}</button>
<button name="action" value="{mark}">{mark_name}</button></p>
</form>
</section>"""


def inbox_page(messages: Sequence[Mapping[str, Any]], folder: str, words: str) -> str:
    """Return a folder, with what can be done with each message."""
    ways = [_way(name, folder) for name in NAMES]
    ways.append(f'<a href="/api/inbox/export?folder={folder}">As a table</a>')
    found = "\n".join(_message(one, folder) for one in messages) or "<p>Nothing here.</p>"
    content = f"<p>{' · '.join(ways)}</p>\n{FIND.format(folder=folder, words=shown(words))}\n{found}"
    return page(f"Inbox: {NAMES[folder]}", "The newest first.", content)


def _way(name: str, folder: str) -> str:
    here = ' aria-current="page"' if name == folder else ""
    return f'<a href="/api/inbox?folder={name}"{here}>{NAMES[name]}</a>'


def _message(one: Mapping[str, Any], folder: str) -> str:
    move = ("spam", "This is spam") if folder == "messages" else ("ham", "This is no spam")
    mark = ("open", "Not done yet") if one["done"] else ("done", "Done")
    facts = [one["reason"], "done" if one["done"] else ""]
    return MESSAGE.format(
        **{name: shown(one[name]) for name in ("id", "name", "email")},
        subject=shown(one["subject"] or "Without a subject"),
        # An address is quoted whole: what somebody wrote into it is no further header of the answer.
        to=shown(f"{quote(one['email'], safe='@')}?subject={quote('Re: ' + one['subject'], safe='')}"),
        received=shown(one["received"].replace("T", " ").rstrip("Z")),
        facts="".join(f"; {shown(fact)}" for fact in facts if fact),
        text="<br>\n".join(shown(line) for line in one["message"].split("\n")),
        folder=folder,
        move=move[0],
        move_name=move[1],
        mark=mark[0],
        mark_name=mark[1],
    )
