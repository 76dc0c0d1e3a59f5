"""A build is whole or it fails and says why; the same sources give the same bytes."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from site_builder.engine.build import BuildReport, BuildRequest, build_site
from site_builder.errors import BuildError


def build(site: Path) -> BuildReport:
    """Build a site into its own output folder."""
    return build_site(BuildRequest(site / "pelicanconf.py", site / "output"))


def files_of(folder: Path) -> dict[str, bytes]:
    """Return every file under the folder with its bytes."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_build_makes_the_pages_of_the_site(tiny_site: Path) -> None:
    """Posts, pages, lists, feed, assets: all of it, and the report counts it."""
    report = build(tiny_site)
    files = files_of(tiny_site / "output")

    assert {"index.html", "404.html", "blog/first/index.html", "about/index.html", "feeds/all.atom.xml"} < set(files)
    assert (report.files, report.pages) == (len(files), sum(name.endswith(".html") for name in files))


def test_plain_pelican_builds_the_same_bytes(tiny_site: Path, project_root: Path) -> None:
    """Our build is Pelican's own, by its documented door."""
    build(tiny_site)
    subprocess.run(
        [sys.executable, "-m", "pelican", "-s", "pelicanconf.py", "-o", "plain"],
        cwd=tiny_site,
        env={**os.environ, "PYTHONPATH": str(project_root)},
        check=True,
        capture_output=True,
    )

    assert files_of(tiny_site / "plain") == files_of(tiny_site / "output")


def test_a_build_has_its_own_plugins_alone(tiny_site: Path) -> None:
    """Pelican's signals belong to the process; another site's plugins must not work on this one."""
    settings = tiny_site / "pelicanconf.py"
    about = tiny_site / "content" / "pages" / "about.md"
    about.write_text(about.read_text() + "\n    code\n")
    build(tiny_site)
    alone = files_of(tiny_site / "output")
    own = settings.read_text()
    settings.write_text(own + 'PLUGINS = [*PLUGINS, "site_builder.plugins.scrolling"]\n')
    build(tiny_site)
    with_more = files_of(tiny_site / "output")
    settings.write_text(own)
    build(tiny_site)

    assert with_more != alone
    assert files_of(tiny_site / "output") == alone


def test_neither_zone_nor_language_nor_order_reaches_the_output(
    tmp_path: Path, tiny_site: Path, project_root: Path
) -> None:
    """Two machines that differ in all of these build the same bytes."""
    machines = {
        "one": {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
        "two": {"TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8", "LANG": "de_DE.UTF-8", "PYTHONHASHSEED": "2"},
    }
    outputs = {}
    for name, machine in machines.items():
        copy = tmp_path / name
        shutil.copytree(tiny_site, copy, copy_function=shutil.copyfile)
        subprocess.run(
            [
                *(sys.executable, "-m", "site_builder", "build"),
                *("--settings", f"{copy}/pelicanconf.py", "--output", f"{copy}/output"),
            ],
            cwd=project_root,
            env={**os.environ, **machine},
            check=True,
            capture_output=True,
        )
        outputs[name] = files_of(copy / "output")

    assert outputs["one"] == outputs["two"]


def test_the_project_builds_to_the_same_bytes_twice(tmp_path: Path, project_root: Path) -> None:
    """The real site keeps the rule as well, with all its templates and texts."""
    outputs = []
    for number, zone in enumerate(("Asia/Kolkata", "America/St_Johns")):
        output = tmp_path / str(number)
        subprocess.run(
            [sys.executable, "-m", "site_builder", "build", "--output", str(output)],
            cwd=project_root,
            env={**os.environ, "TZ": zone, "PYTHONHASHSEED": str(number)},
            check=True,
            capture_output=True,
        )
        outputs.append(files_of(output))

    assert outputs[0] == outputs[1]


def test_a_draft_is_not_in_the_output(tiny_site: Path) -> None:
    """A page that nobody links to is still a page that somebody finds."""
    post = tiny_site / "content" / "posts" / "second" / "index.md"
    post.write_text(post.read_text().replace("Category:", "Status: draft\nCategory:"))
    first = tiny_site / "content" / "posts" / "first" / "index.md"
    first.write_text(first.read_text().replace("[second]({filename}/posts/second/index.md)", "second"))
    build(tiny_site)

    assert not [
        name for name, body in files_of(tiny_site / "output").items() if b"second post" in body or "second" in name
    ]


FAULTS = {
    "a plugin that does not exist": (
        "pelicanconf.py", 'PLUGINS = ["nowhere"]\n',
        ["pelicanconf.py:{line}: Cannot load plugin `nowhere`", "take it out of PLUGINS"]),
    "a plugin that fails": (
        "pelicanconf.py", 'PLUGINS = ["json"]\n', ["pelicanconf.py:{line}: Cannot register plugin `json`"]),
    "a post that cannot be read": (
        "content/posts/third/index.md", "Title: x\nDate: soon\n\nText\n", ["posts/third/index.md", "soon"]),
    "a post without its title": (
        "content/posts/third/index.md", "Date: 2026-01-01\n\nText\n", ["could not find information about 'title'"]),
    "a link to nothing": (
        "content/pages/about.md", "Title: About\n\n[x]({filename}/posts/no.md)\n", ["Unable to find '/posts/no.md'"]),
    "a picture of nothing": (
        "content/pages/about.md", "Title: About\n\n![x](no.png)\n", ["no.png", "no such file"]),
    "a template that does not parse": (
        "theme/templates/page.html", "{% block %}\n", ["theme/templates/page.html:1", "Mend the template"]),
    "a template that fails": (
        "theme/templates/page.html", "\n{{ nothing.at.all }}\n", ["theme/templates/page.html:2", "nothing"]),
    "a template that asks for an asset of no file": (
        "theme/templates/page.html", "{{ asset('css/no.css') }}\n", ["css/no.css", "no such file"]),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_fails_the_build_and_is_said(tiny_site: Path, fault: str) -> None:
    """What Pelican would log and skip ends the build, with the place and the words."""
    path, text, words = FAULTS[fault]
    file = tiny_site / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text((file.read_text() if path == "pelicanconf.py" else "") + text)
    line = len(file.read_text().splitlines())

    with pytest.raises(BuildError) as caught:
        build(tiny_site)

    assert [word for word in words if word.replace("{line}", str(line)) not in str(caught.value)] == []


def test_every_fault_is_said_not_only_the_first(tiny_site: Path) -> None:
    """Pelican says a thing once and sums up the rest; here each is heard."""
    links = "\n".join(f"[{number}]({{filename}}/no-{number}.md)" for number in range(9))
    (tiny_site / "content" / "pages" / "about.md").write_text(f"Title: About\n\n{links}\n")

    with pytest.raises(BuildError) as caught:
        build(tiny_site)

    assert [number for number in range(9) if f"/no-{number}.md" not in str(caught.value)] == []


def test_a_failed_build_leaves_the_last_good_output(tiny_site: Path) -> None:
    """A mistake in a post never takes the preview away."""
    build(tiny_site)
    before = files_of(tiny_site / "output")
    (tiny_site / "theme" / "templates" / "page.html").write_text("{% block %}")

    with pytest.raises(BuildError):
        build(tiny_site)

    assert files_of(tiny_site / "output") == before


def test_what_a_killed_build_left_is_cleared_away(tiny_site: Path) -> None:
    """Half of a dead build never gets into a living one."""
    leftover = tiny_site / ".output.building" / "half.html"
    leftover.parent.mkdir()
    leftover.write_text("half")
    build(tiny_site)

    assert "half.html" not in files_of(tiny_site / "output")


def test_a_removed_post_leaves_the_output(tiny_site: Path) -> None:
    """The output is what the sources say, not what they once said."""
    build(tiny_site)
    (tiny_site / "content" / "pages" / "about.md").unlink()
    build(tiny_site)

    assert "about/index.html" not in files_of(tiny_site / "output")


def test_a_folder_that_no_build_made_is_not_touched(tiny_site: Path) -> None:
    """A mistyped --output must not cost anybody their files."""
    (tiny_site / "output").mkdir()
    (tiny_site / "output" / "thesis.txt").write_text("years of work")

    with pytest.raises(BuildError, match="no build made it"):
        build(tiny_site)

    assert (tiny_site / "output" / "thesis.txt").read_text() == "years of work"


def test_two_builds_at_once_take_turns(tiny_site: Path, project_root: Path) -> None:
    """Two processes on one output both end well, and the output is whole."""
    command = [sys.executable, "-m", "site_builder", "build", "--settings", f"{tiny_site}/pelicanconf.py"]
    command += ["--output", f"{tiny_site}/output"]
    codes: list[int] = []

    def run() -> None:
        codes.append(subprocess.run(command, cwd=project_root, check=False, capture_output=True).returncode)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert codes == [0, 0, 0]
    assert (tiny_site / "output" / "blog" / "first" / "index.html").exists()
