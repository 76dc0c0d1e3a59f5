"""What is not yet, or no longer, on the site is nowhere in its output."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from site_builder.engine.build import BuildRequest, build_site
from site_builder.engine.quick import glance
from site_builder.errors import BuildError
from site_builder.plugins import calendar

JULY = "1782864000"  # 2026-07-01
BEFORE_IT = "1782863999"


@pytest.fixture
def site(tiny_site: Path) -> Path:
    """Return a site of which one post appears in July, with a file that it links and a picture that it shows."""
    folder = tiny_site / "content" / "posts" / "summer"
    folder.mkdir()
    (folder / "index.md").write_text(
        "Title: A secret of summer\nDate: 2026-07-01\nExpires: 2026-09-01\nSummary: s\nCategory: Sunny\nTags: hot\n\n"
        "![Sun](sun.svg)\n\n[Plan]({static}plan.txt)\n"
    )
    (folder / "sun.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"/>')
    (folder / "plan.txt").write_text("the plan")
    return tiny_site


def built(site: Path, monkeypatch: pytest.MonkeyPatch, epoch: str) -> dict[str, bytes]:
    """Return the output of a build at that moment."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    build_site(BuildRequest(site / "pelicanconf.py", site / "output"))
    output = site / "output"
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in output.rglob("*") if path.is_file()}


@pytest.mark.parametrize("epoch", [BEFORE_IT, "1788220800"], ids=["before", "when it has expired"])
def test_it_leaves_no_trace(site: Path, monkeypatch: pytest.MonkeyPatch, epoch: str) -> None:
    """Not its page, its title, its tag, its topic, its picture or its file."""
    files = built(site, monkeypatch, epoch)

    traces = [b"summer", b"secret", b"Sunny", b"hot", b"the plan", b"sun."]
    assert [name for name, body in files.items() for trace in traces if trace in body + name.encode()] == []


def test_it_is_there_from_its_moment_on(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To the second, with all that belongs to it."""
    files = built(site, monkeypatch, JULY)

    assert b"A secret of summer" in files["blog/summer/index.html"]
    assert b"A secret of summer" in files["index.html"]
    assert files["posts/summer/plan.txt"] == b"the plan"


def test_a_build_after_the_moment_makes_what_a_clean_one_makes(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody touched a file, and yet the site changes."""
    built(site, monkeypatch, BEFORE_IT)
    later = built(site, monkeypatch, JULY)
    for name in ("output", ".output.state.sqlite3", ".output.files"):
        (site / name).rename(site / f"old-{name}")

    assert built(site, monkeypatch, JULY) == later


def test_the_next_change_is_written_down(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment and nothing else: what publishes knows when, and nobody learns what."""
    said = [json.loads(built(site, monkeypatch, epoch)["schedule.json"]) for epoch in (BEFORE_IT, JULY, "1788220800")]

    assert said == [{"next": "2026-07-01T00:00:00Z"}, {"next": "2026-09-01T00:00:00Z"}, {"next": None}]


def test_when_something_is_due_a_site_without_changes_is_built(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that finds every file as it was still asks the clock."""
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    monkeypatch.setattr(calendar, "build_moment", lambda: datetime(2026, 6, 1, tzinfo=UTC))
    # What was written a moment ago is looked at once more; the second look finds nothing to do.
    settings, output = site / "pelicanconf.py", site / "output"
    for _ in range(2):
        build_site(BuildRequest(settings, output))
    answers = []
    for moment in (BEFORE_IT, JULY):
        monkeypatch.setattr(time, "time_ns", lambda moment=moment: int(moment) * 10**9)
        answers.append(glance(output, f"{settings} unchecked", settings).unchanged)

    assert answers == [True, False]


def test_an_alias_leads_to_the_page(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And an address that is gone is said to be gone."""
    post = site / "content" / "posts" / "first" / "index.md"
    post.write_text(post.read_text().replace("Category:", "Aliases: /old/, /older/\nCategory:"))
    (site / "content" / "urls.txt").write_text("/blog/lost/ gone\n")
    files = built(site, monkeypatch, JULY)

    assert json.loads(files["redirects.json"]) == {
        "/blog/lost/": {"status": 410},
        "/old/": {"status": 308, "to": "/blog/first/"},
        "/older/": {"status": 308, "to": "/blog/first/"},
    }


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [("/old/", "/old/", "leads to /blog/"), ("/blog/second/", "/x/", "is an alias of the page /blog/first/"),
     ("/about/", "/x/", "its address /about/")],
)  # fmt: skip
def test_an_address_leads_to_one_page(site: Path, first: str, second: str, words: str) -> None:
    """Whichever text was edited last: a build that sees only the change refuses it too."""
    for name, alias in (("first", first), ("second", second)):
        post = site / "content" / "posts" / name / "index.md"
        post.write_text(post.read_text().replace("Category:", f"Aliases: {alias}\nCategory:"))

    with pytest.raises(BuildError, match=words):
        build_site(BuildRequest(site / "pelicanconf.py", site / "output"))


@pytest.mark.parametrize("epoch", [BEFORE_IT, JULY], ids=["before", "from its moment on"])
def test_a_preview_shows_it_among_the_drafts_until_its_moment(
    site: Path, monkeypatch: pytest.MonkeyPatch, epoch: str
) -> None:
    """And in no list; from then on it is where everybody finds it."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    build_site(BuildRequest(site / "pelicanconf.py", site / "output", drafts=True))
    output = site / "output"
    ahead, out = (output / name / "summer" / "index.html" for name in ("drafts", "blog"))

    assert (ahead.exists(), out.exists()) == (epoch == BEFORE_IT, epoch == JULY)
    assert ("A secret" in (output / "index.html").read_text()) == (epoch == JULY)
    assert b"A secret of summer" in (ahead if epoch == BEFORE_IT else out).read_bytes()
