"""What a person is asked to look at has all its links, and a form to answer with."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from tools.uat import (
    DOCUMENT,
    FORM,
    MOST_PAGES,
    PLACE,
    PRODUCTION,
    ROOT,
    STAGING,
    Asked,
    fill_in,
    form_url,
    list_differences,
    main,
)

ASKED = Asked("https://staging.zichkoding.com", "https://zichkoding.com", "ours/site", "cafe" * 8, "abcdef1")
TEMPLATE = ROOT / ".github" / "ISSUE_TEMPLATE" / FORM
GIVEN = ["--url", ASKED.staging, "--live", ASKED.live, "--repository", "ours/site"]


def page(path: str, kind: str = "changed") -> dict[str, str]:
    """Return a file that differs, as publish.py says it."""
    return {"path": path, "kind": kind, "bytes": "1"}


def test_every_link_leads_somewhere() -> None:
    """To staging, to what is live, to the repository at this commit; none is left as it was."""
    text = fill_in(DOCUMENT.read_text(), ASKED, [page("blog/new/index.html", "added")])
    links = re.findall(r"\]\(([^)]+)\)", text)
    files = [link for link in links if "/blob/" in link]

    assert STAGING not in text
    assert PRODUCTION not in text
    assert [link for link in links if not link.startswith("https://")] == []
    assert "https://staging.zichkoding.com/blog/new/" in links
    assert files
    for link in files:
        assert link.startswith("https://github.com/ours/site/blob/abcdef1/")
        assert (ROOT / link.removeprefix("https://github.com/ours/site/blob/abcdef1/")).is_file(), link


def test_every_page_of_the_list_is_one_of_the_site() -> None:
    """An address that has moved would be noticed by a person, too late."""
    known = {line.split()[0] for line in (ROOT / "content" / "urls.txt").read_text().splitlines() if line[:1] == "/"}
    listed = {urlsplit(link).path for link in re.findall(r"\]\((https://[^)]+example[^)]*)\)", DOCUMENT.read_text())}

    assert listed - known == {"/no/such/page/"}


def test_what_is_different_is_listed_beside_what_is_live() -> None:
    """What is new first; what is gone has no page on staging; files that are no pages are not a person's."""
    found = [page("about/index.html"), page("old/index.html", "removed"), page("a/index.html", "added"), page("x.css")]

    assert list_differences(found, ASKED) == [
        "- [ ] added: [`/a/`](https://staging.zichkoding.com/a/)",
        "- [ ] changed: [`/about/`](https://staging.zichkoding.com/about/) ([live](https://zichkoding.com/about/))",
        "- [ ] removed: `/old/` ([live](https://zichkoding.com/old/))",
    ]


def test_a_large_difference_is_cut_and_none_is_said() -> None:
    """Nobody looks at a thousand pages."""
    many = list_differences([page(f"{number:04}/index.html") for number in range(1000)], ASKED)

    assert len(many) == MOST_PAGES + 1
    assert "940 more pages" in many[-1]
    assert list_differences([page("x.css")], ASKED) == ["No page differs from what is live."]


def test_the_place_for_differences_is_there_and_filled() -> None:
    """Where nothing is live yet there is nothing to compare with."""
    document = DOCUMENT.read_text()

    assert document.count(PLACE) == 1
    assert "the pipeline lists them here" not in fill_in(document, ASKED, [])
    assert "No page differs" in fill_in(document, ASKED, [])
    assert PLACE not in fill_in(document, ASKED, None)


def test_the_form_comes_with_what_is_known() -> None:
    """Each by the id of its field."""
    parts = urlsplit(form_url(ASKED))
    given = {name: values[0] for name, values in parse_qs(parts.query).items()}
    fields = {one["id"] for one in yaml.safe_load(TEMPLATE.read_text())["body"] if "id" in one}

    assert (parts.netloc, parts.path) == ("github.com", "/ours/site/issues/new")
    assert given["template"] == TEMPLATE.name
    assert given["release"] == ASKED.release
    assert set(given) - {"template", "title"} <= fields


def test_the_form_is_one_that_github_takes() -> None:
    """By GitHub's own schema."""
    command = [str(Path(sys.executable).parent / "check-jsonschema"), "--builtin-schema", "vendor.github-issue-forms"]
    done = subprocess.run([*command, str(TEMPLATE)], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"--url": ""}, "--url '' is no address"),
        ({"--live": "zichkoding.com"}, "no address of a site"),
        ({"--url": "https://a.example)](b"}, "no address of a site"),
        ({"--repository": "ours"}, "--repository 'ours' cannot be one"),
        ({"--release": "../x"}, "--release '../x' cannot be one"),
        ({"--from": "production", "--to": "nowhere"}, "cannot be found out"),
    ],
    ids=str,
)
def test_what_is_wrong_is_said(
    changed: dict[str, str], words: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is printed."""
    monkeypatch.setenv("ZICHKODING_ENVIRONMENTS", "/nowhere")
    given = {**dict(zip(GIVEN[::2], GIVEN[1::2], strict=True)), **changed}
    code = main([part for pair in given.items() for part in pair])
    out, err = capsys.readouterr()

    assert (code, out) == (2, "")
    assert words in err


def test_by_hand_it_prints_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    """With nothing but addresses."""
    assert main(GIVEN) == 0
    assert "[Home](https://staging.zichkoding.com/)" in capsys.readouterr().out
