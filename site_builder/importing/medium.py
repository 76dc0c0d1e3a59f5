"""Read a Medium export: the folder, or the .zip file as it came."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

from bs4 import BeautifulSoup, Tag

from site_builder.errors import ImportingError
from site_builder.importing.files import split_address
from site_builder.importing.heads import read_moment
from site_builder.importing.html import parse, to_markdown
from site_builder.importing.values import BY_NAME, Draft, Export, Fault, Note
from site_builder.sources.keys import DRAFT

NAME = re.compile(r"(?:\d{4}-\d{2}-\d{2}_|draft_)?(?P<slug>.*?)-*(?P<number>[0-9a-f]{8,12})$")
LINKED = re.compile(r"-(?P<number>[0-9a-f]{8,12})/?$")
ENDING = ".html"
LARGEST = 50_000_000
EXPORT_AGAIN = "Ask Medium for the export again, and name the .zip file or its unpacked folder."


def read_medium(source: Path) -> Export:
    """Read the posts of an export; nothing of a .zip file is unpacked."""
    files = _from_zip(source) if source.is_file() else _from_folder(source)
    if not files:
        raise ImportingError(str(source), "it holds no posts/*.html", EXPORT_AGAIN)
    numbers = {found["number"]: name for name in files if (found := NAME.match(PurePosixPath(name).stem))}
    drafts: list[Draft] = []
    notes: list[Note] = []
    for name, raw in files.items():
        try:
            soup = parse(raw.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            notes.append(Note(name, f"byte {error.start} is not UTF-8", EXPORT_AGAIN))
            continue
        read = _read_post(name, soup, numbers)
        if isinstance(read, Note):
            notes.append(read)
        else:
            drafts.append(read)
    folder = source if source.is_dir() else source.parent
    roots = tuple(root for root in (folder / "images", folder / "posts") if root.is_dir())
    return Export(generator="medium", drafts=tuple(drafts), notes=tuple(notes), roots=roots, loose=True)


def _from_folder(folder: Path) -> dict[str, bytes]:
    posts = folder / "posts"
    try:
        return {f"posts/{file.name}": file.read_bytes() for file in sorted(posts.glob(f"*{ENDING}"))}
    except OSError as error:
        raise ImportingError(str(posts), f"it cannot be read: {error.strerror}", EXPORT_AGAIN) from error


def _from_zip(file: Path) -> dict[str, bytes]:
    """Read the posts within the file."""
    try:
        with zipfile.ZipFile(file) as archive:
            members = sorted(archive.infolist(), key=lambda member: member.filename)
            posts = [one for one in members if PurePosixPath(one.filename).match(f"posts/*{ENDING}")]
            if any(one.file_size > LARGEST for one in posts):
                raise ImportingError(str(file), "it holds a post of more than 50 MB", EXPORT_AGAIN)
            return {f"posts/{PurePosixPath(one.filename).name}": archive.read(one) for one in posts}
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise ImportingError(str(file), f"it is no .zip file that can be read: {error}", EXPORT_AGAIN) from error


def _read_post(name: str, soup: BeautifulSoup, numbers: Mapping[str, str]) -> Draft | Note:
    body = soup.select_one("section[data-field=body]") or soup.find("article")
    if body is None:
        return Note(name, "it holds no text of Medium's form and was not imported", EXPORT_AGAIN)
    named = NAME.match(PurePosixPath(name).stem)
    is_draft = PurePosixPath(name).name.startswith("draft_")
    title = _words(soup, ".p-name") or (_words(soup, "title"))
    number = named["number"] if named else ""
    address = _attribute(soup, "a.p-canonical", "href") or _attribute(soup, "footer a[href*='medium.com']", "href")
    is_titled = _drop_opening(body, title, _words(soup, "[data-field=subtitle]"))
    faults = tuple(_prepare(body, numbers))
    if not is_titled and not is_draft:
        faults = (*faults, Fault("it has no title in its text, as responses have none", "Remove it, if it is one."))
    text, more = to_markdown(body)
    draft = Draft(
        origin=name,
        slug=named["slug"].strip("-_.") if named else PurePosixPath(name).stem,
        title=title,
        date=read_moment(_attribute(soup, "time.dt-published", "datetime")),
        summary=_words(soup, "[data-field=subtitle]"),
        tags=tuple(dict.fromkeys(tag.get_text(" ", strip=True) for tag in soup.select("a.p-category, .p-tags a"))),
        authors=tuple(filter(None, [_words(soup, "footer a.p-author")])),
        names=tuple(filter(None, [number, address.partition("?")[0]])),
        status=DRAFT if is_draft else "",
        body=text,
        faults=(*faults, *more),
    )
    return _addressed(draft, address)


def _addressed(draft: Draft, address: str) -> Draft:
    """Say where the text was: a path that the site can answer, if it was on a domain of the author's own."""
    parts = split_address(address)
    host = parts.hostname or ""
    if not host or draft.status == DRAFT:
        return draft
    if host == "medium.com" or host.endswith(".medium.com"):
        what = f"it stays at {address}, too"
        todo = "`canonical` says so; remove that line if this site is to be the original."
        return replace(draft, canonical=address, faults=(*draft.faults, Fault(what, todo)))
    return replace(draft, addresses=(parts.path,))


def _words(soup: BeautifulSoup, selector: str) -> str:
    found = soup.select_one(selector)
    return " ".join(found.get_text(" ").split()) if found else ""


def _attribute(soup: BeautifulSoup, selector: str, name: str) -> str:
    found = soup.select_one(selector)
    return str(found.get(name) or "") if found else ""


def _drop_opening(body: Tag, title: str, subtitle: str) -> bool:
    """Remove the title and subtitle, with which a text begins once more, and say whether it did."""
    is_titled = False
    for divider in body.select(".section-divider"):
        divider.decompose()
    for heading in body.find_all(["h1", "h2", "h3", "h4"])[:2]:
        words = " ".join(heading.get_text(" ").split())
        is_titled = is_titled or words == title
        if words in (title, subtitle):
            heading.decompose()
    return is_titled


def _prepare(body: Tag, numbers: Mapping[str, str]) -> Iterator[Fault]:
    """Make of Medium's own forms what HTML has for them."""
    for sections in body.select(".section--body + .section--body"):
        sections.insert_before(BeautifulSoup("<hr>", "html.parser"))
    for link in body.find_all("a", href=True):
        found = LINKED.search(split_address(str(link["href"])).path)
        if found and found["number"] in numbers:
            link["href"] = BY_NAME + found["number"]
    for figure in body.find_all("figure"):
        yield from _prepare_figure(figure)
    for card in body.select(".graf--mixtapeEmbed"):
        within = card.find("a", href=True)
        if within:
            strong = card.find("strong")
            within.string = " ".join((strong or within).get_text(" ").split()) or str(within["href"])
            card.replace_with(_paragraph(within))


def _prepare_figure(figure: Tag) -> Iterator[Fault]:
    caption = figure.find("figcaption")
    for picture in figure.find_all("img"):
        if not picture.get("alt") and caption:
            picture["alt"] = " ".join(caption.get_text(" ").split())
    frame = figure.find(["iframe", "script"])
    if frame is not None and frame.name == "script":
        address = str(frame.get("src") or "").removesuffix(".js")
        link = BeautifulSoup("", "html.parser").new_tag("a", href=address)
        link.string = address
        frame.replace_with(link)
        yield Fault(f"what was embedded of {address} became a link", "Put its code into the text, if it is yours.")


def _paragraph(link: Tag) -> Tag:
    paragraph = BeautifulSoup("<p></p>", "html.parser").p
    assert paragraph is not None  # noqa: S101 - it has just been written
    paragraph.append(link.extract())
    return paragraph
