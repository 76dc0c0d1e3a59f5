"""What an author can write besides plain Markdown comes out as it is documented."""

from __future__ import annotations

import re
from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import Markdown

from site_builder.errors import BuildError
from site_builder.writing.diagrams import draw


def convert(text: str, *extensions: str) -> str:
    """Return Markdown as HTML, with extensions of ours."""
    names = ["markdown.extensions.attr_list", "markdown.extensions.fenced_code", "markdown.extensions.meta"]
    return Markdown(extensions=[*names, *(f"site_builder.writing.{name}" for name in extensions)]).convert(text)


# --- Front matter


def test_yaml_is_handed_on_as_lines() -> None:
    """Pelican reads the same metadata from both forms; a comma in a name stays in it."""
    text = '---\ntitle: "A: title"\ntags: [one, "two, three"]\nauthors: ["Ann, the first"]\n---\n\nText.\n'
    markdown = Markdown(extensions=["markdown.extensions.meta", "site_builder.writing.front_matter"])

    assert markdown.convert(text) == "<p>Text.</p>"
    assert markdown.Meta == {  # type: ignore[attr-defined]
        "title": ["A: title"],
        "tags": ["one; two, three"],
        "authors": ["Ann, the first;"],
    }


def test_a_line_across_the_page_is_no_front_matter() -> None:
    """Three hyphens further down are what they always were."""
    assert convert("Title: A\n\nText\n\n---\n\nMore\n", "front_matter").count("<hr") == 1


def test_broken_yaml_is_refused_in_words() -> None:
    """Where nothing has checked the text before, the build says what is wrong."""
    with pytest.raises(BuildError, match="not valid YAML"):
        convert("---\ntitle: [a\n---\n\nText\n", "front_matter")


# --- Code


def test_code_may_have_a_title() -> None:
    """It is the caption of a figure."""
    html = convert('```python title="a <b>.py"\nx = 1\n```\n', "code")

    assert '<figure class="code"><figcaption>a &lt;b&gt;.py</figcaption><pre>' in html
    assert html.rstrip().endswith("</pre></figure></div>")


@pytest.mark.parametrize(
    "opening", ['```python hl_lines="2-3"', '``` { .python hl_lines="2,3" }', '```python hl_lines="2 3"']
)
def test_lines_of_code_may_be_lighted(opening: str) -> None:
    """By number, by list or by range."""
    html = convert(f"{opening}\na\nb\nc\nd\n```\n", "code")

    assert [re.sub(r"<[^>]*>", "", line).strip() for line in re.findall(r'<span class="hll">(.*?)\n', html)] == [
        "b",
        "c",
    ]


@given(st.sampled_from(["python", "html", "", "no-such-language"]), st.text(alphabet="abc <>&\"'`\n", max_size=60))
def test_code_without_options_is_the_librarys_own(language: str, code: str) -> None:
    """What is not asked for changes nothing."""
    text = f"```{language}\n{code}\n```\n"
    library = Markdown(extensions=["markdown.extensions.fenced_code", "markdown.extensions.codehilite"])

    assert convert(text, "code") == library.convert(text)


def test_every_line_of_titled_code_is_there() -> None:
    """The same block with and without a title holds the same code, time after time."""
    plain, titled = (convert(f"```python{more}\nx = 1\n```\n", "code") for more in ("", ' title="a.py"'))
    again = convert("```python\nx = 1\n```\n", "code")

    assert re.search(r"<pre>.*</pre>", plain, re.DOTALL)[0] == re.search(r"<pre>.*</pre>", titled, re.DOTALL)[0]  # type: ignore[index]
    assert again == plain


# --- Callouts


def test_a_callout_is_written_as_on_github() -> None:
    """An author need not learn another form."""
    html = convert("> [!WARNING]\n> Mind the gap.\n", "callouts")

    assert '<div class="admonition warning">' in html
    assert "Mind the gap." in html
    assert "[!WARNING]" not in html


# --- Formulas


def test_a_formula_is_mathml() -> None:
    """In a line and by itself."""
    html = convert("The sum $a^2$ is\n\n$$\n\\frac{1}{2}\n$$\n", "mathematics")

    assert '<p>The sum <math xmlns="http://www.w3.org/1998/Math/MathML" display="inline">' in html
    assert '<div class="formula" tabindex="0"><math' in html
    assert "<p><div" not in html


@pytest.mark.parametrize(
    "text",
    ["$5 and $6", "$5-$6", "a$b$c", "\\$a\\$", "`$a$`", "cost: $5", "$ a $", "US$1, US$2", "    $a$ in code"],
)
def test_a_price_is_no_formula(text: str) -> None:
    """A dollar sign is mostly money."""
    assert "<math" not in convert(text, "mathematics")


def test_an_escaped_dollar_is_a_dollar() -> None:
    """And the backslash is gone."""
    assert convert("\\$a\\$", "mathematics") == "<p>$a$</p>"


def test_a_formula_keeps_what_markdown_would_change() -> None:
    """Underscores and stars belong to TeX there."""
    html = convert("$a_1 * b_2 * c$ and *words*", "mathematics")

    assert "<em>words</em>" in html
    assert html.count("<em>") == 1


def test_a_formula_that_cannot_be_read_is_refused() -> None:
    """With the formula, and a way to write a plain dollar sign."""
    with pytest.raises(BuildError, match="no mathematics"):
        convert("$\\frac{1$ x", "mathematics")


# --- Diagrams


DIAGRAM = '```mermaid alt="From A to B."\nflowchart LR\n  A --> B\n```\n'


def test_a_diagram_is_drawn() -> None:
    """As an image with words, before the code is taken for code."""
    html = convert(f"Before.\n\n{DIAGRAM}\nAfter.\n", "diagrams", "code")
    drawn = re.search(r'<p><img alt="From A to B\." src="data:image/svg\+xml;base64,([^"]*)"></p>', html)

    assert drawn is not None
    assert b64decode(drawn[1]).startswith(b"<svg")
    assert html.startswith("<p>Before.</p>")
    assert html.endswith("<p>After.</p>")


def test_the_same_text_is_the_same_drawing() -> None:
    """Two builds of one text have the same bytes."""
    draw.cache_clear()
    first = convert(DIAGRAM, "diagrams")
    draw.cache_clear()

    assert convert(DIAGRAM, "diagrams") == first


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("```mermaid\nflowchart LR\n  A --> B\n```\n", "no description"),
        ('```mermaid alt="A"\nflowchart LR\n  A[\n```\n', "parse error"),
        ('```mermaid alt="A"\nno such diagram\n```\n', "the diagram `no such diagram`"),
    ],
)
def test_a_diagram_that_cannot_be_drawn_is_refused(text: str, words: str) -> None:
    """With its first line, so that it is found."""
    with pytest.raises(BuildError, match=words):
        convert(text, "diagrams")


@pytest.mark.parametrize(
    "text", [f"````markdown\n{DIAGRAM}````\n", "```python\nx = 1\n```\n", "```mermaid\nnever closed\n"]
)
def test_what_is_no_diagram_stays_as_it_was(text: str) -> None:
    """A sample of a diagram within a block of code is a sample."""
    assert convert(text, "diagrams", "code") == convert(text, "code")


# --- Tasks


def test_a_task_is_a_box_that_its_words_label() -> None:
    """Also where the items stand apart, and within another list."""
    html = convert("- [ ] *to* do\n- [x] done\n    - [X] within\n- plain\n", "tasks")
    apart = convert("- [x] one\n\n- two\n", "tasks")

    assert '<li class="task"><label><input disabled="disabled" type="checkbox" /> <em>to</em> do</label></li>' in html
    assert html.count('checked="checked"') == 2
    assert "<li>plain</li>" in html
    assert '<p><label><input checked="checked" disabled="disabled" type="checkbox" /> one</label></p>' in apart


@pytest.mark.parametrize("text", ["- [link](/x)\n", "- [ ]\n", "- [y] no\n", "[x] no list\n", "- a [x] b\n"])
def test_what_is_no_task_stays_as_it_was(text: str) -> None:
    """Square brackets mean many things."""
    assert convert(text, "tasks") == convert(text)
