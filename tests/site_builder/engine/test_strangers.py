"""Plugins of strangers, which do what they like: the output is what plain Pelican makes, only later."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.site_builder.engine.test_same_bytes import differing, magazine, notebook, quiet
from tests.site_edits import Site

STRANGERS = {
    "keeps state between texts": """
from pelican import signals
SEEN = []
def count(content):
    if getattr(content, "title", None) and content._content:
        SEEN.append(len(content._content))
        content._content += f"<!-- {len(content._content)} -->"
def tell(generator):
    generator.context["TOTAL"] = sum(SEEN)
    for article in generator.articles:
        article.mark2 = sum(SEEN)
def register():
    signals.content_object_init.connect(count)
    signals.article_generator_finalized.connect(tell)
""",
    "rewrites the finished output": """
from pathlib import Path
from pelican import signals
def squeeze(pelican):
    for page in sorted(Path(pelican.output_path).rglob("*.html")):
        page.write_text(page.read_text().replace("  ", " ") + "<!-- squeezed -->")
    output = Path(pelican.output_path)
    names = sorted(path.relative_to(output).as_posix() for path in output.rglob("*.html"))
    (output / "list.txt").write_text(" ".join(names))
def register():
    signals.finalized.connect(squeeze)
""",
    "has a generator of its own": """
from pathlib import Path
from pelican import signals
from pelican.generators import Generator
class Lister(Generator):
    def generate_output(self, writer):
        titles = [article.title for article in self.context["articles"]]
        (Path(self.output_path) / "titles.txt").write_text("|".join(titles))
        writer.write_file("extra/index.html", self.get_template("archives"), self.context, dates=self.context["dates"])
def register():
    signals.get_generators.connect(lambda pelican: Lister)
""",
    "has a writer of its own": """
from pelican import signals
from pelican.writers import Writer
class Loud(Writer):
    def write_file(self, name, template, context, *arguments, **options):
        return super().write_file(name, template, context, *arguments, **options, loud=len(self._written_files))
def loud(pelican):
    return Loud
def register():
    signals.get_writer.connect(loud)
""",
    "is called for each file": """
from pathlib import Path
from pelican import signals
def note(path, context):
    with open(path, "a") as page:
        page.write(f"<!-- {context['output_file']} -->")
def register():
    signals.content_written.connect(note)
""",
    "gives templates a function with a memory": """
from pathlib import Path
from pelican import signals
MEMORY = {}
def motto(settings):
    def read():
        if "motto" not in MEMORY:
            MEMORY["motto"] = (Path(settings["PATH"]).parent / "data" / "motto.txt").read_text()
        return MEMORY["motto"]
    return read
def offer(generator):
    generator.env.globals["motto"] = motto(generator.settings)
    generator.context["ANSWER"] = motto(generator.settings)
def register():
    signals.generator_init.connect(offer)
""",
    "asks another program": """
import subprocess
from pathlib import Path
from pelican import signals
def ask(generator):
    data = Path(generator.settings["PATH"]).parent / "data" / "motto.txt"
    generator.context["ANSWER"] = subprocess.run(["cat", str(data)], capture_output=True, text=True).stdout
def register():
    signals.article_generator_finalized.connect(ask)
""",
    "gives articles objects of its own": """
from pelican import signals
class Note:
    def __init__(self, articles):
        self.articles = articles
    def __str__(self):
        return " and ".join(article.title for article in self.articles)
def add(generator):
    for article in generator.articles:
        article.note = Note(generator.articles)
        article.metadata["seen"] = len(generator.articles)
def register():
    signals.article_generator_finalized.connect(add)
""",
    "changes a setting when it knows the site": """
from pelican import signals
def change(generators):
    for generator in generators:
        if hasattr(generator, "articles"):
            generator.settings["LINKS"].append(("newest", generator.articles[0].title))
def begin(pelican):
    pelican.settings["LINKS"] = []
def register():
    signals.initialized.connect(begin)
    signals.all_generators_finalized.connect(change)
""",
}
MORE = (
    "{% if motto is defined %}{{ motto() }}{% endif %}"
    "{% if ANSWER is defined %}{{ ANSWER() if ANSWER is callable else ANSWER }}{% endif %}{{ TOTAL }}"
    "{{ article.note if article is defined }}{{ article.metadata.seen if article is defined }}{{ LINKS }}{{ loud }}"
    "{{ article.mark2 if article is defined }}"
)


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    # A build changes to the site's folder.
    monkeypatch.chdir(tmp_path)
    with quiet():
        yield


def edits(site: Site) -> Iterator[str]:
    """Make some changes, one after the other."""
    content = site.folder / "content" / site.texts
    texts = sorted(content.glob("*.md"))
    texts[0].write_text(texts[0].read_text() + "\nMore words.\n")
    yield "words"
    texts[1].write_text(texts[1].read_text().replace("Title: ", "Title: Zoo ", 1))
    yield "a title"
    (content / "new.md").write_text("Title: New\nDate: 2026-01-01\nTags: new\n\nNew words.\n")
    yield "a new text"
    for data in site.data:
        path = site.folder / data
        path.write_text('["Linus"]' if path.suffix == ".json" else "Other data")
    yield "data"
    texts[-1].unlink()
    yield "a text less"


def compare(site: Site) -> None:
    """Build, edit and build again, and compare each time with a clean build and with plain Pelican."""
    site.incremental()
    for edit in edits(site):
        site.incremental()
        plain = site.plain()

        assert differing(site.files(), plain) == [], edit
        assert differing(site.clean(), plain) == [], edit


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_changes_nothing_but_the_time(stranger: str, tmp_path: Path) -> None:
    """Whatever it keeps, rewrites or asks, an incremental build has its bytes."""
    site = magazine(tmp_path)
    (tmp_path / "plugins" / "stranger.py").write_text(STRANGERS[stranger])
    settings = tmp_path / "pelicanconf.py"
    settings.write_text(settings.read_text().replace('PLUGINS = ["', 'PLUGINS = ["stranger", "'))
    foot = tmp_path / "theme" / "templates" / "parts" / "foot.html"
    foot.write_text(foot.read_text() + MORE)

    compare(site)


def test_a_file_that_is_attached_to_a_text_goes_where_the_text_goes(tmp_path: Path) -> None:
    """`{attach}` changes an address while texts are rendered, in the order of Pelican's writing."""
    site = notebook(tmp_path)
    text = tmp_path / "content" / "notes" / "first" / "one.md"
    (text.parent / "attached.txt").write_text("attached")
    text.write_text(text.read_text() + "\n[here]({attach}attached.txt)\n")

    compare(site)


def test_a_builder_may_run_again(tmp_path: Path) -> None:
    """Pelican's own reloading runs the same object after each change."""
    from pelican import console  # noqa: PLC0415
    from pelican.settings import read_settings  # noqa: PLC0415

    from site_builder.engine.pelican import FastPelican  # noqa: PLC0415

    site = notebook(tmp_path)
    console.quiet = True
    builder = FastPelican(
        read_settings(str(tmp_path / "pelicanconf.py"), override={"OUTPUT_PATH": str(tmp_path / "out")})
    )
    builder.run()
    for edit in edits(site):
        builder.run()

        assert differing(site.files(), site.clean()) == [], edit
