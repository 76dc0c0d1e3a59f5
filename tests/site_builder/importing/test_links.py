"""Links of an imported text lead where they led before, or the report says that they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

from site_builder.importing.plan import plan_import
from site_builder.importing.present import Present, read_present
from site_builder.importing.values import Draft, Export, Plan

OTHER = Draft(origin="docs/other.md", slug="other", title="Other", addresses=("/2020/Other.html",), names=("?p=7",))
UNDONE = Draft(origin="docs/undone.md", slug="undone", title="Undone", addresses=("/undone/",), status="draft")


@pytest.fixture
def old_site(tmp_path: Path) -> Path:
    """Return a folder with pictures, two of one name."""
    for name in ("a/p.png", "b/p.png", "files/price list.pdf"):
        (tmp_path / "old" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "old" / name).write_bytes(name.encode())
    return tmp_path / "old"


def planned(body: str, root: Path, kind: str = "posts") -> Plan:
    """Plan a text with this body beside two others."""
    draft = Draft(origin="docs/a.md", slug="a", title="A", kind=kind, addresses=("/2021/a/",), body=body, folder=root)
    export = Export(generator="jekyll", drafts=(draft, OTHER, UNDONE), hosts=("old.example.org",), roots=(root,))
    return plan_import(export, Present())


@pytest.mark.parametrize(
    ("link", "written"),
    [
        ("[w](/2020/other)", "[w]({filename}/posts/other/index.md)"),
        ("[w](https://old.example.org/2020/Other.html?utm=1#part)", "[w]({filename}/posts/other/index.md#part)"),
        ("[w](../../2020/other.html)", "[w]({filename}/posts/other/index.md)"),
        ("[w](other.md)", "[w]({filename}/posts/other/index.md)"),
        ("[w](/?p=7)", "[w]({filename}/posts/other/index.md)"),
        ("[w](ref:?p=7)", "[w]({filename}/posts/other/index.md)"),
        ("[w](ref:nothing)", "w"),
        ('[w]: /2020/Other.html "T"', '[w]: {filename}/posts/other/index.md "T"'),
        ("[w]: ref:nothing", "[w]: #"),
        ('<a href="/2020/Other.html">w</a>', '<a href="{filename}/posts/other/index.md">w</a>'),
        ('<img alt="P" src="/a/p.png">', '<img alt="P" src="p.png">'),
        ("[![P](/a/p.png)](/2020/other)", "[![P](p.png)]({filename}/posts/other/index.md)"),
        ("![P](/a/p.png) ![Q](/b/p.png)", "![P](p.png) ![Q](p-2.png)"),
        ("[w](</files/price list.pdf>)", "[w]({static}price-list.pdf)"),
        ("[w](/files/price%20list.pdf)", "[w]({static}price-list.pdf)"),
        ("[w](/gone/) [x](gone)", "[w](/gone/) [x](/2021/a/gone)"),
        ("[w](#part) [x](mailto:a@b.c) [y](https://e.org/x)", "[w](#part) [x](mailto:a@b.c) [y](https://e.org/x)"),
        ("`[w](/2020/other)`", "`[w](/2020/other)`"),
        ("[`w`](/2020/other)", "[`w`]({filename}/posts/other/index.md)"),
        ("\\](/2020/other)", "\\](/2020/other)"),
    ],
)
def test_links_are_written_anew(link: str, written: str, old_site: Path) -> None:
    """Every spelling of an address means the same text; what stays is as it was."""
    text = planned(link, old_site).texts[0]

    assert text.content.partition("\n---\n\n")[2].rstrip("\n") == written


@pytest.mark.parametrize(
    ("link", "what"),
    [
        ("[w](/undone/)", "it links posts/undone/index.md, a draft"),
        ("[w](/gone/)", "it links /gone/, which was not imported"),
        ("![P](data:image/png;base64,AA)", "a picture is written into the text itself"),
        ("![P](https://e.org/p.png)", "the picture https://e.org/p.png is on another site"),
        ("![P](/gone.png)", "the picture /gone.png is not in the export"),
        ("![](/a/p.png)", "the picture p.png has no description"),
        ("[w](ref:nothing)", "`nothing` is linked, and no such text was found"),
    ],
)
def test_what_leads_nowhere_is_told(link: str, what: str, old_site: Path) -> None:
    """Each with the path of the text in which it stands."""
    told = [note.what for note in planned(f"Words. {link}", old_site).notes if note.path == "content/posts/a/index.md"]

    assert what in told


@pytest.mark.parametrize(("body", "path"), [("![P](/a/p.png)", "pages/a/index.md"), ("Words.", "pages/a.md")])
def test_a_page_with_pictures_has_a_folder(body: str, path: str, old_site: Path) -> None:
    """A page without any is a file, as pages are."""
    assert planned(body, old_site, "pages").texts[0].path.as_posix() == path


def test_a_file_that_is_no_text_counts_as_one_that_is_there(tmp_path: Path) -> None:
    """What cannot be read is not overwritten either."""
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "other.md").write_bytes(b"\xff")
    plan = plan_import(Export(generator="hugo", drafts=(OTHER,)), read_present(tmp_path))

    assert [path.as_posix() for path in plan.kept] == ["posts/other.md"]
