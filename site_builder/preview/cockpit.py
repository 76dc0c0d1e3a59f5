"""The pages at `/_dev/`: what stands in the way, what is not published yet, what is wrong, and the mail."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from site_builder.guarded import shown
from site_builder.preview.faults import Fault
from site_builder.preview.texts import Ahead

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The preview</title>
<meta name="color-scheme" content="light dark">
<link rel="stylesheet" href="/_dev/preview.css">
</head>
<body class="cockpit">
<main>
<h1>The preview</h1>
<p><a href="/">The site</a> · <a href="/_dev/">Texts</a> · <a href="/_dev/mail/">Mail</a></p>
{parts}
</main>
</body>
</html>
"""


def cockpit_page(faults: Sequence[Fault], ahead: Sequence[Ahead], findings: Sequence[Mapping[str, Any]]) -> str:
    """Return the page about texts, which is whole without a script."""
    return page_of([*_faults(faults), *_ahead(ahead), *_findings(findings)])


def page_of(parts: Iterable[str]) -> str:
    """Return a page of the preview's own, with these parts."""
    return PAGE.format(parts="\n".join(parts))


def _faults(faults: Sequence[Fault]) -> Iterator[str]:
    yield "<h2>The last build</h2>"
    if not faults:
        yield "<p>All that was saved is built.</p>"
        return
    yield "<p>It failed; the pages are those of the last good one.</p>"
    yield _list(
        f"<code>{escape(one.where)}</code><br>{escape(one.what)}<br><em>{escape(one.todo)}</em>" for one in faults
    )


def _ahead(ahead: Sequence[Ahead]) -> Iterator[str]:
    yield "<h2>Not published yet</h2>"
    if not ahead:
        yield "<p>No drafts, and nothing that waits for its date.</p>"
        return
    yield _list(
        f'<a href="{escape(one.address)}">{escape(one.title or one.address)}</a> '
        f"<small>{f'appears on {escape(one.appears)}' if one.appears else 'draft'}</small>"
        for one in ahead
    )


def _findings(findings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield "<h2>Findings</h2>"
    if not findings:
        yield "<p>None.</p>"
        return
    yield _list(
        f"<code>{escape(str(shown(Path(one['path']))))}:{one['line']}:{one['column']}</code> "
        f"<small>{escape(one['level'])}</small><br>{escape(one['what'])}<br><em>{escape(one['todo'])}</em>"
        for one in findings
    )


def _list(items: Iterable[str]) -> str:
    return "<ul>\n" + "\n".join(f"<li>{item}</li>" for item in items) + "\n</ul>"
