"""Read a Hugo folder: the texts of content/, their bundles, and the addresses that Hugo gave them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PurePosixPath

from site_builder.errors import ImportingError
from site_builder.importing.dialect import from_commonmark
from site_builder.importing.files import split_address
from site_builder.importing.heads import (
    UnreadableError,
    inner,
    is_true,
    listed,
    read_json,
    read_moment,
    read_toml,
    read_yaml,
    split_head,
    words,
    zone_of,
)
from site_builder.importing.html import to_markdown
from site_builder.importing.shortcodes import from_shortcodes
from site_builder.importing.values import Draft, Export, Fault, Keys, Note
from site_builder.sources.keys import DRAFT, PAGE, POST

CONFIGURATIONS = tuple(
    f"{folder}{name}.{ending}"
    for folder in ("", "config/_default/")
    for name in ("hugo", "config")
    for ending in ("toml", "yaml", "yml", "json")
)
READERS = {".toml": read_toml, ".yaml": read_yaml, ".yml": read_yaml, ".json": read_json}
HTML = (".html", ".htm")
ENDINGS = (".md", ".markdown", *HTML)
OF_POSTS = frozenset({"post", "posts", "blog", "blogs", "article", "articles", "news", "notes"})
OF_PAGES = frozenset({"page", "pages"})
LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z]{2,4})?")
# Keys that only say how Hugo or a theme was to show the text.
SILENT = frozenset({"type", "math", "katex", "mathjax", "showtoc", "tocopen", "linktitle", "iscjklanguage", "markup"})
UNDERSTOOD = SILENT | {
    "title", "date", "publishdate", "pubdate", "published", "lastmod", "modified", "expirydate", "unpublishdate",
    "description", "summary", "categories", "category", "tags", "keywords", "author", "authors", "series", "weight",
    "slug", "url", "aliases", "draft", "image", "images", "cover", "featured_image", "featuredimage", "thumbnail",
    "image_alt", "canonicalurl", "canonical", "noindex", "robotsnoindex", "toc", "lang", "language", "hidden", "part",
    "subtitle", "translationkey", "resources",
}  # fmt: skip
PICTURES = ("image", "featured_image", "featuredimage", "thumbnail", "images")
TODO_FILE = "Mend the file and import again."


@dataclass(frozen=True)
class _Site:
    """What the folder's configuration says."""

    folder: Path
    base: str
    hosts: tuple[str, ...]
    permalinks: dict[str, str]
    zone: tzinfo
    lang: str
    languages: frozenset[str]
    is_ugly: bool


def read_hugo(folder: Path) -> Export:
    """Read a Hugo folder; a text that cannot be read is told of, and the others are imported."""
    content = folder / "content"
    if not content.is_dir():
        raise ImportingError(str(folder), "it holds no folder content/", "Name the folder of the Hugo site.")
    site = _read_site(folder)
    drafts: list[Draft] = []
    notes: list[Note] = []
    for file in sorted(content.rglob("*")):
        if file.suffix not in ENDINGS or not file.is_file():
            continue
        found = _read_text(file, site)
        if isinstance(found, Note):
            notes.append(found)
        else:
            drafts.append(found)
    if not drafts and not notes:
        raise ImportingError(str(content), "it holds no text", "Name the folder of the Hugo site.")
    roots = (folder / "static", folder / "assets", content)
    return Export(
        generator="hugo", drafts=tuple(drafts), notes=tuple(notes), hosts=site.hosts, base=site.base, roots=roots
    )


def _read_site(folder: Path) -> _Site:
    file = next((folder / name for name in CONFIGURATIONS if (folder / name).is_file()), None)
    keys: Keys = {}
    if file is not None:
        try:
            keys = READERS[file.suffix](file.read_text(encoding="utf-8-sig"))
        except (UnreadableError, UnicodeDecodeError, OSError) as error:
            raise ImportingError(str(file), f"it cannot be read: {error}", TODO_FILE) from error
    address = split_address(words(keys, "baseurl"))
    permalinks = inner(keys, "permalinks")
    ones = {**permalinks, **inner(permalinks, "page")}
    lang = words(keys, "defaultcontentlanguage") or words(keys, "languagecode", "locale")
    return _Site(
        folder=folder,
        base=address.path.rstrip("/"),
        hosts=(address.hostname,) if address.hostname else (),
        permalinks={name: value for name, value in ones.items() if isinstance(value, str)},
        zone=zone_of(words(keys, "timezone")) or UTC,
        lang=lang,
        languages=frozenset(inner(keys, "languages")),
        is_ugly=is_true(keys, "uglyurls"),
    )


def _read_text(file: Path, site: _Site) -> Draft | Note:
    """Return a text, or a note why it is none."""
    origin = file.relative_to(site.folder).as_posix()
    if file.stem.partition(".")[0] == "_index":
        return Note(origin, "it is the head of a list and was not imported", "The site makes its own lists.")
    try:
        keys, body = split_head(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        return Note(origin, f"byte {error.start} is not UTF-8", "Save the file as UTF-8 and import again.")
    except (UnreadableError, OSError) as error:
        return Note(origin, f"it was not imported: {error}", TODO_FILE)
    if (
        file.stem.partition(".")[0] != "index"
        and file.parent != site.folder / "content"
        and (file.parent / "index.md").is_file()
    ):
        return Note(origin, "it is a part of another text and was not imported", "Move its words there.")
    keys = keys or {}
    # What Hugo does not know itself stands there; to us it is a key as any other.
    draft = _draft(origin, {**inner(keys, "params"), **{name: keys[name] for name in keys if name != "params"}}, site)
    text, faults = from_shortcodes(body)
    text, more = to_markdown(text) if file.suffix in HTML else (from_commonmark(text), ())
    return replace(draft, body=text, folder=file.parent, faults=(*draft.faults, *faults, *more))


def _draft(origin: str, keys: Keys, site: _Site) -> Draft:
    name, lang = _name_and_language(origin, site)
    path = PurePosixPath(origin).relative_to("content")
    kind = _kind(path, keys)
    slug = words(keys, "slug") or (PurePosixPath(words(keys, "url")).stem if words(keys, "url") else name)
    date = read_moment(words(keys, "publishdate", "pubdate", "published", "date"), site.zone)
    is_translated = bool(lang) and lang != (site.lang or "en")
    categories = listed(keys, "category", "categories")
    draft = Draft(
        origin=origin,
        slug=f"{slug}-{lang}" if is_translated else slug,
        title=words(keys, "title") or name.replace("-", " ").capitalize(),
        kind=kind,
        date=date if kind == POST else None,
        modified=read_moment(words(keys, "lastmod", "modified"), site.zone),
        expires=read_moment(words(keys, "expirydate", "unpublishdate"), site.zone),
        summary=words(keys, "description", "summary", "subtitle"),
        category=categories[0] if categories and kind == POST else "",
        tags=(*listed(keys, "tags", "keywords"), *categories[1:]),
        authors=_authors(keys),
        series=words(keys, "series"),
        part=words(keys, "part") or _part(keys),
        names=_names(origin),
        status=DRAFT if is_true(keys, "draft") else "hidden" if is_true(keys, "hidden") else "",
        lang=words(keys, "lang", "language") or lang or site.lang,
        translates=slug if is_translated else "",
        canonical=words(keys, "canonicalurl", "canonical"),
        noindex=is_true(keys, "noindex") or is_true(keys, "robotsnoindex"),
        toc=is_true(keys, "toc"),
        faults=tuple(_unmapped(keys)),
    )
    draft = _with_picture(draft, keys, site.folder / _folder_of(origin))
    where = f"/{lang}" if is_translated else ""
    return replace(draft, addresses=_addresses(path, name, keys, site=site, where=where, date=date))


def _folder_of(origin: str) -> str:
    """Return the folder of a text, below that of the site."""
    return PurePosixPath(origin).parent.as_posix()


def _name_and_language(origin: str, site: _Site) -> tuple[str, str]:
    """Return what a text is called, and the language that its file's name says."""
    path = PurePosixPath(origin)
    stem, _, lang = path.stem.rpartition(".")
    known = site.languages or frozenset({lang} if LANGUAGE.fullmatch(lang) and stem == "index" else ())
    if not stem or lang not in known:
        stem, lang = path.stem, ""
    return (path.parent.name if stem == "index" else stem), lang


def _kind(path: PurePosixPath, keys: Keys) -> str:
    """Say whether a text is a post: its type says so, or its section, or it has a date there."""
    depth = len(path.parts) - (2 if path.stem.partition(".")[0] == "index" else 1)
    section = path.parts[0] if depth > 0 else ""
    for word in (words(keys, "type").lower(), section.lower()):
        if word in OF_POSTS or word in OF_PAGES:
            return POST if word in OF_POSTS else PAGE
    return POST if section and words(keys, "date", "publishdate") else PAGE


def _authors(keys: Keys) -> tuple[str, ...]:
    whole = words(inner(keys, "author"), "name")
    return (whole,) if whole else listed(keys, "author", "authors", between=",")


def _part(keys: Keys) -> str:
    """Return the weight, which orders the parts of a series."""
    weight = words(keys, "weight")
    return weight if words(keys, "series") and weight.isdecimal() and int(weight) else ""


def _with_picture(draft: Draft, keys: Keys, folder: Path) -> Draft:
    """Name the picture above a text, by the keys that themes have for it or by the name that makes it one."""
    cover = inner(keys, "cover") or inner(keys, "image")
    image = words(cover, "image", "src", "url", "path") or words(keys, "cover", *PICTURES)
    alt = words(cover, "alt", "caption") or words(keys, "image_alt")
    if not image and draft.origin.endswith(("/index.md", "/index.html")) and folder.is_dir():
        named = [file.name for file in sorted(folder.iterdir()) if re.match(r"(?:feature|cover)", file.name)]
        image = next((name for name in named if not name.endswith(ENDINGS)), "")
    return replace(draft, image=image, image_alt=alt)


def _names(origin: str) -> tuple[str, ...]:
    """Return how `ref` and `relref` name a text."""
    path = PurePosixPath(origin).relative_to("content")
    bundle = path.stem == "index" and bool(path.parent.name)
    whole = path.parent if bundle else path.with_suffix("")
    names = [path.as_posix(), whole.as_posix(), f"{whole.name}.md", whole.name]
    return tuple(dict.fromkeys(names))


def _addresses(
    path: PurePosixPath, name: str, keys: Keys, *, site: _Site, where: str, date: datetime | None
) -> tuple[str, ...]:
    """Return where Hugo showed a text, and where it was before."""
    above = path.parent.parent if path.stem.partition(".")[0] == "index" and path.parent.name else path.parent
    section = path.parts[0] if len(path.parts) > 1 else ""
    slug = words(keys, "slug") or name
    pattern = site.permalinks.get(section, "")
    if words(keys, "url"):
        own = words(keys, "url")
    elif pattern and (date or not re.search(r":(?:year|month|day)", pattern)):
        own = _fill(pattern, slug, words(keys, "title"), above, date)
    else:
        own = f"/{(above / slug).as_posix()}" + (".html" if site.is_ugly else "/")
        own = own.lower().replace(" ", "-")
    before = (one if one.startswith("/") else f"/{(above / one).as_posix()}" for one in listed(keys, "aliases"))
    own = own if own.startswith("/") else f"/{own}"
    return tuple(dict.fromkeys(re.sub(r"/{2,}", "/", f"{site.base}{where}{one}") for one in (own, *before)))


def _fill(pattern: str, slug: str, title: str, above: PurePosixPath, date: datetime | None) -> str:
    """Put a text's own values into a pattern of addresses."""
    values = {
        "slug": slug, "slugorfilename": slug, "filename": slug, "slugorcontentbasename": slug, "contentbasename": slug,
        "title": re.sub(r"[^\w]+", "-", title.lower()).strip("-"),
        "section": above.parts[0] if above.parts else "", "sections": above.as_posix(),
    }  # fmt: skip
    if date:
        values |= {"year": f"{date:%Y}", "month": f"{date:%m}", "day": f"{date:%d}", "monthname": f"{date:%B}".lower()}
    return re.sub(r":([a-z]+)", lambda found: values.get(found[1], found[0]), pattern)


def _unmapped(keys: Keys) -> Iterator[Fault]:
    for name in keys:
        if name not in UNDERSTOOD:
            yield Fault(f"its key `{name}` was left out", "Say it in the text, if it matters.")
    if words(keys, "weight") and not _part(keys):
        yield Fault("its `weight` was left out", "Posts stand in the order of their dates; a series has parts.")
    for name in ("lastmod", "expirydate", "publishdate", "date"):
        if words(keys, name) and read_moment(words(keys, name)) is None:
            yield Fault(f"its `{name}` is no date: {words(keys, name)}", "Write it as 2026-01-31.")
