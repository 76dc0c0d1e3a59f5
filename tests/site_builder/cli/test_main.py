"""The command line says what it did, where it went wrong, and what to do; never a traceback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from site_builder.cli.main import main
from site_builder.sources.keys import describe_keys


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run a command and return its exit code and what it printed."""
    try:
        code = main(arguments)
    except SystemExit as end:
        code = int(str(end.code))
    out, err = capsys.readouterr()
    return code, out, err


def of(site: Path) -> list[str]:
    """Return the options that name a site."""
    return ["--settings", str(site / "pelicanconf.py")]


def to(site: Path) -> list[str]:
    """Return the options that name a site, and where it is built to."""
    return [*of(site), "--output", str(site / "output")]


def test_a_build_ends_in_one_line(tiny_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pages, files, place and time; Pelican's own chatter is not for authors."""
    code, out, err = run(capsys, "build", *of(tiny_site), "--output", str(tiny_site / "output"))

    assert (code, err) == (0, "")
    assert out.startswith("Built 7 pages (12 files) into")
    assert out.count("\n") == 1


def test_a_build_can_report_to_a_machine(tiny_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same facts, as JSON."""
    _, out, _ = run(capsys, "build", *of(tiny_site), "--output", str(tiny_site / "output"), "--json")

    assert json.loads(out)["pages"] == 7


def test_a_build_of_faulty_sources_lists_the_faults_and_builds_nothing(
    tiny_site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An author sees file, line and what to do, and no half of a site."""
    (tiny_site / "content" / "pages" / "about.md").write_text("Titel: About\nSummary: Us.\n\nText\n")
    code, _, err = run(capsys, "build", *of(tiny_site), "--output", str(tiny_site / "output"))

    assert code == 1
    assert "about.md:1:1  front-matter-unknown  `titel` is not a known key\n  Did you mean `Title:`?" in err
    assert not (tiny_site / "output").exists()


def test_a_check_without_findings_says_so(tiny_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Silence would leave the author wondering whether it ran."""
    assert run(capsys, "check", *to(tiny_site)) == (0, "No findings.\n", "")


def test_a_check_with_findings_fails_and_counts_them(tiny_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pipeline stops on the exit code; a person reads the lines."""
    (tiny_site / "content" / "pages" / "about.md").write_text("Title: About\n\nText\n")
    code, out, _ = run(capsys, "check", *to(tiny_site))

    assert code == 1
    assert out.endswith("1 error.\n")


def test_findings_can_be_read_by_a_machine(tiny_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Path, line, rule and words, as JSON."""
    (tiny_site / "content" / "pages" / "about.md").write_text("Title: About\n\nText\n")
    _, out, _ = run(capsys, "check", *to(tiny_site), "--json")

    assert [(finding["line"], finding["rule"]) for finding in json.loads(out)] == [(1, "front-matter-missing")]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["biuld"], "Did you mean `build`?"),
        (["build", "--outptu", "x"], "Did you mean `--output`?"),
        ([], "COMMAND"),
    ],
)
def test_a_mistyped_word_is_guessed(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A typing mistake costs a second, not a search through the help."""
    code, _, err = run(capsys, *arguments)

    assert code == 2
    assert words in err


@pytest.mark.parametrize("command", [("check",), ("build",), ("build", "--unchecked")])
@pytest.mark.parametrize(
    ("text", "words"),
    [("PATH = (\n", "pelicanconf.py:1"), ("PATH = nowhere\n", "running it failed"), ("PATH = 'no'\n", "no folder")],
)
def test_settings_that_do_not_work_are_said(
    tiny_site: Path, text: str, words: str, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """A slip in the settings is a line to mend, not a traceback."""
    (tiny_site / "pelicanconf.py").write_text(text)
    code, _, err = run(capsys, *command, *to(tiny_site))

    assert (code, words in err, "Traceback" in err) == (1, True, False)


@pytest.mark.parametrize("command", [("check",), ("build",), ("build", "--unchecked")])
def test_missing_settings_are_said(
    tmp_path: Path, command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever stands in the wrong folder learns that."""
    code, _, err = run(capsys, *command, "--settings", str(tmp_path / "pelicanconf.py"))

    assert (code, "no such settings file" in err) == (1, True)


@pytest.mark.parametrize("command", ["build", "check", "import", "keys", "up"])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Help is worth reading: more than the usage."""
    code, out, _ = run(capsys, command, "--help")

    assert code == 0
    assert len(out.split()) > 15


def test_the_keys_are_documented_as_they_are(project_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The document is made from the schema, and says the same."""
    _, out, _ = run(capsys, "keys")

    assert out == describe_keys() + "\n"
    assert describe_keys() in (project_root / "docs" / "front-matter.md").read_text()


def test_findings_are_annotations_where_github_reads_them(
    tiny_site: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the line that they are of, in GitHub's own form."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.chdir(tiny_site)
    (tiny_site / "content" / "pages" / "about.md").write_text("Titel: 100 %\nTitle: A\nSummary: S.\n\nText\n")
    code, out, _ = run(capsys, "check", "--sources")

    assert code == 1
    assert "::error file=content/pages/about.md,line=1,col=1,title=front-matter-unknown::" in out


def test_what_is_only_doubtful_does_not_fail(tiny_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said and counted; the exit code is that of a site that may be published."""
    post = tiny_site / "content" / "posts" / "first" / "index.md"
    post.write_text(post.read_text().replace("Tags: start", "Tags: Start"))
    code, out, _ = run(capsys, "check", "--sources", *of(tiny_site))

    assert (code, out.splitlines()[-1]) == (0, "1 warning.")


def test_a_text_is_begun(tiny_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The command says where, so that an editor can be opened there; a second time it refuses."""
    code, out, _ = run(capsys, "new", "A new one", "--draft", *of(tiny_site))
    path = Path(out.strip())
    again, _, err = run(capsys, "new", "A new one", *of(tiny_site))

    assert (code, path) == (0, tiny_site / "content" / "posts" / "a-new-one" / "index.md")
    assert "status: draft" in path.read_text()
    assert (again, "already" in err) == (1, True)


def test_a_rename_can_be_rehearsed(tiny_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same words, and nothing done."""
    _, rehearsed, _ = run(capsys, "rename", "first", "one", "--dry-run", *of(tiny_site))
    before = (tiny_site / "content" / "posts" / "first").is_dir()
    _, done, _ = run(capsys, "rename", "first", "one", *of(tiny_site))

    assert before
    assert rehearsed == f"{done}Nothing was done: this was a rehearsal.\n"
    assert "/blog/first/ leads to it.\nOne link is mended.\n" in done
    assert (tiny_site / "content" / "posts" / "one" / "index.md").is_file()


def test_what_is_due_is_listed(tiny_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """For people and for machines."""
    none = run(capsys, "schedule", *of(tiny_site))[1]
    post = tiny_site / "content" / "posts" / "first" / "index.md"
    post.write_text(post.read_text().replace("Date: 2026-01-02", "Date: 2999-01-02 09:30"))
    listed, as_json = run(capsys, "schedule", *of(tiny_site))[1], run(capsys, "schedule", "--json", *of(tiny_site))[1]

    assert none == "Nothing is due: no text has a date ahead.\n"
    assert listed.startswith("2999-01-02 09:30 UTC  appears  The first post")
    assert json.loads(as_json)[0]["moment"] == "2999-01-02T09:30:00+00:00"


def test_a_build_that_loses_an_address_fails_and_changes_nothing(
    tiny_site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Until the author says where it went, or that it is gone."""
    run(capsys, "build", *to(tiny_site))
    wrote = run(capsys, "urls", "--write", *to(tiny_site))[1]
    second = tiny_site / "content" / "posts" / "second" / "index.md"
    first = tiny_site / "content" / "posts" / "first" / "index.md"
    first.write_text(first.read_text().replace("[second]({filename}/posts/second/index.md)", "second"))
    text = second.read_text()
    second.unlink()
    code, _, err = run(capsys, "build", *to(tiny_site))
    kept = (tiny_site / "output" / "blog" / "second" / "index.html").is_file()
    listed = tiny_site / "content" / "urls.txt"
    listed.write_text(listed.read_text().replace("/blog/second/\n", "/blog/second/ gone\n"))
    mended = run(capsys, "build", *to(tiny_site))[0]
    second.parent.mkdir(exist_ok=True)
    second.write_text(text)
    back = run(capsys, "build", *to(tiny_site))

    assert "added to" in wrote
    assert (code, kept, mended) == (1, True, 0)
    assert "url-lost  /blog/second/ was published" in err
    assert "write `/blog/second/ gone` in this line" in err
    assert (back[0], "url-not-gone" in back[2]) == (1, True)


def test_addresses_need_a_built_site(tiny_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And the command says how to get one."""
    code, _, err = run(capsys, "urls", *to(tiny_site))

    assert (code, "make build" in err) == (1, True)
