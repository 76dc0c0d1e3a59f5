"""Leave out what is not yet, or no longer, on the site.

Pelican would write a post of tomorrow among the drafts, where it can be found. Here it is nowhere until its moment: not
its page, not its name in a list, not a file that lies beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pelican import signals

from site_builder.sources.calendar import build_moment, is_out, next_change
from site_builder.sources.forms import parse_date

LISTS = {
    "articles": ("articles", "translations", "hidden_articles", "hidden_translations"),
    "pages": ("pages", "translations", "hidden_pages", "hidden_translations"),
}
DRAFTS = {"articles": ("drafts", "drafts_translations"), "pages": ("draft_pages", "draft_translations")}
NEXT_CHANGE = "NEXT_CHANGE"
ABSENT = "ABSENT"


def moments(content: Any) -> tuple[datetime | None, datetime | None]:
    """Return when a text appears and when it expires."""
    return _moment(getattr(content, "date", None)), _moment(getattr(content, "expires", None))


def _moment(value: Any) -> datetime | None:
    if isinstance(value, str):
        return parse_date(value)
    if isinstance(value, datetime):
        # Not Pelican's own kind of date, which a later comparison would have to know.
        plain = datetime(value.year, value.month, value.day, value.hour, value.minute, value.second)  # noqa: DTZ001
        return plain.replace(tzinfo=value.tzinfo or UTC)
    return None


def folders_of(paths: Iterable[str]) -> frozenset[str]:
    """Return the folders that belong to these texts alone: a text `index.md` has its folder to itself."""
    return frozenset(str(Path(path).parent) for path in paths if Path(path).stem == "index")


def _leave_out(generator: Any, kind: str) -> None:
    now = build_moment()
    # A preview that shows drafts shows all that belongs to them, and what is ahead of its date too.
    are_shown = bool(generator.settings["DRAFT_SAVE_AS"])
    absent = [content for name in DRAFTS[kind] for content in getattr(generator, name) if not are_shown]
    changes = [generator.context.get(NEXT_CHANGE)]
    for name in LISTS[kind]:
        those = getattr(generator, name)
        out: list[Any] = []
        for content in those:
            date, expires = moments(content)
            changes.append(next_change((date, expires), now))
            if is_out(date, expires, now):
                out.append(content)
            elif are_shown and date is not None and date > now:
                _show_ahead(generator, kind, content, is_translation="translations" in name)
            else:
                absent.append(content)
        if len(out) != len(those):
            those[:] = out
    if absent:
        _forget_translations(generator, LISTS[kind], absent)
    generator.context[NEXT_CHANGE] = next_change(changes, now)
    known = generator.context.get(ABSENT, frozenset())
    generator.context[ABSENT] = known | frozenset(str(content.source_path) for content in absent)


def _show_ahead(generator: Any, kind: str, content: Any, *, is_translation: bool) -> None:
    """Let a preview show a text before its moment: among the drafts, as if it were one."""
    content.status = "draft"
    getattr(generator, DRAFTS[kind][1 if is_translation else 0]).append(content)


def _forget_translations(generator: Any, names: Iterable[str], absent: Iterable[Any]) -> None:
    """Let no page name a translation that is absent."""
    gone = {id(content) for content in absent}
    for name in names:
        for content in getattr(generator, name):
            if any(id(other) in gone for other in content.translations):
                content.translations = [other for other in content.translations if id(other) not in gone]


def _leave_out_articles(generator: Any) -> None:
    _leave_out(generator, "articles")


def _leave_out_pages(generator: Any) -> None:
    _leave_out(generator, "pages")


def _leave_out_files(generator: Any) -> None:
    folders = folders_of(generator.context.get(ABSENT, ()))
    if folders:
        base = Path(generator.path)
        generator.staticfiles[:] = [
            file for file in generator.staticfiles if folders.isdisjoint(map(str, (base / file.source_path).parents))
        ]


def register() -> None:
    """Connect to Pelican."""
    signals.article_generator_pretaxonomy.connect(_leave_out_articles)
    signals.page_generator_finalized.connect(_leave_out_pages)
    signals.static_generator_finalized.connect(_leave_out_files)
