"""A build makes what has changed, keeps what has not, and never touches what is not its own."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from site_builder.engine import build as engine
from site_builder.engine.build import BuildReport, BuildRequest, build_site
from site_builder.engine.explain import explain
from site_builder.engine.store import Store, state_file
from site_builder.errors import BuildError
from tests.site_edits import files_of


def build(site: Path, *, clean: bool = False) -> BuildReport:
    """Build a site into its own output folder."""
    return build_site(BuildRequest(site / "pelicanconf.py", site / "output", clean=clean))


def post(site: Path) -> Path:
    """Return the post that most tests edit."""
    return site / "content" / "posts" / "first" / "index.md"


def append(path: Path, words: str) -> None:
    """Add words to a file."""
    path.write_text(path.read_text() + words)


def made(site: Path) -> set[str]:
    """Return the pages that the last build made."""
    store = Store(state_file(site / "output"))
    try:
        number = store.build_number()
        return {path for path, row in store.pages().items() if int(row.reason.partition("\t")[0]) == number}
    finally:
        store.close()


def test_a_build_after_no_change_makes_nothing(tiny_site: Path) -> None:
    """It says how large the site is, all the same."""
    first = build(tiny_site)
    second = build(tiny_site)

    assert (second.made, second.written, second.pages, second.files) == (0, 0, first.pages, first.files)


def test_a_file_with_another_time_and_the_same_bytes_is_no_change(tiny_site: Path) -> None:
    """A file is known by its content: a checkout that sets all times anew rebuilds nothing."""
    build(tiny_site)
    for path in [*tiny_site.rglob("*.md"), *tiny_site.rglob("*.html"), tiny_site / "pelicanconf.py"]:
        os.utime(path, (1, 1))

    assert build(tiny_site).made == 0


def test_a_change_that_keeps_size_and_time_is_found(tiny_site: Path) -> None:
    """A stamp is trusted only where nothing can have changed behind it."""
    build(tiny_site)
    text = post(tiny_site)
    status = text.stat()
    head, blank, words = text.read_text().partition("\n\n")
    text.write_text(head + blank + words[0].swapcase() + words[1:])
    os.utime(text, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert build(tiny_site).made > 0


def test_edited_words_make_the_pages_that_show_them(tiny_site: Path) -> None:
    """The post itself and the feed that holds it; no list, and no other post."""
    build(tiny_site)
    append(post(tiny_site), "\nMore words.\n")
    build(tiny_site)

    assert made(tiny_site) == {"blog/first/index.html", "feeds/all.atom.xml"}
    assert b"More words." in (tiny_site / "output" / "blog" / "first" / "index.html").read_bytes()


def test_a_file_whose_bytes_did_not_change_keeps_its_time(tiny_site: Path) -> None:
    """Whoever copies what is newer copies what is new."""
    build(tiny_site)
    before = {path: path.stat().st_mtime_ns for path in (tiny_site / "output").rglob("*.html")}
    base = tiny_site / "theme" / "templates" / "base.html"
    base.write_text("{# nobody sees this #}" + base.read_text())
    report = build(tiny_site)

    assert report.made > 0
    assert report.written == 0
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_a_removed_post_takes_its_page_with_it_and_nothing_else(tiny_site: Path) -> None:
    """What somebody else put into the output stays, and so does the folder it is in."""
    build(tiny_site)
    output = tiny_site / "output"
    (output / "CNAME").write_text("example.com")
    (output / "blog" / "first" / "by-hand.txt").write_text("mine")
    post(tiny_site).unlink()
    for path in (tiny_site / "content").rglob("*.md"):
        path.write_text(path.read_text().replace("{filename}/posts/first/index.md", "/"))
    report = build(tiny_site)

    assert report.removed
    assert not (output / "blog" / "first" / "index.html").exists()
    assert (output / "CNAME").read_text() == "example.com"
    assert (output / "blog" / "first" / "by-hand.txt").read_text() == "mine"


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"by hand")])
def test_an_output_that_was_lost_or_changed_is_made_again(tiny_site: Path, harm: Callable[[Path], object]) -> None:
    """The output is verified, not believed."""
    build(tiny_site)
    expected = files_of(tiny_site / "output")
    harm(tiny_site / "output" / "blog" / "first" / "index.html")
    harm(tiny_site / "output" / "feeds" / "all.atom.xml")
    build(tiny_site)

    assert files_of(tiny_site / "output") == expected


def test_the_state_may_be_deleted(tiny_site: Path) -> None:
    """The next build is a clean one, and what it does not make any more is removed even so."""
    build(tiny_site)
    state_file(tiny_site / "output").unlink()
    (tiny_site / "content" / "pages" / "extra.md").write_text("Title: Extra\nSummary: S.\n\nWords.\n")
    build(tiny_site)
    state_file(tiny_site / "output").unlink()
    (tiny_site / "content" / "pages" / "extra.md").unlink()
    report = build(tiny_site)

    assert report.clean == "there is no state of an earlier build"
    assert not (tiny_site / "output" / "extra").exists()


@pytest.mark.parametrize("damage", [b"", b"not a database, and not empty", b"SQLite format 3\0" + b"\xff" * 9000])
def test_a_damaged_state_is_a_clean_build(tiny_site: Path, damage: bytes) -> None:
    """Nothing in it is worth more than that."""
    build(tiny_site)
    expected = files_of(tiny_site / "output")
    state_file(tiny_site / "output").write_bytes(damage)
    build(tiny_site)

    assert files_of(tiny_site / "output") == expected


def test_a_state_of_another_version_is_a_clean_build(tiny_site: Path) -> None:
    """The schema has a number."""
    build(tiny_site)
    with sqlite3.connect(state_file(tiny_site / "output")) as db:
        db.execute("pragma user_version = 999999")
    db.close()

    assert build(tiny_site).clean


def test_a_failed_build_leaves_the_output_and_the_state_as_they_were(tiny_site: Path) -> None:
    """A text that cannot be read stops everything before anything is moved."""
    build(tiny_site)
    expected = files_of(tiny_site / "output")
    append(post(tiny_site), "\nA [link]({filename}nowhere.md).\n")
    with pytest.raises(BuildError, match=r"nowhere\.md"):
        build(tiny_site)
    with pytest.raises(BuildError, match=r"nowhere\.md"):
        build(tiny_site)

    assert files_of(tiny_site / "output") == expected


def test_a_clean_build_makes_everything(tiny_site: Path) -> None:
    """Whoever does not trust the state need not."""
    build(tiny_site)
    report = build(tiny_site, clean=True)

    assert report.clean == "it was asked for"
    assert report.made >= report.pages
    assert report.written == 0


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("pelicanconf.py", 'SITENAME = "Tiny"', 'SITENAME = "Another"'),
        ("content/posts/first/index.md", "Title: The first post", "Title: Another title"),
        ("theme/templates/base.html", "<body>", "<body><p>Another template.</p>"),
        ("theme/static/css/site.css", "body", "html"),
    ],
)
def test_what_is_saved_while_the_site_is_built_is_built_by_the_next(
    tiny_site: Path, tmp_path: Path, file: str, old: str, new: str
) -> None:
    """A browser shows the first page before the last is made, and an author is fast."""
    source = tiny_site / file
    words = source.read_text()
    assert old in words
    saved: list[int] = []

    def save_meanwhile(_files: object, _read: object) -> None:
        saved.append(source.write_text(words.replace(old, new)))

    build_site(BuildRequest(tiny_site / "pelicanconf.py", tiny_site / "output", judge=save_meanwhile))
    build(tiny_site)
    build_site(BuildRequest(tiny_site / "pelicanconf.py", tmp_path / "anew"))

    assert len(saved) == 1
    assert files_of(tiny_site / "output") == files_of(tmp_path / "anew")


def test_settings_that_are_saved_right_after_they_were_read_are_other_settings(
    tiny_site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine a good while lies between reading them and building by them."""
    file = tiny_site / "pelicanconf.py"
    words = file.read_text()
    read = engine._settings

    def read_and_save(path: Path, override: dict[str, object]) -> dict[str, object]:
        settings = read(path, override)
        file.write_text(words.replace('SITENAME = "Tiny"', 'SITENAME = "Third"'))
        return settings

    build(tiny_site)
    file.write_text(words.replace('SITENAME = "Tiny"', 'SITENAME = "Second"'))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "_settings", read_and_save)
        build(tiny_site)
    build(tiny_site)
    build_site(BuildRequest(file, tmp_path / "anew"))

    assert files_of(tiny_site / "output") == files_of(tmp_path / "anew")


def test_two_builds_at_once_leave_one_right_output(tiny_site: Path, project_root: Path) -> None:
    """They wait for each other, and the second finds nothing left to do wrong."""
    command = [sys.executable, "-m", "site_builder", "build"]
    environment = {**os.environ, "PYTHONPATH": str(project_root)}
    running = [
        subprocess.Popen(command, cwd=tiny_site, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(3)
    ]
    outcomes = [(process.communicate(timeout=60), process.returncode) for process in running]
    left = files_of(tiny_site / "output")
    build(tiny_site, clean=True)

    assert [code for _, code in outcomes] == [0, 0, 0], outcomes
    assert left == files_of(tiny_site / "output")


def test_a_build_that_is_killed_at_any_moment_is_made_good_by_the_next(tiny_site: Path, project_root: Path) -> None:
    """SIGKILL while it reads, makes, moves or writes its state: the next build leaves the right bytes."""
    command = [sys.executable, "-m", "site_builder", "build", "--jobs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(project_root)}
    build(tiny_site)
    began = time.monotonic()
    append(tiny_site / "theme" / "templates" / "base.html", "<!-- 0 -->")
    subprocess.run(command, cwd=tiny_site, env=environment, check=True, capture_output=True)
    whole = time.monotonic() - began
    killed = 0
    for number in range(1, 25):
        append(tiny_site / "theme" / "templates" / "base.html", f"<!-- {number} -->")
        text = tiny_site / "content" / "pages" / f"extra-{number % 3}.md"
        text.unlink() if text.exists() else text.write_text("Title: Extra\nSummary: S.\n\nWords.\n")
        process = subprocess.Popen(command, cwd=tiny_site, env=environment, stdout=subprocess.DEVNULL)
        try:
            # The second half is where it writes.
            process.wait(timeout=whole * (0.4 + number / 40))
        except subprocess.TimeoutExpired:
            process.kill()
            killed += 1
        process.wait()
        build(tiny_site)
        left = files_of(tiny_site / "output")
        build_site(BuildRequest(tiny_site / "pelicanconf.py", tiny_site / "clean", clean=True))
        assert left == files_of(tiny_site / "clean"), number

    assert killed


def test_why_a_page_was_made_or_kept_can_be_asked(tiny_site: Path) -> None:
    """By its file, its address or its source; and it says what the page reads."""
    output, content = tiny_site / "output", tiny_site / "content"
    build(tiny_site)
    append(post(tiny_site), "\nMore words.\n")
    build(tiny_site)

    assert "was made: content of posts/first/index.md has changed" in explain(output, "/blog/first/", content)
    assert explain(output, "blog/first/index.html", content) == explain(output, str(post(tiny_site)), content)
    assert "was kept" in explain(output, "/about/", content)
    assert "theme/templates/base.html" in explain(output, "/about/", content)
    with pytest.raises(BuildError, match="made no such page"):
        explain(output, "/nowhere/", content)
