"""What a page may weigh, and how often a browser may have to ask, before somebody can read.

Sizes are of what is sent: the larger of gzip and of Brotli at the middling effort with which CDNs compress. A browser's
mark in its tab is not counted: it is asked for once, and no reader waits for it.
"""

from __future__ import annotations

import gzip
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import brotli
import pytest

from site_builder.engine.build import BuildRequest, build_site
from site_builder.plugins.assets import published_bytes

ROOT = Path(__file__).resolve().parents[2]
CSS = ROOT / "theme" / "static" / "css"
KILOBYTE = 1024
POST_SENT = 14 * KILOBYTE
POST_REQUESTS = 3
STYLE = 6 * KILOBYTE
STYLE_SENT = 2 * KILOBYTE
SCRIPTS_SENT = 3 * KILOBYTE
CDN_EFFORT = 5
# Everything that an author can write without a picture, and as long as our longest post.
HEAD = "Title: All of it\nDate: 2026-01-01\nSummary: All but pictures.\nCategory: Notes\nTags: one, two\nToc: true\n"
BLOCKS = """
## Section {number}

{words}

```python
def greet(name: str) -> str:
    return f"Hello, {{name}} {number}"
```

> [!NOTE]
> A note, and *another*.[^{number}]

| a | b |
|--:|:-:|
| {number} | $x^{number}$ |

- [x] done

[^{number}]: A footnote.
"""
WORDS = (
    "A page that arrives at once is read by more people than one that does not, whatever it says, and nobody has ever "
    "complained that a text came too soon. What takes its time on the way are seldom the words. "
)


@dataclass(frozen=True)
class Load:
    """What a browser asks for to show a page, pictures apart."""

    page: bytes
    styles: tuple[bytes, ...]
    scripts: tuple[bytes, ...]

    @property
    def sent(self) -> int:
        """Return the bytes on the wire."""
        return sum(sent(body) for body in (self.page, *self.styles, *self.scripts))

    @property
    def requests(self) -> int:
        """Return how often it asks."""
        return 1 + len(self.styles) + len(self.scripts)


def sent(body: bytes) -> int:
    """Return how many bytes a body takes on the wire, in the less lucky of two encodings."""
    return max(len(gzip.compress(body, 6)), len(brotli.compress(body, quality=CDN_EFFORT)))


def load(output: Path, file: Path) -> Load:
    """Return what a page of the output loads."""
    text = file.read_text()
    styles = re.findall(r'<link rel="stylesheet" href="/([^"]+)"', text)
    scripts = re.findall(r'<script src="/([^"]+)"', text)
    return Load(
        text.encode(),
        tuple((output / name).read_bytes() for name in styles),
        tuple((output / name).read_bytes() for name in scripts),
    )


@pytest.fixture(scope="module")
def loads(site_output: Path) -> dict[str, Load]:
    """Return what each page of the real site loads."""
    return {
        file.relative_to(site_output).as_posix(): load(site_output, file)
        for file in sorted(site_output.rglob("*.html"))
    }


@pytest.fixture(scope="module")
def full_post(tmp_path_factory: pytest.TempPathFactory) -> Load:
    """Return a post that uses everything but pictures."""
    site = tmp_path_factory.mktemp("budgets")
    shutil.copytree(ROOT / "content" / "pages", site / "content" / "pages")
    (site / "theme").symlink_to(ROOT / "theme")
    shutil.copy(ROOT / "pelicanconf.py", site)
    for page in (site / "content" / "pages").glob("*.md"):
        # They link to posts which are not here.
        page.write_text(re.sub(r"\{filename\}/posts/[^)]*", "/blog/", page.read_text()))
    (site / "content" / "posts").mkdir()
    blocks = "".join(BLOCKS.format(number=number, words=WORDS * 6) for number in range(1, 6))
    (site / "content" / "posts" / "all.md").write_text(f"{HEAD}\n{WORDS}\n{blocks}")
    output = build_site(BuildRequest(site / "pelicanconf.py", site / "output")).output
    return load(output, output / "blog" / "all" / "index.html")


def test_a_post_without_pictures_fits_into_the_first_answer(full_post: Load) -> None:
    """Fourteen kilobytes arrive before the first acknowledgement: HTML, styles and scripts together, in three."""
    assert full_post.sent <= POST_SENT
    assert full_post.requests <= POST_REQUESTS
    assert b'class="footnote"' in full_post.page
    assert b"<math" in full_post.page


def test_every_page_fits_into_the_first_answer(loads: dict[str, Load]) -> None:
    """Pictures come after it; a page that has some asks once more, for how they stand."""
    assert {path: one.sent for path, one in loads.items() if one.sent > POST_SENT} == {}
    assert {path: one.requests for path, one in loads.items() if one.requests > POST_REQUESTS + 1} == {}


def test_what_a_first_page_needs_of_styles_is_small(loads: dict[str, Load], full_post: Load) -> None:
    """Six kilobytes to parse and two on the wire, whichever page comes first; pictures bring their own."""
    of_pictures = published_bytes(CSS / "pictures.css")
    for path, one in {**loads, "a full post": full_post}.items():
        styles = [style for style in one.styles if style != of_pictures]

        assert sum(map(len, styles)) <= STYLE, path
        assert sum(len(brotli.compress(style)) for style in styles) <= STYLE_SENT, path


def test_reading_needs_no_script(loads: dict[str, Load]) -> None:
    """And what scripts add is small on every page."""
    without = {path for path, one in loads.items() if not one.scripts}

    assert {"index.html", "about/index.html", "archive/index.html", "404.html", "503.html"} <= without
    assert {path: size for path, one in loads.items() if (size := sum(map(sent, one.scripts))) > SCRIPTS_SENT} == {}


def test_no_page_loads_a_font(loads: dict[str, Load]) -> None:
    """The letters are those that the reader's system brings."""
    every = b"".join(style for one in loads.values() for style in one.styles)

    assert b"@font-face" not in every
    assert b"url(" not in every


def test_what_is_sent_is_smaller_than_what_is_written() -> None:
    """The stylesheets stay readable; the build takes out what only people need."""
    for file in CSS.glob("*.css"):
        assert b"/*" not in published_bytes(file)
        assert b"\n" not in published_bytes(file)
