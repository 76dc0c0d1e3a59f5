"""The keyboard stops where something may have to be moved sideways, and nowhere else."""

from __future__ import annotations

import pytest

from site_builder.plugins.scrolling import reach_wide_parts


@pytest.mark.parametrize("html", ["<pre><code>x</code></pre>", "<table><tr></tr></table>"])
def test_what_may_be_wide_can_be_reached(html: str) -> None:
    """Code and tables."""
    assert reach_wide_parts(html).count('tabindex="0"') == 1


@pytest.mark.parametrize("html", ["<p>text</p>", '<p>text <img src="x.svg"></p>', "<prefix>", '<pre tabindex="0">'])
def test_what_flows_is_passed_by(html: str) -> None:
    """A stop where there is nothing to do is in the way."""
    assert reach_wide_parts(html) == html
