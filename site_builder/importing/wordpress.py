"""Read a WordPress export: its posts and pages, with the pictures that lie beside the file."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from site_builder.errors import ImportingError
from site_builder.importing.blog_html import from_blog_html
from site_builder.importing.files import split_address
from site_builder.importing.heads import read_moment
from site_builder.importing.html import plain
from site_builder.importing.values import Draft, Export, Fault, Note
from site_builder.sources.keys import DRAFT, PAGE, POST

SPACES = (
    ("/excerpt/", "excerpt_"),
    ("purl.org/rss/1.0/modules/content/", "content_"),
    ("purl.org/dc/elements/", "dc_"),
    ("wordpress.org/export/", "wp_"),
)
# Signs that XML forbids, and that WordPress lets pass.
FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
KINDS = {"post": POST, "page": PAGE}
# What WordPress keeps for itself beside the texts.
ITS_OWN = frozenset({
    "attachment", "nav_menu_item", "revision", "custom_css", "customize_changeset", "oembed_cache", "wp_global_styles",
    "wp_navigation", "wp_template", "wp_template_part", "user_request",
})  # fmt: skip
STATUSES = {"publish": "", "future": "", "draft": DRAFT, "pending": DRAFT, "auto-draft": DRAFT, "private": DRAFT}
NO_CATEGORY = frozenset({"uncategorized", "uncategorised", "allgemein"})
EXPORT_AGAIN = "Export again with Tools > Export, and name the .xml file."


@dataclass(frozen=True)
class _Picture:
    """A file of the media library."""

    address: str
    alt: str


@dataclass(frozen=True)
class _Blog:
    """What the export says beside its texts."""

    host: str
    base: str
    lang: str
    authors: Mapping[str, str]
    pictures: Mapping[str, _Picture]


class _Builder(ET.TreeBuilder):
    """Builds the tree, and refuses a file that brings definitions of its own: an export has none."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:  # noqa: ARG002 - the library's
        """Refuse it: entities that are made of entities grow without end."""
        raise ValueError(f"it defines a document type `{name}`, which an export never does")


def read_wordpress(source: Path) -> Export:
    """Read the .xml file, or the folder that holds one."""
    file = _file_of(source)
    channel = _parse(file)
    items = [child for child in channel if child.tag == "item"]
    blog = _read_blog(channel, items)
    texts = [one for one in items if _text(one, "wp_post_type") in KINDS and _text(one, "wp_status") in STATUSES]
    beside = [folder for name in ("uploads", "wp-content/uploads") if (folder := file.parent / name).is_dir()]
    return Export(
        generator="wordpress",
        drafts=tuple(_read_item(item, blog) for item in texts),
        notes=tuple(_notes(file.name, items)),
        hosts=tuple(dict.fromkeys([blog.host, blog.host.removeprefix("www."), f"www.{blog.host}"])),
        base=blog.base,
        roots=(file.parent, *beside),
        loose=True,
    )


def _file_of(source: Path) -> Path:
    if source.is_file():
        return source
    found = sorted(source.glob("*.xml"))
    if len(found) != 1:
        what = "it holds no .xml file" if not found else f"it holds {len(found)} .xml files"
        raise ImportingError(str(source), what, "Name the export's .xml file itself.")
    return found[0]


def _parse(file: Path) -> ET.Element:
    """Return the channel of the export, its tags with the short names of their spaces."""
    try:
        raw = FORBIDDEN.sub(b"", file.read_bytes())
        parser = ET.XMLParser(target=_Builder())  # noqa: S314 - as below
        root = ET.fromstring(raw, parser)  # noqa: S314 - the owner's own file, and no entity is expanded
    except ET.ParseError as error:
        line, column = error.position
        what = f"it is not well-formed XML: {error}"
        raise ImportingError(f"{file}:{line}:{column + 1}", what, EXPORT_AGAIN) from error
    except (OSError, ValueError, LookupError) as error:
        raise ImportingError(str(file), f"it cannot be read: {error}", EXPORT_AGAIN) from error
    for element in root.iter():
        element.tag = _short(element.tag)
    channel = root.find("channel")
    if channel is None or channel.find("wp_wxr_version") is None:
        raise ImportingError(str(file), "it is XML, and no WordPress export", EXPORT_AGAIN)
    return channel


def _short(tag: str) -> str:
    space, _, name = tag.removeprefix("{").rpartition("}")
    return next((prefix for ending, prefix in SPACES if ending in space), "") + name


def _text(element: ET.Element, name: str) -> str:
    return (element.findtext(name) or "").strip()


def _meta(item: ET.Element) -> dict[str, str]:
    return {_text(one, "wp_meta_key"): _text(one, "wp_meta_value") for one in item.findall("wp_postmeta")}


def _read_blog(channel: ET.Element, items: list[ET.Element]) -> _Blog:
    address = split_address(_text(channel, "wp_base_blog_url") or _text(channel, "link"))
    authors = {
        _text(one, "wp_author_login"): _text(one, "wp_author_display_name") for one in channel.findall("wp_author")
    }
    pictures = {}
    for item in items:
        if _text(item, "wp_post_type") == "attachment":
            alt = _meta(item).get("_wp_attachment_image_alt", "") or plain(_text(item, "excerpt_encoded"))
            pictures[_text(item, "wp_post_id")] = _Picture(_text(item, "wp_attachment_url"), alt)
    return _Blog(
        host=address.hostname or "",
        base=address.path.rstrip("/"),
        lang=_text(channel, "language"),
        authors=MappingProxyType(authors),
        pictures=MappingProxyType(pictures),
    )


def _notes(name: str, items: list[ET.Element]) -> Iterator[Note]:
    """Tell what of the export is no text of ours."""
    others = Counter(kind for item in items if (kind := _text(item, "wp_post_type")) not in {*KINDS, *ITS_OWN})
    for kind, many in sorted(others.items()):
        yield Note(
            name, f"what is of the type `{kind}` stays behind ({many})", "Make posts or pages of them, if they matter."
        )
    for item in items:
        status = _text(item, "wp_status")
        if _text(item, "wp_post_type") in KINDS and status not in STATUSES:
            title = plain(_text(item, "title")) or _text(item, "wp_post_id")
            yield Note(name, f"`{title}` has the status `{status}` and was not imported", "Restore it, if it matters.")
    comments = sum(len(item.findall("wp_comment")) for item in items)
    if comments:
        yield Note(name, f"the comments stay behind ({comments})", "The site has none; keep the export if they matter.")


def _read_item(item: ET.Element, blog: _Blog) -> Draft:
    meta = _meta(item)
    kind = KINDS[_text(item, "wp_post_type")]
    status = STATUSES[_text(item, "wp_status")]
    locked = bool(_text(item, "wp_post_password"))
    title = plain(_text(item, "title"))
    slug = unquote(_text(item, "wp_post_name")) or title or _text(item, "wp_post_id")
    categories = [name for name in _labels(item, "category") if name.casefold() not in NO_CATEGORY]
    picture = blog.pictures.get(meta.get("_thumbnail_id", ""), _Picture("", ""))
    library = {number: (one.address, one.alt) for number, one in blog.pictures.items()}
    body, faults = from_blog_html(_text(item, "content_encoded"), library)
    return Draft(
        origin=f"{_text(item, 'wp_post_type')} {_text(item, 'wp_post_id')}",
        slug=slug,
        title=title,
        kind=kind,
        date=_date(item, "wp_post_date") if kind == POST else None,
        modified=_date(item, "wp_post_modified"),
        summary=plain(_text(item, "excerpt_encoded")) or meta.get("_yoast_wpseo_metadesc", ""),
        category=categories[0] if categories and kind == POST else "",
        tags=(*_labels(item, "post_tag"), *categories[1:]),
        authors=tuple(filter(None, [blog.authors.get(login := _text(item, "dc_creator")) or login])),
        image=picture.address,
        image_alt=picture.alt,
        addresses=_addresses(item, status, meta),
        names=(f"?p={_text(item, 'wp_post_id')}", f"?page_id={_text(item, 'wp_post_id')}"),
        status=DRAFT if locked else status,
        lang=blog.lang,
        canonical=_canonical(meta, blog),
        noindex=meta.get("_yoast_wpseo_meta-robots-noindex") == "1",
        body=body,
        faults=(*faults, *_faults(item)),
    )


def _labels(item: ET.Element, domain: str) -> tuple[str, ...]:
    found = (plain("".join(one.itertext())) for one in item.findall("category") if one.get("domain") == domain)
    return tuple(dict.fromkeys(name for name in found if name))


def _date(item: ET.Element, name: str) -> datetime | None:
    """Return a date in UTC; a draft has only the one of the blog's clock, or none."""
    for text in (_text(item, f"{name}_gmt"), _text(item, name)):
        if text and not text.startswith("0000"):
            return read_moment(text, UTC)
    return None


def _addresses(item: ET.Element, status: str, meta: Mapping[str, str]) -> tuple[str, ...]:
    """Return the path of the permanent link, and the ones with its former last parts."""
    link = split_address(_text(item, "link"))
    if status or link.query or not link.path:
        return ()
    former = meta.get("_wp_old_slug", "")
    path = link.path
    return (path, re.sub(r"[^/]+(/?)$", rf"{former}\1", path)) if former else (path,)


def _canonical(meta: Mapping[str, str], blog: _Blog) -> str:
    written = meta.get("_yoast_wpseo_canonical", "")
    return "" if split_address(written).hostname in (None, blog.host) else written


def _faults(item: ET.Element) -> Iterator[Fault]:
    status = _text(item, "wp_status")
    if status in ("private", "pending"):
        yield Fault(f"it was {status}, and is a draft here", "Publish it, or remove it.")
    if _text(item, "wp_post_password"):
        yield Fault("it had a password, and is a draft here", "A static site has no passwords.")
    if _text(item, "wp_is_sticky") == "1":
        yield Fault("it was kept at the top of the blog", "Posts stand in the order of their dates.")
    link = split_address(_text(item, "link"))
    if link.query and status in ("publish", "future"):
        what = f"its old address /?{link.query} cannot lead here"
        yield Fault(what, "Only paths can; mend links to it.")
    if "/" not in _text(item, "link") and status == "publish":
        yield Fault("the export does not say its old address", "Add it as an alias if you know it.")
