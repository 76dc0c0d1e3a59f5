"""The keys that a text may begin with: the one description that checks, commands, plugins and documents share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from types import MappingProxyType
from typing import Any

from site_builder.sources.forms import (
    ADDRESSES,
    FILE_BESIDE,
    LANGUAGE_FORM,
    MOMENT,
    NAMES,
    NUMBER,
    PLACE,
    SLUG_FORM,
    WHOLE_ADDRESS_FORM,
    YES_OR_NO,
    Form,
    text,
    word_of,
)

POST, PAGE = "posts", "pages"
KINDS = (POST, PAGE)
SUMMARY_LIMIT = 180
PUBLISHED, DRAFT, HIDDEN = "published", "draft", "hidden"


@dataclass(frozen=True)
class Key:
    """A key that may be used, and the sentence that explains it."""

    name: str
    meaning: str
    form: Form
    required_in: tuple[str, ...]


def _key(meaning: str, form: Form, default: Any = None, *, required_in: tuple[str, ...] = ()) -> Any:
    return field(default=default, metadata={"meaning": meaning, "form": form, "required_in": required_in})


@dataclass(frozen=True, kw_only=True)
class FrontMatter:
    """What a text says of itself before its first words; what it leaves out has its default."""

    title: str = _key(
        "What the page is called, in its heading and in every list.", text(), "", required_in=(POST, PAGE)
    )
    date: datetime | None = _key(
        "When the post appears; until then it is not on the site at all.", MOMENT, required_in=(POST,)
    )
    modified: datetime | None = _key("When the text last changed in substance.", MOMENT)
    expires: datetime | None = _key("When the page leaves the site again.", MOMENT)
    summary: str = _key(
        "One or two plain sentences for lists, feeds and search results.",
        text(SUMMARY_LIMIT),
        "",
        required_in=(POST, PAGE),
    )
    category: str = _key("The one topic that the post belongs to.", text(), "", required_in=(POST,))
    tags: tuple[str, ...] = _key("What else it is about.", NAMES, ())
    authors: tuple[str, ...] = _key("Who wrote it.", NAMES, ())
    series: str = _key(
        "The name of the series that the post is a part of; its parts are in the order of their dates.", text(), ""
    )
    part: int | None = _key("Which part of the series it is, where the dates do not say it.", NUMBER)
    image: str = _key("The picture that stands for the page where it is shared, and above a post.", FILE_BESIDE, "")
    image_alt: str = _key("What that picture shows, for those who do not see it.", text(), "")
    slug: str = _key("The last part of the address, where it is not the folder's or file's name.", SLUG_FORM, "")
    aliases: tuple[str, ...] = _key(
        "Where the page was before; each of these addresses leads to it for ever.", ADDRESSES, ()
    )
    status: str = _key(
        "`published` as if left out, `draft` for the preview alone, `hidden` for a page in no list.",
        word_of(PUBLISHED, DRAFT, HIDDEN),
        PUBLISHED,
    )
    lang: str = _key("The language of the text, where it is not the site's.", LANGUAGE_FORM, "")
    translates: str = _key("The slug of the text that this one translates.", SLUG_FORM, "")
    canonical: str = _key("Where the text appeared first, if that was on another site.", WHOLE_ADDRESS_FORM, "")
    noindex: bool = _key("`true` keeps the page out of search engines and of the sitemap.", YES_OR_NO, False)
    toc: bool = _key("`true` puts a table of contents above the text.", YES_OR_NO, False)
    template: str = _key("The template of the theme to use, without its ending.", text(), "")
    save_as: str = _key("Where the page is written, for the few that are not where their slug says.", PLACE, "")
    url: str = _key("The address that goes with `save_as`.", PLACE, "")


KEYS: Mapping[str, Key] = MappingProxyType(
    {one.name: Key(one.name, **one.metadata) for one in fields(FrontMatter)},
)


def describe_keys() -> str:
    """Explain every key, as the documentation has it."""
    rows = [
        f"| `{key.name.capitalize()}` | {', '.join(key.required_in) or '-'} | {key.form.words} | {key.meaning} |"
        for key in KEYS.values()
    ]
    return "\n".join(["| key | required in | what stands there | what it means |", "|---|---|---|---|", *rows])
