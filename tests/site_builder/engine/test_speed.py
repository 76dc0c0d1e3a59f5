"""What is done sooner has the same result as the library's own way, on whatever text."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pelican.readers
import pelican.utils
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown
from pelican.settings import DEFAULT_CONFIG, read_settings
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_all_lexers, get_lexer_by_name

from site_builder.engine.speed import WRITTEN_FOR, faster
from site_builder.engine.speed.patterns import ALL, beginnings, needed_characters
from site_builder.engine.speed.reading import OneMarkdown

ROOT = Path(__file__).resolve().parents[3]
# Pieces that mean something to Markdown, and some that do not; what they mean together is for the library to say.
PIECES = (
    "word", "Word two", "\n", "\n\n", "    ", " ", "*", "**", "_", "__", "`", "``", "```", "~~~", "# ",
    "## Head #", "> ",
    "- ", "+ ", "* ", "1. ", "2. ", "---", "***", "===", "\n===\n", "\n---\n", "[", "]", "(", ")", "[text](/there)",
    '[text](</a b> "title")', "![alt](a.png)", "[id]: /url 'title'\n", "[text][id]", "<b>", "</b>", "<div>\n",
    "</div>\n",
    "<http://example.com>", "<me@example.com>", "&amp;", "&", "<", ">", "\\", "\\*", "\\`", "|", "a | b\n",
    "--- | ---\n",
    ":", "\n: definition", "!!! note\n", "    indented\n", "[^1]", "\n[^1]: A note.\n", "*[HTML]: Hyper\n", "HTML",
    "{: #id .class }", "{#id}", "```python\ndef f(x):\n    return 'y' + 1.5\n```\n", "    :::bash\n    ls -l $HOME\n",
    "<!-- comment -->", "<script>x</script>", "  \n", "\t", "\u00e9\u4e2d", "\x02", "klzzwxh:0000", "'quote'",
    '"quote"',
)  # fmt: skip
EXTENSIONS = {
    "plain": {},
    "extra": {"extra": {}, "codehilite": {"css_class": "highlight"}, "meta": {}},
    "house": None,
}
CODE = """
# comment "string" 'another' /* x */ // y
def name(self, a=1.5e3, *args): return f"{a!r:>10}" + 'it\\'s' if a else None
<html lang="en"><!-- c --><a href='x'>&amp;</a></html> {{ template | filter }} <?php echo $x; ?>
SELECT * FROM t WHERE a >= 10 AND b LIKE '%x%'; -- note
for (int i = 0; i < 10; ++i) { printf("%d\\n", i); }
export PATH="$HOME/bin:$PATH"; [ -f x ] && cat <<EOF > y
text $(date) `ls`
EOF
key: value
  - item: "quoted"
{"json": [1, 2.5, true, null, "\\u00e9"]}
\t@decorator
class Ünïcode(Base): pass
"""


def options_of(name: str) -> dict[str, Any]:
    """Return the settings of Python-Markdown by their name."""
    if name == "house":
        return dict(read_settings(str(ROOT / "pelicanconf.py"))["MARKDOWN"])
    configs = EXTENSIONS[name] or {}
    return {"extensions": list(configs), "extension_configs": configs, "output_format": "html5"}


def settings_for(options: dict[str, Any]) -> dict[str, Any]:
    """Return Pelican's settings with these of Python-Markdown."""
    return {**DEFAULT_CONFIG, "MARKDOWN": options}


def test_the_versions_are_those_that_are_locked() -> None:
    """A new version of a library is tried before anything in it is replaced."""
    for library, versions in WRITTEN_FOR.items():
        lock = (ROOT / "requirements" / "site.txt").read_text()
        assert re.search(rf"^{library}==({'|'.join(map(re.escape, versions))})\b", lock, re.MULTILINE), library


@pytest.mark.parametrize("name", EXTENSIONS)
@given(pieces=st.lists(st.sampled_from(PIECES), max_size=25))
def test_markdown_is_converted_as_the_library_converts_it(name: str, pieces: list[str]) -> None:
    """Byte for byte, whatever the text."""
    options, text = options_of(name), "".join(pieces)
    expected = Markdown(**options).convert(text)
    with faster(settings_for(options)):
        made = Markdown(**options).convert(text)

    assert made == expected


@pytest.mark.parametrize("name", ["extra", "house"])
@given(texts=st.lists(st.lists(st.sampled_from(PIECES), max_size=12).map("".join), min_size=2, max_size=4))
def test_one_instance_of_markdown_forgets_the_text_before(name: str, texts: list[str]) -> None:
    """Each text is converted as by an instance of its own."""
    options = options_of(name)
    shared = OneMarkdown(options)
    for text in texts:
        expected = Markdown(**options)
        instance = shared(**options)

        assert instance.convert(text) == expected.convert(text)
        assert getattr(instance, "Meta", {}) == getattr(expected, "Meta", {})
        if "meta" in instance.preprocessors:
            # As Pelican does before it converts a summary.
            instance.preprocessors.deregister("meta")


def test_every_lexer_finds_the_tokens_that_the_library_finds() -> None:
    """All languages that Pygments knows, on one text that has something for each."""
    formatter = HtmlFormatter(nowrap=True)
    for _, aliases, _, _ in get_all_lexers(plugins=False):
        if not aliases:
            continue
        expected = highlight(CODE, get_lexer_by_name(aliases[0]), formatter)
        with faster(settings_for(options_of("plain"))):
            made = highlight(CODE, get_lexer_by_name(aliases[0]), formatter)

        assert made == expected, aliases[0]


@given(text=st.text(alphabet="abcdef (){}[]'\"\n\t#=+-*/<>0123456789.:,@é", max_size=120))
@pytest.mark.parametrize("language", ["python", "javascript", "bash", "html", "yaml", "css"])
def test_any_code_is_highlighted_as_the_library_does(language: str, text: str) -> None:
    """Broken code too."""
    formatter = HtmlFormatter(nowrap=True)
    expected = highlight(text, get_lexer_by_name(language), formatter)
    with faster(settings_for(options_of("plain"))):
        made = highlight(text, get_lexer_by_name(language), formatter)

    assert made == expected


EXPRESSIONS = (
    r"a", r"[ab]c", r"[^ab]", r"(?:a|b|)c", r"(?i)ab", r"\s*x", r"\d+", r"\W", r"(?=a)b", r"(?<!x)a", r"^a|b$",
    r"a?b?c",
    r"(a)\1", r"(?s:.)a", r".a", r"(?>ab)c", r"a*+b", r"[\s\d]x", r"(?i)[a-c]\n", r"\bx", r"(?:ab){2}", r"(?i:K)x", r"",
    r"(?P<n>a)(?(n)b|c)", r"[a-cx-z]|\Z", r"`(?:(?<!\\)x|y)", r"(?<=a)b",
)  # fmt: skip


@given(pattern=st.sampled_from(EXPRESSIONS).map(re.compile), text=st.text(alphabet="abcxyzKk \n01`\\", max_size=6))
def test_what_is_said_of_an_expression_is_never_too_bold(pattern: re.Pattern[str], text: str) -> None:
    """Where it matches, it may begin so; where it is found, what it needs is there."""
    if text and text[0].isascii() and pattern.match(text):
        assert beginnings(pattern) >> ord(text[0]) & 1
    needs = needed_characters(pattern)
    if pattern.search(text) and needs is not None:
        assert any(character in text for character in needs)


def test_what_is_said_of_an_expression_is_of_use() -> None:
    """It must not always be yes."""
    assert beginnings(re.compile(r"[ab]c")) != ALL
    assert needed_characters(re.compile(r"(?<!\!)\[")) == ("[",)


DATES = st.datetimes(max_value=datetime(9999, 1, 1)).map(str)  # noqa: DTZ001 - as a text has it
ODD_DATES = ("2024-02-30", "2024-13-01", "2024-01-01", "2024-1-1", "yesterday", "2024-01-01 25:00", "12:30",
             "2024-01-01T10:00", "2024-01-01 10:00 UTC", "2024_01_01", "")  # fmt: skip


@given(text=DATES | st.sampled_from(ODD_DATES))
def test_a_date_is_read_as_pelican_reads_it(text: str) -> None:
    """The same moment and the same kind of object, or the same refusal."""
    assert same(pelican.utils.get_date, fast("get_date", pelican.readers), text)


@given(name=st.text(max_size=20))
def test_a_slug_is_made_as_pelican_makes_it(name: str) -> None:
    """Of whatever name."""
    substitutions = DEFAULT_CONFIG["SLUG_REGEX_SUBSTITUTIONS"]
    expected = pelican.utils.slugify(name, substitutions)
    with faster(settings_for(options_of("plain"))):
        assert pelican.urlwrappers.slugify(name, regex_subs=substitutions) == expected


@pytest.mark.parametrize(
    "form", ["%Y-%m-%d", "%-d %B %Y", "%a %d %B %Y", "100%% %H:%M", "Ünïcode %Y", "%", "%Q %Y", "%c"]
)
@pytest.mark.parametrize("kind", [datetime, pelican.utils.SafeDatetime])
def test_a_date_is_written_as_pelican_writes_it(form: str, kind: type[datetime]) -> None:
    """With any format that Pelican takes."""
    date = kind(2024, 3, 5, 7, 8, 9, tzinfo=UTC)
    assert same(pelican.utils.strftime, lambda one: fast("strftime", pelican.utils)(one, form), date, form)


def fast(name: str, module: Any) -> Callable[..., Any]:
    """Return a function of Pelican's as it is while texts are read."""
    with faster(settings_for(options_of("plain"))):
        return getattr(module, name)  # type: ignore[no-any-return]


def same(expected: Callable[..., Any], made: Callable[[Any], Any], value: Any, *more: Any) -> bool:
    """Say whether both return the same, or raise the same."""
    outcomes = []
    ways: tuple[Callable[[], Any], ...] = (lambda: expected(value, *more), lambda: made(value))
    for way in ways:
        try:
            result = way()
            outcomes.append((type(result), result))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must be the same
            outcomes.append((type(error), str(error)))
    return outcomes[0] == outcomes[1]
