"""Edits that an author or an engineer makes, at random, and the two builds that an incremental one is held against."""

from __future__ import annotations

import importlib
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pelican
from hypothesis import strategies as st
from pelican.settings import read_settings

from site_builder.engine.ground import Report
from site_builder.engine.pelican import FastPelican, _disconnect_plugins
from site_builder.engine.quick import glance, namespace_digest

MOST_DELETED = 3
TITLES = ("Short", "A longer title & more", "Zebra", "alpha again", "Ünïcode *marks*")
TAGS = ("one", "Two", "two", "rare", "shared", "three words here")
CATEGORIES = ("News", "Essays", "news", "Other things")
DATES = ("2019-12-31", "2024-01-11 10:00", "2024-03-03 09:30", "2025-07-01", "2025-07-01 00:00", "2999-01-01")
STATUSES = ("published", "draft", "hidden")
WORDS = (
    "> [!NOTE]\n> A note.",
    "$a^2$ and $5",
    '```python title="x.py" hl_lines="1"\ny = 1\n```',
    "- [x] done",
    "more words",
    "a [link]({filename}%s) to another",
    "`code`",
    "## A heading",
    "a ![dot]({static}/%s)",
)


@dataclass
class Site:
    """A copy of a small real site, to be changed and built in three ways."""

    # Two sites may have plugins of one name. Pelican takes the one that is loaded, so all of them must be forgotten.
    folders: ClassVar[set[str]] = set()

    folder: Path
    texts: str
    pictures: tuple[str, ...] = ()
    templates: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    settings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    count: int = 0
    log: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Remember where plugins may have been loaded from."""
        self.folders.add(f"{self.folder}{os.sep}")

    def all_texts(self, *, with_keys: bool = True) -> list[Path]:
        """Return every article and page, in order; or only those whose keys are lines of Markdown."""
        texts = sorted((self.folder / "content").rglob("*.md"))
        return texts if with_keys else sorted([*texts, *(self.folder / "content").rglob("*.rst")])

    def incremental(self) -> str:
        """Build on what is there, by the way that the command line goes, and say which way that was."""
        output, settings = self.folder / "out", self.folder / "pelicanconf.py"
        seen = glance(output, "test", settings)
        if seen.unchanged:
            return "nothing"
        report = self._ours(output, front="test", namespace=namespace_digest(settings), seen=seen)
        return "words" if report.short else "build"

    def clean(self) -> dict[str, bytes]:
        """Build with the engine, from nothing."""
        output = self.folder / "clean"
        shutil.rmtree(output, ignore_errors=True)
        for beside in self.folder.glob(".clean.*"):
            beside.unlink()
        self._ours(output, jobs=1)
        return files_of(output)

    def plain(self) -> dict[str, bytes]:
        """Build with Pelican alone, with the same plugins."""
        output = self.folder / "plain"
        shutil.rmtree(output, ignore_errors=True)
        self._forget_plugins()
        _disconnect_plugins()
        pelican.Pelican(self._read_settings(output)).run()
        for cache in ("get_content", "get_summary"):
            pelican.contents.Content.__dict__[cache].cache.clear()
        return files_of(output)

    def files(self) -> dict[str, bytes]:
        """Return what the incremental builds have left."""
        return files_of(self.folder / "out")

    def _ours(self, output: Path, **options: Any) -> Report:
        self._forget_plugins()
        return FastPelican(self._read_settings(output), **options).build()

    def _read_settings(self, output: Path) -> dict[str, Any]:
        pelican.console.quiet = True
        os.chdir(self.folder)
        settings: dict[str, Any] = read_settings(
            str(self.folder / "pelicanconf.py"), override={"OUTPUT_PATH": str(output)}
        )
        return settings

    def _forget_plugins(self) -> None:
        """Let a plugin that was edited be loaded anew, as another process would."""
        importlib.invalidate_caches()
        for name, module in list(sys.modules.items()):
            if (getattr(module, "__file__", None) or "").startswith(tuple(self.folders)):
                del sys.modules[name]


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file under the folder with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


# --- Edits: each takes the site and a source of choices


Edit = Callable[[Site, st.DataObject], None]


def _choose(data: st.DataObject, among: Any) -> Any:
    return data.draw(st.sampled_from(list(among)))


def _set_key(text: Path, key: str, value: str) -> None:
    head, _, body = text.read_text(encoding="utf-8").partition("\n\n")
    lines = [line for line in head.splitlines() if not line.lower().startswith(f"{key.lower()}:")]
    if value:
        lines.append(f"{key}: {value}")
    text.write_text("\n".join(lines) + "\n\n" + body, encoding="utf-8")


def edit_body(site: Site, data: st.DataObject) -> None:
    """Add some words to a text, perhaps with a link."""
    text = _choose(data, site.all_texts(with_keys=False))
    words = "more words" if text.suffix == ".rst" else _choose(data, WORDS)
    if "%s" in words:
        others = (
            site.pictures
            if "static" in words
            else [f"/{one.relative_to(site.folder / 'content')}" for one in site.all_texts()]
        )
        words = words % _choose(data, others or ("nothing.txt",))
    text.write_text(text.read_text(encoding="utf-8") + f"\n{words}\n", encoding="utf-8")


def edit_title(site: Site, data: st.DataObject) -> None:
    """Give a text another title; its address may follow from it."""
    _set_key(_choose(data, site.all_texts()), "Title", f"{_choose(data, TITLES)} {site.count}")


def edit_key(site: Site, data: st.DataObject) -> None:
    """Set or remove one of the other keys."""
    key, values = _choose(
        data,
        (
            ("Date", DATES),
            ("Tags", ("", ", ".join(data.draw(st.lists(st.sampled_from(TAGS), max_size=3))))),
            ("Category", CATEGORIES),
            ("Status", STATUSES),
            ("Modified", ("", "2025-08-01")),
            ("Authors", ("Ada", "Ada, Grace", "Linus")),
            ("Summary", ("", "In *short*")),
            ("Slug", (f"slug-{site.count}",)),
            ("Lang", ("", "de")),
            ("Template", ("", "page")),
            ("Expires", ("", "2020-01-01", "2999-01-01")),
            ("Aliases", ("", f"/was/{site.count}/", f"/a/{site.count}/, /b/{site.count}/")),
            ("Series", ("", "One", "Two")),
            ("Toc", ("", "true")),
            ("Noindex", ("", "true")),
            ("Translates", ("", "first", "no-such-text")),
        ),
    )
    text = _choose(data, site.all_texts())
    if key == "Date" and "pages" in text.parts:
        return
    _set_key(text, key, _choose(data, values))


def add_text(site: Site, data: st.DataObject) -> None:
    """Write a new article."""
    name = f"new-{site.count}.md"
    text = site.folder / "content" / site.texts / name
    if site.texts == "posts":
        text = site.folder / "content" / "posts" / f"new-{site.count}" / "index.md"
        text.parent.mkdir()
    date = _choose(data, DATES)
    text.write_text(
        f"Title: New {site.count}\nDate: {date}\nTags: {_choose(data, TAGS)}\nSummary: New.\n\nNew words.\n",
        encoding="utf-8",
    )


def delete_text(site: Site, data: st.DataObject) -> None:
    """Delete a text; a few always stay."""
    texts = site.all_texts(with_keys=False)
    if len(texts) > MOST_DELETED and len(site.all_texts()) > 1:
        _choose(data, texts).unlink()


def rename_text(site: Site, data: st.DataObject) -> None:
    """Move a text to another name."""
    text = _choose(data, site.all_texts(with_keys=False))
    if text.name == "index.md":
        text.parent.rename(text.parent.with_name(f"renamed-{site.count}"))
    else:
        text.rename(text.with_name(f"renamed-{site.count}{text.suffix}"))


def edit_template(site: Site, data: st.DataObject) -> None:
    """Change what a template or an include says."""
    if not site.templates:
        return
    template = site.folder / _choose(data, site.templates)
    old = template.read_text(encoding="utf-8")
    mark = re.sub(r"<i>\d+</i>", "", old)
    template.write_text(mark.replace("{% endblock %}", f"<i>{site.count}</i>{{% endblock %}}", 1)
                        if "{% endblock %}" in mark else mark + f"<i>{site.count}</i>", encoding="utf-8")  # fmt: skip


def add_or_remove_template(site: Site, data: st.DataObject) -> None:
    """Add a template where Pelican would find another, or take it away again."""
    del data
    if not site.templates:
        return
    folder = site.folder / site.templates[0]
    template = folder.with_name("author.html" if (folder.parent / "author.html").exists() else "period_archives.html")
    saved = template.with_suffix(".saved")
    if template.exists():
        template.rename(saved)
    elif saved.exists():
        saved.rename(template)


def edit_data(site: Site, data: st.DataObject) -> None:
    """Change a file that a plugin, the settings or a template's function reads."""
    if site.data:
        path = site.folder / _choose(data, site.data)
        path.write_text(
            f'["Editor {site.count}"]' if path.suffix == ".json" else f"p {{ margin: {site.count}px }}",
            encoding="utf-8",
        )


def edit_picture(site: Site, data: st.DataObject) -> None:
    """Draw a picture anew."""
    pictures = [path for path in site.pictures if (site.folder / "content" / path).exists()]
    if pictures:
        path = site.folder / "content" / _choose(data, pictures)
        path.write_text(
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {site.count + 1} 5"></svg>', encoding="utf-8"
        )


def edit_plugin(site: Site, data: st.DataObject) -> None:
    """Change the code of a plugin."""
    if site.plugins:
        path = site.folder / _choose(data, site.plugins)
        path.write_text(
            re.sub(r"^MARK = .*$", f'MARK = "{site.count}"', path.read_text(encoding="utf-8"), flags=re.MULTILINE),
            encoding="utf-8",
        )


def edit_setting(site: Site, data: st.DataObject) -> None:
    """Change a setting."""
    name, values = _choose(data, site.settings)
    settings = site.folder / "pelicanconf.py"
    line = f"{name} = {_choose(data, values)}"
    changed = re.sub(rf"^{name} = .*$", line, settings.read_text(encoding="utf-8"), flags=re.MULTILINE)
    settings.write_text(changed, encoding="utf-8")


def touch(site: Site, data: st.DataObject) -> None:
    """Give a file another time, and leave its bytes."""
    path = _choose(data, sorted(path for path in site.folder.rglob("*.*") if path.is_file() and "/." not in str(path)))
    os.utime(path, (1_000_000_000 + site.count, 1_000_000_000))


def harm_output(site: Site, data: st.DataObject) -> None:
    """Delete a file of the output, or write into it by hand."""
    output = site.folder / "out"
    files = sorted(path for path in output.rglob("*") if path.is_file())
    if files:
        path = _choose(data, files)
        if data.draw(st.booleans()):
            path.unlink()
        else:
            path.write_bytes(b"by hand")


def lose_state(site: Site, data: st.DataObject) -> None:
    """Delete the state of the last build."""
    del data
    for beside in site.folder.glob(".out.state*"):
        beside.unlink()


EDITS: tuple[Edit, ...] = (
    edit_body, edit_body, edit_title, edit_title, edit_key, edit_key, edit_key, add_text, delete_text, rename_text,
    edit_template, add_or_remove_template, edit_data, edit_picture, edit_plugin, edit_setting, touch, harm_output,
    lose_state,
)  # fmt: skip
