"""HTML becomes the Markdown that this site reads."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import markdown

from site_builder.importing.html import parse, to_markdown


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a <b>b</b> <em>c</em> snake_case</p>", "a **b** *c* snake_case"),
        ("<p># a</p><p>1. b</p><p>- c</p>", "\\# a\n\n1\\. b\n\n\\- c"),
        ("<p>&lt;b&gt; [a](b) 2*3 $4 and $5</p>", "&lt;b> \\[a]\\(b) 2\\*3 \\$4 and \\$5"),
        ("<ul><li>a<ol><li>b</li></ol></li></ul>", "- a\n    1. b"),
        ('<pre class="brush: php"><code>a\n```\nb</code></pre>', "````php\na\n```\nb\n````"),
        ("<pre>a<br>b</pre>", "```\na\nb\n```"),
        ('<figure><img src="a b.png" alt="A [b]"><figcaption>C</figcaption></figure>', '![A (b)](a%20b.png "C")'),
        ("<table><tr><th>a</th></tr><tr><td>b|c</td></tr></table>", "| a |\n| --- |\n| b\\|c |"),
        ("<p>H<sub>2</sub>O <kbd>x</kbd> <del>y</del></p>", "H<sub>2</sub>O <kbd>x</kbd> <del>y</del>"),
        ('<a href="https://e.org/a_(b)">w</a>', "[w](https://e.org/a_%28b%29)"),
        ("<h2>A\nb</h2><hr>", "## A b\n\n---"),
    ],
)
def test_html_has_its_form_in_markdown(html: str, text: str) -> None:
    """Marks are escaped where they would be read as such, and only there."""
    assert to_markdown(html) == (text, ())


@pytest.mark.parametrize(
    ("html", "what"),
    [
        ('<script src="https://e.org/a.js"></script>', "a `script` of https://e.org/a.js was left out"),
        ("<form><input></form>", "a `form` was left out"),
        ('<iframe src="//e.org/v"></iframe>', "the `iframe` of https://e.org/v became a link"),
        ("<video></video>", "a `video` without an address was left out"),
    ],
)
def test_what_has_no_form_is_told(html: str, what: str) -> None:
    """A page runs nothing of another site."""
    _, faults = to_markdown(html)

    assert [fault.what for fault in faults] == [what]


@given(st.text(alphabet="ab1 *_`#>-+.[](){}!<&;\\$|~=:'\"", max_size=40))
def test_words_stay_words(words: str) -> None:
    """Whatever a paragraph says, a reader reads the same after the way through Markdown."""
    paragraph = parse("<p></p>")
    assert paragraph.p is not None
    paragraph.p.string = words
    text, _ = to_markdown(paragraph)
    again = parse(markdown(text, extensions=["site_builder.writing.mathematics", "tables", "def_list"])).get_text()

    assert "".join(again.split()) == "".join(words.split())
