"""What differs between two built folders, by weight and to the eye; and what is said where one is missing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from site_builder.release.manifest import seal
from tools import lighthouse
from tools.pull_request.__main__ import main
from tools.pull_request.comparing import address_of, find_pages
from tools.pull_request.looking import Sides, choose_pages, compare_marks, side_by_side
from tools.pull_request.report import Marks, Page
from tools.pull_request.weighing import weigh_page


def write(folder: Path, **pages: str) -> Path:
    """Write a folder as the build does, with these pages and what every site has."""
    for name in ("404.html", "410.html"):
        put(folder / name, "<h1>Not here</h1>")
    put(folder / "assets" / "site.0123456789.css", "h1 { color: red }")
    for name, text in pages.items():
        file = "index.html" if name == "home" else f"{name}/index.html"
        put(folder / file, f'<!doctype html><link rel="stylesheet" href="/assets/site.0123456789.css"><h1>{text}</h1>')
    return folder


def put(file: Path, text: str) -> None:
    """Write a file and the folders above it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_pages_are_told_from_other_files_by_their_addresses(tmp_path: Path) -> None:
    """Each with its weight before and after."""
    before = write(tmp_path / "before", home="Hello", old="Old")
    after = write(tmp_path / "after", home="Hello!", new="New")
    put(after / "robots.txt", "User-agent: *")
    pages, others = find_pages(seal(before), seal(after), before, after)

    assert [(page.path, page.kind) for page in pages] == [("/", "changed"), ("/new/", "added"), ("/old/", "removed")]
    assert [bool(page.before) for page in pages] == [True, False, True]
    assert others == 1


@pytest.mark.parametrize(
    ("file", "address"),
    [("index.html", "/"), ("a/index.html", "/a/"), ("404.html", "/404.html"), ("a/b.html", "/a/b.html")],
)
def test_a_file_has_the_address_that_visitors_ask_for(file: str, address: str) -> None:
    """A folder's page is the folder."""
    assert address_of(file) == address


def test_a_page_weighs_what_it_loads(tmp_path: Path) -> None:
    """Its style, its script and its picture; each once, and nothing of other hosts."""
    bare, loaded = "<h1>x</h1>", '<h1>x</h1><img src="/a.png"><img src="/a.png"><img src="//else.example/b.png">'
    put(tmp_path / "bare.html", bare)
    put(tmp_path / "loaded.html", loaded)
    (tmp_path / "a.png").write_bytes(bytes(10_000))

    assert 10_000 < weigh_page(tmp_path, "loaded.html") < 10_000 + len(loaded) + 20
    assert weigh_page(tmp_path, "bare.html") < len(bare) + 20


def test_new_pages_are_looked_at_first_and_changed_ones_from_everywhere() -> None:
    """A thousand are too many for anybody; answers have no address of their own."""
    changed = [Page(f"/{number:03}/", "changed", 1, 1) for number in range(100)]
    others = [Page("/new/", "added", 0, 1), Page("/gone/", "removed", 1, 0), Page("/404.html", "changed", 1, 2)]
    chosen = [page.path for page in choose_pages([*changed, *others], 6)]

    assert chosen == ["/new/", "/000/", "/020/", "/040/", "/060/", "/080/"]
    assert len(choose_pages([*changed, *others], 200)) == 101
    assert choose_pages([*others[:1]] * 9, 3) == [others[0]] * 3


def picture(width: int, height: int, dot: bool = False) -> bytes:
    """Return a white picture, perhaps with a black square."""
    file, image = io.BytesIO(), Image.new("RGB", (width, height), "white")
    if dot:
        image.paste("black", (0, 0, 10, 10))
    image.save(file, "PNG")
    return file.getvalue()


def test_what_differs_is_measured_and_shown_beside_each_other() -> None:
    """Also where one is longer; a new page stands alone."""
    same, _ = side_by_side(picture(100, 100), picture(100, 100))
    dotted, both = side_by_side(picture(100, 100), picture(100, 200, dot=True))
    new, alone = side_by_side(None, picture(100, 100))

    assert (same, dotted, new) == (0, 100 / 20_000, 1)
    assert [Image.open(io.BytesIO(one)).size for one in (both, alone)] == [(224, 200), (100, 100)]


def test_marks_are_asked_before_and_after_until_lighthouse_fails() -> None:
    """What was found out until then is kept."""

    def look(url: str, path: str) -> lighthouse.Report:
        if path == "/ill/":
            raise lighthouse.NoReportError("no end")
        late = 900.4 if url == "before" else 1100.6
        return lighthouse.Report(path, (100, 100, 100, 100), late, 0, 0, ())

    pages = [Page("/", "changed", 1, 1), Page("/new/", "added", 0, 1), Page("/ill/", "changed", 1, 1)]
    marks, trouble = compare_marks(Sides("before", "after"), pages, look)

    assert marks == (Marks("/", (100,) * 4, (100,) * 4, 900, 1101), Marks("/new/", (), (100,) * 4, 0, 1101))
    assert trouble == "it came to no end with /ill/: no end"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("compare", "--base", "nowhere"), "nowhere: there is no such folder"),
        (("show", "--number", "7"), "there is no report"),
        (("tell", "--number", "7", "--repository", "ours/site"), "there is no report"),
        (("tell", "--number", "0", "--repository", "ours/site"), "is no number of a pull request"),
        (("close", "--number", "7", "--repository", "ours"), "write owner/name"),
        (("close", "--number", "7", "--repository", "ours/site"), "there is no token"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_what_is_missing_is_said(
    arguments: tuple[str, ...],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In words, and with another exit code than 0."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    try:
        code = main(arguments)
    except SystemExit as stopped:
        code = int(str(stopped.code))

    assert code > 0
    assert words in capsys.readouterr().err
