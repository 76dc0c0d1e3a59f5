"""What may be wrong with the data for search engines that a page holds: things with names, as schema.org has them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

REQUIRED = {
    "BlogPosting": ("headline", "datePublished", "dateModified", "author", "image", "mainEntityOfPage", "publisher"),
    "BreadcrumbList": ("itemListElement",),
    "Organization": ("name", "url", "logo"),
    "WebSite": ("name", "url"),
}


def check_structured(text: str) -> Iterator[tuple[str, str, str]]:
    """Find what is wrong with a page's data for search engines."""
    try:
        data = json.loads(text)
    except ValueError as error:
        yield "structured-data", f"the structured data are no JSON: {error}", "Mend the template."
        return
    for thing in data.get("@graph", [data]) if isinstance(data, dict) else [None]:
        yield from _check_thing(thing)


def _check_thing(thing: Any) -> Iterator[tuple[str, str, str]]:
    kind = thing.get("@type") if isinstance(thing, dict) else None
    if kind not in REQUIRED:
        yield "structured-data", f"`{kind}` is no kind of thing that is known here", f"Known are {', '.join(REQUIRED)}."
        return
    for name in REQUIRED[kind]:
        if not thing.get(name):
            yield "structured-data", f"{kind} says no {name}", "Add it in the template."
    for name in ("datePublished", "dateModified"):
        if thing.get(name) and not re.fullmatch(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?", thing[name]):
            yield "structured-data", f"{kind} has the {name} `{thing[name]}`", "Write it as 2026-11-21T09:30:00Z."
    for number, item in enumerate(thing.get("itemListElement") or (), start=1):
        if item.get("position") != number or not item.get("name"):
            yield "structured-data", f"step {number} of the breadcrumbs has no name or another number", "Count from 1."
