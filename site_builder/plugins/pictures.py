"""Let an author write `![what it shows](picture.jpg)` for a picture that lies beside the text.

The page gets it in the formats and widths that the reader's browser likes best, and its size, so that nothing jumps
while it loads. A picture alone in its paragraph is a figure, with the title as its caption; several are a gallery.
"""

from __future__ import annotations

import base64
import hashlib
import html
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from pelican import signals
from pelican.contents import Static

from site_builder.errors import BuildError
from site_builder.pictures.cache import prepare
from site_builder.pictures.recipe import MODERN, SVG, Picture, Variant
from site_builder.plugins.assets import published_name
from site_builder.plugins.calendar import ABSENT

# What it does depends on its arguments and the files it opens; see site_builder.engine.trust.
PURE = True
IMAGE = r"<img\b[^>]*>"
IMAGE_TAG = re.compile(IMAGE)
ALONE = re.compile(rf"<p>(?P<images>\s*(?:{IMAGE}\s*(?:<br\s*/?>\s*)?)+)</p>")
LINK_ALONE = re.compile(r"<p>\s*<a\b(?P<attributes>[^>]*)>(?P<words>[^<]*)</a>\s*</p>")
FILM_LINK = 'class="video"'
FILMS = (".mp4", ".webm")
# A drawing that came with the text; see site_builder.writing.diagrams.
DRAWN = "data:image/svg+xml;base64,"
ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
# A scheme, a root, an anchor, or one of Pelican's own marks: not a picture beside the text.
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|/|#|\{|\|", re.IGNORECASE)
# The column is as wide as the screen until it has its full measure.
SIZES = "(min-width: 44rem) 40rem, 100vw"
GALLERY_SIZES = "(min-width: 44rem) 20rem, 50vw"
# What stands so near to the top is seen at once, and must not wait for the reader to scroll.
NEAR_TOP = 700

Published = tuple[str, str]


def pictures_cache(settings: dict[str, Any]) -> Path:
    """Return where variants are kept: a place beside the content folder."""
    return Path(settings["PATH"]).parent / str(settings.get("PICTURES_CACHE", ".local/pictures"))


class Placing:
    """Writes the pictures of one text, and notes what must be published for them."""

    def __init__(self, folder: Path, cache: Path) -> None:
        """Look for pictures in this folder."""
        self.folder = folder
        self.cache = cache
        self.published: dict[str, str] = {}

    def place(self, text: str) -> str:
        """Return the text with each picture of the folder in its variants."""
        if FILM_LINK in text:
            text = LINK_ALONE.sub(self._elsewhere, text)
        if "<img" not in text:
            return text
        return self._inline(ALONE.sub(self._figure, text), SIZES)

    def picture(self, name: str) -> Picture:
        """Return a picture that lies in the folder, and see to it that it is published."""
        file = self._drawn(name.removeprefix(DRAWN)) if name.startswith(DRAWN) else self.folder / unquote(name)
        if not file.is_file():
            raise BuildError(str(file), "a text shows this picture, and there is no such file", "Mend the name.")
        picture = prepare(file, self.cache)
        self.published.update({one.name: str(one.file) for one in picture.variants})
        return picture

    def _drawn(self, encoded: str) -> Path:
        """Return the file of a drawing that came with the text: its content names it."""
        body = base64.b64decode(encoded)
        file = self.cache / "drawn" / hashlib.sha256(body).hexdigest()[:32] / "diagram.svg"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            draft = file.with_name(f".{os.getpid()}.svg")
            draft.write_bytes(body)
            draft.replace(file)
        return file

    def film(self, attributes: dict[str, str]) -> str:
        """Write a film that lies in the folder; not a byte of it is fetched before somebody starts it."""
        file = self.folder / unquote(html.unescape(attributes["src"]))
        if not file.is_file():
            raise BuildError(str(file), "a text shows this film, and there is no such file", "Mend the name.")
        name = published_name(file.name, file.read_bytes())
        self.published[name] = str(file)
        poster = attributes.get("poster", "")
        first = self.picture(html.unescape(poster)).fallback if poster else None
        frame = f' poster="/{first.name}" width="{first.width}" height="{first.height}"' if first else ""
        return f'<video controls preload="none"{frame} aria-label="{attributes.get("alt", "")}" src="/{name}"></video>'

    def _elsewhere(self, paragraph: re.Match[str]) -> str:
        """Write a film of another site as a picture of ours that leads there: nobody is told of a reader unasked."""
        attributes = dict(ATTRIBUTE.findall(paragraph["attributes"]))
        poster = attributes.get("poster", "")
        if "video" not in attributes.get("class", "").split():
            return paragraph.group()
        if not poster:
            raise BuildError(attributes.get("href", "a film"), "it has no picture", 'Add poster="picture.jpg" to it.')
        near = paragraph.start() < NEAR_TOP
        shown = draw(self.picture(html.unescape(poster)), {"alt": ""}, SIZES, near=near)
        host = re.sub(r"^(?:https?:)?//(?:www\.)?([^/]*).*$", r"\1", attributes.get("href", ""))
        words = f"{paragraph['words']} <small>({host})</small>"
        link = f'<a href="{attributes.get("href", "")}" rel="noreferrer">{shown}<span>{words}</span></a>'
        return f'<figure class="video">{link}</figure>'

    def _figure(self, paragraph: re.Match[str]) -> str:
        images = IMAGE_TAG.findall(paragraph["images"])
        if not any(_is_beside(image) for image in images):
            return paragraph.group()
        is_gallery = len(images) > 1
        near = paragraph.start() < NEAR_TOP and not is_gallery
        parts = [self._with_caption(image, GALLERY_SIZES if is_gallery else SIZES, near=near) for image in images]
        if is_gallery:
            return _gallery(parts)
        return parts[0]

    def _with_caption(self, image: str, sizes: str, *, near: bool) -> str:
        attributes = dict(ATTRIBUTE.findall(image))
        caption = attributes.pop("title", "")
        name = html.unescape(attributes.get("src", ""))
        drawn = self._tag(attributes, sizes, near=near) if _is_beside(image) else image
        # A drawing with words in it cannot shrink as a photograph can: on a narrow screen it is moved sideways.
        is_drawing = name.startswith(DRAWN) or name.lower().endswith(".svg")
        wide = f' class="wide{" diagram" if name.startswith(DRAWN) else ""}" tabindex="0"' if is_drawing else ""
        words = f"\n<figcaption>{caption}</figcaption>" if caption else ""
        return f"<figure{wide}>{drawn}{words}</figure>"

    def _inline(self, text: str, sizes: str) -> str:
        def place(match: re.Match[str]) -> str:
            if not _is_beside(match.group()):
                return match.group()
            return self._tag(dict(ATTRIBUTE.findall(match.group())), sizes, near=match.start() < NEAR_TOP)

        return IMAGE_TAG.sub(place, text)

    def _tag(self, attributes: dict[str, str], sizes: str, *, near: bool) -> str:
        if attributes["src"].lower().endswith(FILMS):
            return self.film(attributes)
        picture = self.picture(html.unescape(attributes.pop("src")))
        return draw(picture, attributes, sizes, near=near)


def _gallery(figures: list[str]) -> str:
    inner = "\n".join(figures)
    return f'<div class="gallery">\n{inner}\n</div>'


def draw(picture: Picture, attributes: dict[str, str], sizes: str, *, near: bool) -> str:
    """Write a picture as HTML; one that is seen at once does not wait."""
    fallback = picture.fallback
    loading = {} if near else {"loading": "lazy", "decoding": "async"}
    own = {
        "src": f"/{fallback.name}",
        "alt": "",
        "width": str(fallback.width),
        "height": str(fallback.height),
        **attributes,
        **loading,
    }
    image = "<img " + " ".join(f'{name}="{value}"' for name, value in own.items()) + ">"
    sources = "".join(_source(kind, picture.of(kind), sizes) for kind in MODERN if picture.of(kind))
    return f"<picture>{sources}{image}</picture>" if sources else image


def _source(kind: str, variants: tuple[Variant, ...], sizes: str) -> str:
    files = ", ".join(f"/{one.name} {one.width}w" for one in variants)
    return f'<source type="image/{kind}" srcset="{files}" sizes="{sizes}">'


def _is_beside(image: str) -> bool:
    source = re.search(r'\bsrc="([^"]*)"', image)
    return bool(source and source[1] and (source[1].startswith(DRAWN) or not ELSEWHERE.match(source[1])))


def _place_in(content: Any) -> None:
    # Pelican makes Static objects of files too; they have no text.
    if isinstance(content, Static) or not content.source_path or not isinstance(content._content, str):  # noqa: SLF001
        return
    placing = Placing(Path(content.source_path).parent, pictures_cache(content.settings))
    content._content = placing.place(content._content)  # noqa: SLF001 - Pelican has no other door
    image = content.metadata.get("image")
    if isinstance(image, str) and image:
        content.lead = _lead(placing.picture(image), content.metadata.get("image_alt", ""))
    if placing.published:
        content.pictures = tuple(sorted(placing.published.items()))


def _lead(picture: Picture, words: str) -> dict[str, Any]:
    """Return what templates need to show the picture that stands for a text."""
    shared = picture.fallback
    return {
        "html": draw(picture, {"alt": html.escape(words)}, SIZES, near=True),
        "url": f"/{shared.name}",
        "width": shared.width,
        "height": shared.height,
        "alt": words,
        "is_drawing": picture.facts.format == SVG,
    }


def _published(context: dict[str, Any]) -> Iterator[Published]:
    absent = context.get(ABSENT, frozenset())
    yield from context.get("SITE_PICTURES", ())
    for content in context["generated_content"].values():
        # Pelican notes a text that could not be read as nothing.
        if content is not None and content.source_path not in absent:
            yield from getattr(content, "pictures", ())


def _publish(generator: Any) -> None:
    """Have the variants copied as Pelican copies files; what has not changed is not copied again."""
    for name, file in dict(_published(generator.context)).items():
        static = Static(None, {"title": name}, generator.settings, str(Path(file).absolute()), generator.context)
        static.override_save_as = static.override_url = name
        generator.staticfiles.append(static)


def register() -> None:
    """Connect to Pelican."""
    signals.content_object_init.connect(_place_in)
    signals.static_generator_finalized.connect(_publish)
