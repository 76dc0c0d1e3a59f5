"""Which facts are other than in the last build: fields of texts, names of the site, templates, links."""

from __future__ import annotations

import marshal
from typing import Any

from site_builder.engine import contents, facts
from site_builder.engine.doors import unwatched
from site_builder.engine.ground import NOT_COMPARED, Ground, shown
from site_builder.engine.inputs import Known, digest_of
from site_builder.engine.likeness import TELL, NoLikeness, likeness, likeness_digest, settings_likeness
from site_builder.engine.pages import TEMPLATE, Desk
from site_builder.engine.store import FIELD_BITS, Source
from site_builder.engine.texts import CONTAINERS, Text, Texts

# What decides the address of a text is all of its fields; what decides its summary is one of these.
SUMMARY_FIELDS = frozenset({"metadata", "_summary", "summary", "_get_content"})
UNLIKE = "(cannot be compared)"
UNLIKE_MARK = UNLIKE.encode()
ABSENT = object()
# The fields that hold tags, categories and authors, which a plugin may change in place.
WRAPPED = frozenset({"tags", "category", "author", "authors", "metadata"})


class Changes:
    """What has changed since the last build, in facts."""

    def __init__(self, ground: Ground, texts: Texts) -> None:
        """Nothing is compared yet."""
        self.ground = ground
        self.texts = texts
        self.desk: Desk | None = None
        self.names: dict[str, tuple[int, bytes | None]] = {}
        self.ids: dict[str, int] = {}
        # The fields of each text that are other; None where any may be.
        self.changed_fields: dict[str, set[str] | None] = {}
        self.changed: dict[int, str] = {}
        self.gone: set[str] = set()
        # Whether the settings in the context are as they were before the plugins worked on the site.
        self.trusted_constants = False
        self._context_digests: dict[str, bytes | None] = {}

    @unwatched
    def compare(self, context: dict[str, Any], desk: Desk) -> None:  # noqa: C901 - one loop over all texts
        """Find the facts that are other than in the last build; from here on texts tell who reads them."""
        self.desk = desk
        wrappers_too = UrlChanges.seen
        self.names = dict(self.ground.last_names)
        self.next_name = max((number for number, _ in self.names.values()), default=0) + 1
        next_source = max((source.id for source in self.ground.last_sources.values()), default=0) + 1
        changed_fields: dict[str, set[str] | None] = {}
        for key, text in self.texts.texts.items():
            row = text.row
            if row is None:
                self.ids[key] = next_source
                next_source += 1
            else:
                self.ids[key] = row.id
            after = _after(text, wrappers_too=wrappers_too)
            text.after = marshal.dumps(after, 2)
            if row is None:
                continue
            if row.written is not text.written or row.body != text.body:
                changed = self._changed_by_reading(text, row, after)
                if changed:
                    changed_fields[key] = changed
            elif row.after != text.after:
                changed_fields[key] = _differing(marshal.loads(row.after), after)  # noqa: S302
        gone = self.ground.last_sources.keys() - self.texts.texts.keys()
        for key in gone:
            changed_fields[key] = None
        self.gone = set(gone)
        self.changed_fields = changed_fields
        if self.ground.direct:
            return
        for key, text in self.texts.texts.items():
            row = text.row
            if row is not None and key not in changed_fields and row.url is not None and row.kind != "static":
                text.content.__dict__["_addresses"] = {"url": row.url, "save_as": row.save_as}
        self.trusted_constants = settings_likeness(self.ground.settings, NOT_COMPARED) == self.ground.settings_at_start
        desk.begin_reading(constants=self.trusted_constants)
        self._mark_changed_fields()
        self._mark_changed_names(context)
        contents.begin_noting(text.content for text in self.texts.texts.values())

    def _changed_by_reading(self, text: Text, row: Source, after: dict[str, Any]) -> set[str] | None:
        """Return the fields of a text that are other than in the last build, or None where that is not known."""
        if not row.written:
            return None
        old = contents.make_again(row.kind, row.key, row.written, self.ground.settings, {}, self.texts.body_of).__dict__
        old_after = marshal.loads(row.after)  # noqa: S302
        new = text.content.__dict__
        changed = set()
        for name in (old.keys() | new.keys() | old_after.keys() | after.keys()) - contents.OF_THE_BUILD:
            was = old_after[name] if name in old_after else _like(old.get(name, facts.MISSING))
            now = after[name] if name in after else _like(new.get(name, facts.MISSING))
            if was != now or was == UNLIKE:
                changed.add(name)
        if row.body != text.body:
            changed.add("_content")
        return changed

    def _mark_changed_fields(self) -> None:
        attributes = [name for name in self.names if " " not in name]
        for key, changed in self.changed_fields.items():
            number = self.ground.last_sources[key].id << FIELD_BITS
            shown = key.partition(":")[2]
            text = self.texts.texts.get(key)
            row = self.ground.last_sources[key]
            for name in attributes:
                if changed is None:
                    reason = f"{shown} is gone" if text is None else f"{shown} has changed"
                elif self._is_changed(name, changed, text, row):
                    reason = f"{name} of {shown} has changed"
                else:
                    continue
                self.changed[number | self.names[name][0]] = reason

    @staticmethod
    def _is_changed(name: str, changed: set[str], text: Text | None, row: Source) -> bool:  # noqa: PLR0911 - a table
        """Say whether a field that a page has read is another one, when these fields of the text's own are."""
        if text is None or name in changed:
            return True
        content = text.content
        if name == "content":
            return not changed.isdisjoint({"_content", "_get_content"})
        if name == "summary":
            own = "_content" in changed and "summary" not in content.metadata
            return own or not changed.isdisjoint(SUMMARY_FIELDS)
        if name in ("url", "save_as"):
            return bool(getattr(content, name) != getattr(row, name))
        if name == "status":
            return "_status" in changed
        if changed == {"_content"}:
            return False
        # A field of the text's own that is not among the changed ones is the same; what else there is is computed.
        return name not in content.__dict__

    def _mark_changed_names(self, context: dict[str, Any]) -> None:
        for name, (number, digest) in self.names.items():
            if name.startswith(TEMPLATE):
                now = self.ground.look_at(f"file:{name.removeprefix(TEMPLATE)}", self.known_template(name)).digest
                if now != digest:
                    self.changed[number] = f"the template {shown(name.removeprefix(TEMPLATE))} has changed"
            elif name.startswith(facts.CONTEXT):
                if digest is None or self.context_digest(name, context) != digest:
                    self.changed[number] = f"{name.removeprefix(facts.CONTEXT)} of the site has changed"
            elif name.startswith(facts.LINK) and link_digest(name, context) != digest:
                self.changed[number] = f"what the link to {name.removeprefix(facts.LINK)} leads to has changed"

    def known_template(self, name: str) -> Known | None:
        """Return a template as it was when it was last looked at."""
        one = self.ground.last_inputs.get(("template", f"file:{name.removeprefix(TEMPLATE)}"))
        return one.known if one else None

    def context_digest(self, name: str, context: dict[str, Any]) -> bytes | None:
        """Return what a name of the site is like in this build."""
        if name not in self._context_digests:
            self._context_digests[name] = self._digest_of_context(name, context)
        return self._context_digests[name]

    def _digest_of_context(self, name: str, context: dict[str, Any]) -> bytes | None:
        if self.desk is None:
            return None
        try:
            return likeness_digest(self.desk.like(name.removeprefix(facts.CONTEXT), context))
        except (NoLikeness, ValueError, TypeError):
            return None


class UrlChanges:
    """Whether a plugin changed a tag, a category or an author in place since all texts were read."""

    seen = False

    @classmethod
    def note(cls, wrapper: Any, name: str, value: Any) -> None:
        """Set an attribute of one; these alone are set when it is made, or when its slug is first asked for."""
        if name not in ("settings", "_name", "_slug", "_slug_from_name"):
            cls.seen = True
        object.__setattr__(wrapper, name, value)


def link_digest(name: str, context: dict[str, Any]) -> bytes:
    """Return what a link leads to."""
    path = name.removeprefix(facts.LINK)
    found = [
        (kind, getattr(dict.get(context[kind], path) or context[kind].get(path), "__dict__", {}).get("_key"))
        for kind in ("generated_content", "static_content")
    ]
    return digest_of(repr(found).encode())


def _like(value: Any) -> Any:
    try:
        return likeness(value)
    except (NoLikeness, RecursionError):
        return UNLIKE


def _after(text: Text, *, wrappers_too: bool) -> dict[str, Any]:
    """Return what the plugins changed of a text since it was read: each changed field, and what it is like now."""
    before, copies, now = text.before, text.copies, text.content.__dict__
    if text.row is not None and text.row.written is text.written and not wrappers_too:
        return _after_restoring(text.row, before, copies, now)
    changed = {}
    for name, value in now.items():
        if name in contents.OF_THE_BUILD:
            continue
        if (
            (
                name not in before
                or before[name] is not value
                or (type(value) in CONTAINERS and _differs(value, copies[name]))
            )
            or (type(value) not in TELL and not isinstance(value, str | None))
            or (wrappers_too and name in WRAPPED)
        ):
            changed[name] = _like(value)
    for name in before.keys() - now.keys():
        if name not in contents.OF_THE_BUILD:
            changed[name] = facts.MISSING
    return changed


def _after_restoring(
    row: Source, before: dict[str, Any], copies: dict[str, Any], now: dict[str, Any]
) -> dict[str, Any]:
    """Return the same for a text that was restored: what cannot be compared is what could not be before."""
    names = [name for name, value in now.items() if before.get(name, ABSENT) is not value]
    names += [name for name, copy in copies.items() if now.get(name) != copy]
    changed = {name: _like(now[name]) for name in names if name not in contents.OF_THE_BUILD and name in now}
    if len(now) < len(before) + len(names):
        changed.update(
            {name: facts.MISSING for name in before if name not in now and name not in contents.OF_THE_BUILD}
        )
    if UNLIKE_MARK in row.after:
        was = marshal.loads(row.after)  # noqa: S302
        changed.update({name: UNLIKE for name, like in was.items() if like == UNLIKE and name in now})
    return changed


def _differs(value: Any, copy: Any) -> bool:
    return bool(value != copy)


def _differing(old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    return {
        name for name in old.keys() | new.keys() if old.get(name, "") != new.get(name, "") or old.get(name) == UNLIKE
    }
