"""Read a Jekyll folder: posts, drafts and pages, with the addresses that Jekyll gave them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from pathlib import Path, PurePosixPath

from site_builder.errors import ImportingError
from site_builder.importing.dialect import from_commonmark
from site_builder.importing.files import split_address
from site_builder.importing.heads import (
    UnreadableError,
    inner,
    is_false,
    is_true,
    listed,
    read_moment,
    read_yaml,
    split_head,
    words,
    zone_of,
)
from site_builder.importing.html import to_markdown
from site_builder.importing.liquid import from_liquid
from site_builder.importing.values import Draft, Export, Fault, Keys, Note
from site_builder.sources.keys import DRAFT, PAGE, POST

NAME = re.compile(r"(?P<date>\d{4}-\d{1,2}-\d{1,2})-(?P<slug>.+)")
HTML = (".html", ".htm")
ENDINGS = (".md", ".markdown", ".mkd", *HTML)
STYLES = {
    "date": "/:categories/:year/:month/:day/:title.html",
    "pretty": "/:categories/:year/:month/:day/:title/",
    "ordinal": "/:categories/:year/:y_day/:title.html",
    "weekdate": "/:categories/:year/W:week/:short_day/:title.html",
    "none": "/:categories/:title.html",
}
UNDERSTOOD = frozenset({
    "title", "date", "layout", "permalink", "category", "categories", "tags", "tag", "author", "authors", "excerpt",
    "description", "summary", "published", "last_modified_at", "modified", "updated", "image", "image_alt", "lang",
    "locale", "slug", "redirect_from", "canonical_url", "sitemap", "toc", "series", "part", "hidden", "subtitle",
})  # fmt: skip
LAYOUTS = frozenset({"", "post", "posts", "page", "pages", "default", "home", "single", "none", "null"})
# Stands for the date where the pattern of an address asks for none.
NEVER = datetime(1970, 1, 2, tzinfo=UTC)
TODO_FILE = "Mend the file and import again."


@dataclass(frozen=True)
class _Site:
    """What the folder's configuration says."""

    folder: Path
    base: str
    hosts: tuple[str, ...]
    permalink: str
    zone: tzinfo
    lang: str


def read_jekyll(folder: Path) -> Export:
    """Read a Jekyll folder; a text that cannot be read is told of, and the others are imported."""
    if not folder.is_dir():
        raise ImportingError(str(folder), "it is no folder", "Name the folder that holds _config.yml or _posts.")
    site, notes = _read_site(folder)
    drafts = []
    for file in _files(folder):
        found = _read_text(file, site)
        if isinstance(found, Note):
            notes.append(found)
        elif found is not None:
            drafts.append(found)
    if not drafts and not notes:
        raise ImportingError(str(folder), "it holds no text with a front matter", "Name the folder of the Jekyll site.")
    roots = (folder, folder / "assets", folder / "_drafts")
    return Export(
        generator="jekyll", drafts=tuple(drafts), notes=tuple(notes), hosts=site.hosts, base=site.base, roots=roots
    )


def _read_site(folder: Path) -> tuple[_Site, list[Note]]:
    file = next((folder / name for name in ("_config.yml", "_config.yaml") if (folder / name).is_file()), None)
    keys: Keys = {}
    if file is not None:
        try:
            keys = read_yaml(file.read_text(encoding="utf-8-sig"))
        except (UnreadableError, UnicodeDecodeError, OSError) as error:
            raise ImportingError(str(file), f"it cannot be read: {error}", TODO_FILE) from error
    notes = []
    zone = zone_of(words(keys, "timezone"))
    if zone is None:
        what = f"`{words(keys, 'timezone')}` is no time zone, so times are taken as UTC"
        notes.append(Note("_config.yml", what, "Name the zone as Europe/Berlin."))
    collections = [name for name in inner(keys, "collections") if name != "posts"]
    if collections:
        notes.append(Note("_config.yml", f"collections stay behind: {', '.join(collections)}", "Make pages of them."))
    host = split_address(words(keys, "url")).hostname
    base = words(keys, "baseurl").rstrip("/")
    style = words(keys, "permalink") or "date"
    lang = words(keys, "lang", "locale")
    return _Site(folder, base, (host,) if host else (), STYLES.get(style, style), zone or UTC, lang), notes


def _files(folder: Path) -> Iterator[Path]:
    """Yield every file that may be a text, in the order of its path."""
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        special = [part for part in parts[:-1] if part.startswith(("_", ".")) or part in ("node_modules", "vendor")]
        if file.suffix in ENDINGS and file.is_file() and all(part in ("_posts", "_drafts") for part in special):
            yield file


def _read_text(file: Path, site: _Site) -> Draft | Note | None:
    """Return a text; a note why it cannot be read; or nothing for a file without a front matter."""
    origin = file.relative_to(site.folder).as_posix()
    try:
        keys, body = split_head(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        return Note(origin, f"byte {error.start} is not UTF-8", "Save the file as UTF-8 and import again.")
    except (UnreadableError, OSError) as error:
        return Note(origin, f"it was not imported: {error}", TODO_FILE)
    parts = PurePosixPath(origin).parts
    is_draft, is_post = "_drafts" in parts, "_posts" in parts
    if keys is None:
        # Jekyll copies such a file as it is; only among the posts it was meant as a text.
        return Note(origin, "it has no front matter", "Add one and import again.") if is_draft or is_post else None
    named = NAME.fullmatch(file.stem)
    if is_post and not named:
        return Note(origin, "its name has no date, so Jekyll did not show it", "Name it 2026-01-31-words.md.")
    if file.name in ("404.html", "404.md") or words(keys, "layout") == "home":
        return Note(origin, "it is made by Jekyll's layout and was not imported", "The site has its own.")
    draft = _draft(origin, keys, site, POST if is_draft or is_post else PAGE, named)
    status = DRAFT if is_draft or is_false(keys, "published") else draft.status
    return _with_body(replace(draft, status=status, folder=file.parent), body, site, is_html=file.suffix in HTML)


def _with_body(draft: Draft, body: str, site: _Site, *, is_html: bool) -> Draft:
    """Add the body in our Markdown, and what of it has no form there."""
    text, has_contents, faults = from_liquid(body, site.base)
    text, more = to_markdown(text) if is_html else (from_commonmark(text), ())
    return replace(draft, body=text, toc=draft.toc or has_contents, faults=(*draft.faults, *faults, *more))


def _draft(origin: str, keys: Keys, site: _Site, kind: str, named: re.Match[str] | None) -> Draft:
    stem = PurePosixPath(origin).stem
    slug = words(keys, "slug") or (named["slug"] if named else stem)
    date = read_moment(words(keys, "date") or (named["date"] if named else ""), site.zone)
    categories = _categories(origin, keys)
    picture = inner(keys, "image")
    draft = Draft(
        origin=origin,
        slug=_page_slug(origin, keys) if kind == PAGE else slug,
        # Jekyll makes a title of the name too.
        title=words(keys, "title") or slug.replace("-", " ").replace("_", " ").title(),
        kind=kind,
        date=date if kind == POST else None,
        modified=read_moment(words(keys, "last_modified_at", "modified", "updated"), site.zone),
        summary=words(keys, "description", "summary", "excerpt", "subtitle"),
        category=categories[0] if categories and kind == POST else "",
        tags=(*listed(keys, "tag"), *listed(keys, "tags", between=_part(keys, "tags")), *categories[1:]),
        authors=_authors(keys),
        series=words(keys, "series"),
        part=words(keys, "part"),
        image=words(picture, "path", "src", "url", "feature") or words(keys, "image"),
        image_alt=words(picture, "alt") or words(keys, "image_alt"),
        names=_names(origin),
        lang=words(keys, "lang", "locale") or site.lang,
        canonical=words(keys, "canonical_url"),
        noindex=is_false(keys, "sitemap"),
        toc=is_true(keys, "toc"),
        status="hidden" if is_true(keys, "hidden") else "",
        faults=tuple(_unmapped(keys)),
    )
    address = _address(draft, slug, categories, keys, site)
    old = [f"{site.base}{one if one.startswith('/') else f'/{one}'}" for one in listed(keys, "redirect_from")]
    return replace(draft, addresses=(*([address] if address else []), *old))


def _page_slug(origin: str, keys: Keys) -> str:
    """Return the last part of a page's address."""
    permalink = words(keys, "permalink").strip("/")
    path = PurePosixPath(permalink or origin)
    return words(keys, "slug") or (path.parent.name if path.stem == "index" and path.parent.name else path.stem)


def _categories(origin: str, keys: Keys) -> tuple[str, ...]:
    """Return a post's categories: the folders above `_posts` are some, too."""
    parts = PurePosixPath(origin).parts
    above = parts[: parts.index("_posts")] if "_posts" in parts else ()
    several = listed(keys, "categories", between=_part(keys, "categories"))
    return tuple(dict.fromkeys([*above, *listed(keys, "category"), *several]))


def _part(keys: Keys, name: str) -> str:
    """Return what parts several names in one line: Jekyll takes spaces, and many write commas."""
    return "," if "," in words(keys, name) else " "


def _authors(keys: Keys) -> tuple[str, ...]:
    whole = inner(keys, "author")
    return (words(whole, "name"),) if words(whole, "name") else listed(keys, "author", "authors", between=",")


def _names(origin: str) -> tuple[str, ...]:
    """Return how `post_url` and `link` name a text."""
    path = PurePosixPath(origin)
    names = [path.with_suffix("").as_posix(), path.stem]
    if "_posts" in path.parts:
        names.append(path.with_suffix("").as_posix().replace("_posts/", ""))
    return tuple(dict.fromkeys(names))


def _address(draft: Draft, slug: str, categories: Sequence[str], keys: Keys, site: _Site) -> str:
    """Return the path at which Jekyll showed a text; a draft had none."""
    permalink = words(keys, "permalink")
    path = PurePosixPath(draft.origin)
    if permalink or draft.kind == POST:
        pattern = STYLES.get(permalink, permalink) or site.permalink
        if ":" in pattern and draft.date is None:
            return ""
        moment = (draft.date or NEVER).astimezone(site.zone)
        filled = _fill(pattern, slug, categories, moment)
    elif path.stem == "index":
        filled = f"/{path.parent.as_posix()}/" if path.parent.name else "/"
    else:
        ending = "/" if site.permalink.endswith("/") else ".html"
        filled = f"/{path.with_suffix('').as_posix()}{ending}"
    return site.base + re.sub(r"/{2,}", "/", f"/{filled}")


def _fill(pattern: str, slug: str, categories: Sequence[str], moment: datetime) -> str:
    """Put a post's own values into a pattern of addresses."""
    values = {
        "categories": "/".join(one.lower().replace(" ", "-") for one in categories),
        "title": slug, "slug": slug.lower(), "name": slug, "output_ext": ".html",
        "year": f"{moment:%Y}", "month": f"{moment:%m}", "day": f"{moment:%d}",
        "i_month": str(moment.month), "i_day": str(moment.day), "short_year": f"{moment:%y}", "y_day": f"{moment:%j}",
        "hour": f"{moment:%H}", "minute": f"{moment:%M}", "second": f"{moment:%S}",
        "week": f"{moment:%V}", "short_day": f"{moment:%a}", "long_day": f"{moment:%A}",
        "short_month": f"{moment:%b}", "long_month": f"{moment:%B}", "collection": "posts",
    }  # fmt: skip
    return re.sub(r":([a-z_]+)", lambda found: values.get(found[1], found[0]), pattern)


def _unmapped(keys: Keys) -> Iterator[Fault]:
    for name in keys:
        if name not in UNDERSTOOD:
            yield Fault(f"its key `{name}` was left out", "Say it in the text, if it matters.")
    layout = words(keys, "layout")
    if layout.lower() not in LAYOUTS:
        yield Fault(f"its layout `{layout}` was left out", "Name a template of the theme, if it needs one.")
