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
