"""Publish stylesheets, scripts, fonts and pictures under names that hold a hash of their bytes.

`/assets/site.4f1c2a9b.css` can be cached for a year: other bytes are another name. The theme's files are asked
for in a template: `{{ stylesheet("css/site.css") }}` and `{{ script("js/read.js") }}` write the whole element with the
digest that the browser compares, `{{ asset("images/mark.svg") }}` the address alone. A picture beside a post gets its
name by itself.

Stylesheets and scripts are written to be read, and sent without what only helps reading. A stylesheet may begin with
`@import "parts/x.css";`: the part is put in its place, so that a page asks for one sheet. What lies in a folder `parts`
is published only so.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from markupsafe import Markup
from pelican import signals

from site_builder.errors import BuildError

# What it does depends on its arguments and the files it opens; see site_builder.engine.trust.
PURE = True
ASSETS_FOLDER = "assets"
HASH_LENGTH = 10
PICTURES = frozenset({".avif", ".gif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
# Only put into others.
PARTS = "parts"
IMPORT = re.compile(rb'^@import "([^"]+)";\n', re.MULTILINE)
PLACE = re.compile(r" at (?P<file>.*):(?P<line>\d+):(?P<column>\d+)$")


def published_name(name: str, content: bytes) -> str:
    """Return where a file is published: its own name with a hash of its bytes before the ending."""
    path = Path(name)
    digest = hashlib.sha256(content).hexdigest()[:HASH_LENGTH]
    return f"{ASSETS_FOLDER}/{path.stem}.{digest}{path.suffix.lower()}"


def published_bytes(source: Path) -> bytes:
    """Return what is sent of a theme's file: a stylesheet with its parts and a script without its comments."""
    if source.suffix == ".css":
        return joined_sheet(tuple(_sheets(source)))
    content = source.read_bytes()
    return minified_script(content) if source.suffix == ".js" else content


def integrity(content: bytes) -> str:
    """Return the digest with which a browser compares what it got, as the standard writes it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


# Every page asks for the same few files. They are opened each time, since that is how a page is known to depend on
# them; what is made of their bytes is remembered.
@lru_cache(maxsize=64)
def joined_sheet(sheets: tuple[tuple[str, bytes], ...]) -> bytes:
    """Return several stylesheets as one."""
    return b"".join(minified_style(content, name) for name, content in sheets)


@lru_cache(maxsize=64)
def imported(content: bytes) -> tuple[str, ...]:
    """Return the names of the parts that a stylesheet asks for."""
    return tuple(name.decode() for name in IMPORT.findall(content))


@lru_cache(maxsize=64)
def minified_style(content: bytes, name: str) -> bytes:
    """Return a stylesheet that means the same in fewer bytes."""
    # Not at the top: a build of other sites, whose themes have no stylesheet of their own, is not to wait for it.
    import lightningcss  # noqa: PLC0415

    try:
        return lightningcss.process_stylesheet(IMPORT.sub(b"\n", content).decode(), filename=name).encode()
    except ValueError as error:
        place = PLACE.search(str(error))
        where = f"{name}:{int(place['line']) + 1}:{place['column']}" if place else name
        said = PLACE.sub("", str(error)).removeprefix("Parsing stylesheet failed: ")
        raise BuildError(where, f"this is no CSS: {said}", "Mend the stylesheet.") from error


@lru_cache(maxsize=64)
def minified_script(content: bytes) -> bytes:
    """Return a script that does the same in fewer bytes."""
    import rjsmin  # noqa: PLC0415 - as above

    return bytes(rjsmin.jsmin(content))


@lru_cache(maxsize=64)
def stylesheet_element(name: str, content: bytes) -> Markup:
    """Return the element that loads a stylesheet with these bytes."""
    address = published_name(name, content)
    return Markup('<link rel="stylesheet" href="/{}" integrity="{}">').format(address, integrity(content))


@lru_cache(maxsize=64)
def script_element(name: str, content: bytes) -> Markup:
    """Return the element that loads a script with these bytes, once the page is there."""
    address = published_name(name, content)
    return Markup('<script src="/{}" integrity="{}" type="module"></script>').format(address, integrity(content))


def asset_finder(static: Path) -> Callable[[str], str]:
    """Return the function that templates call to link a file of the theme."""

    def asset(name: str) -> str:
        return "/" + published_name(name, _content(static, name))

    return asset


def stylesheet_writer(static: Path) -> Callable[[str], Markup]:
    """Return the function that templates call to load a stylesheet of the theme."""

    def stylesheet(name: str) -> Markup:
        return stylesheet_element(name, _content(static, name))

    return stylesheet


def script_writer(static: Path) -> Callable[[str], Markup]:
    """Return the function that templates call to load a script of the theme."""

    def script(name: str) -> Markup:
        return script_element(name, _content(static, name))

    return script


def _content(static: Path, name: str) -> bytes:
    source = static / name
    if not source.is_file():
        what = f'a template asks for "{name}", and there is no such file'
        raise BuildError(str(source), what, "Put the file there, or mend the name in the template.")
    return published_bytes(source)


def _sheets(source: Path) -> Iterator[tuple[str, bytes]]:
    """Give a stylesheet after those that it imports, each with its place."""
    content = source.read_bytes()
    for name in imported(content):
        part = source.parent / name
        if not part.is_file():
            what = f'it imports "{name}", and there is no such file'
            raise BuildError(str(source), what, "Put the file there, or take the line out.")
        yield from _sheets(part)
    yield str(source), content


def _offer_to_templates(pelican: Any) -> None:
    static = Path(pelican.theme) / "static"
    writers = {"asset": asset_finder, "stylesheet": stylesheet_writer, "script": script_writer}
    pelican.settings["JINJA_GLOBALS"].update({name: writer(static) for name, writer in writers.items()})


def _write_theme_files(pelican: Any) -> None:
    static, output = Path(pelican.theme) / "static", Path(pelican.output_path)
    for source in sorted(path for path in static.rglob("*") if path.is_file() and path.parent.name != PARTS):
        content = published_bytes(source)
        _write(output / published_name(source.name, content), content)
    for name, source in pelican.settings.get("PLAIN_ASSETS", {}).items():
        _write(output / name, _content(static, source))


def _write(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _name_pictures(generator: Any) -> None:
    """Set where each picture is published before any link to it is resolved."""
    for static in generator.staticfiles:
        source = Path(static.source_path)
        if source.suffix.lower() in PICTURES:
            name = published_name(source.name, source.read_bytes())
            static.override_save_as = static.override_url = name


def register() -> None:
    """Connect to Pelican."""
    signals.initialized.connect(_offer_to_templates)
    signals.static_generator_finalized.connect(_name_pictures)
    signals.finalized.connect(_write_theme_files)
