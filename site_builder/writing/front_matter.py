"""Front matter in YAML, handed on as the lines of `Key: value` that Pelican reads."""

from __future__ import annotations

from markdown import Markdown
from markdown.extensions import Extension
from markdown.preprocessors import Preprocessor

from site_builder.errors import BuildError
from site_builder.sources.forms import Written
from site_builder.sources.front_matter import read_head

# What it does depends on the text; see site_builder.engine.trust.
PURE = True
# Before the library's own "meta", which reads the lines.
BEFORE_META = 28


class YamlToLines(Preprocessor):
    """Writes a YAML front matter anew, as lines."""

    def run(self, lines: list[str]) -> list[str]:
        """Return the text with lines of `key: value` at its top."""
        if not lines or lines[0].rstrip() != "---":
            return lines
        head = read_head("\n".join(lines))
        if head.flaws:
            flaw = head.flaws[0]
            raise BuildError(f"line {flaw.line} of the front matter", flaw.what, flaw.todo)
        written = [f"{entry.key}: {_line(entry.value)}" for entry in head.entries if entry.value]
        return [*written, "", *lines[head.body - 1 :]]


def _line(value: Written) -> str:
    # With a semicolon in it, Pelican takes a list apart there and nowhere else.
    return value if isinstance(value, str) else "; ".join(value) + (";" if len(value) == 1 and "," in value[0] else "")


class FrontMatterExtension(Extension):
    """YAML between lines of three hyphens."""

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802 - the library's name
        """Add it to an instance."""
        md.preprocessors.register(YamlToLines(md), "yaml_front_matter", BEFORE_META)


def makeExtension(**options: object) -> FrontMatterExtension:  # noqa: N802 - the library's name
    """Return the extension."""
    return FrontMatterExtension(**options)
