"""The command `import` says what it does and what it leaves to the author."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from site_builder.cli.main import main
from site_builder.importing import GENERATORS


def bring_in(project_root: Path, generator: str, content: Path, *options: str) -> int:
    """Run the command on the export of a generator."""
    source = project_root / "tests" / "exports" / generator
    return main(["import", str(source), "--content", str(content), *options])


@pytest.mark.parametrize("generator", GENERATORS)
def test_an_import_says_what_it_wrote(
    generator: str, project_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each text has its line, each thing left has its own, and the end says what to do next."""
    assert bring_in(project_root, generator, tmp_path / "content") == 0
    out = capsys.readouterr().out

    for path in (tmp_path / "content").rglob("*.md"):
        assert f"{path}  from " in out
    assert f"from {generator}.\n" in out
    assert "Now run `python -m site_builder check`" in out


def test_a_dry_run_writes_nothing(project_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither a text nor the report."""
    code = bring_in(project_root, "hugo", tmp_path / "c", "--dry-run", "--report", str(tmp_path / "import-report.txt"))

    assert code == 0
    assert list(tmp_path.iterdir()) == []
    assert "Would import 5 texts" in capsys.readouterr().out


def test_the_report_is_written_where_it_is_asked_for(
    project_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same lines as on the terminal, to be worked through."""
    report = tmp_path / "import-report.txt"
    bring_in(project_root, "jekyll", tmp_path / "content", "--report", str(report))
    lines = report.read_text().splitlines()

    assert lines
    assert set(lines) <= set(capsys.readouterr().out.splitlines())
    assert all(len(line.split("  ")) >= 3 for line in lines)


def test_a_machine_gets_json(project_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Texts, what was kept, and the notes."""
    bring_in(project_root, "medium", tmp_path / "content")
    capsys.readouterr()
    bring_in(project_root, "medium", tmp_path / "content", "--json")
    answer = json.loads(capsys.readouterr().out)

    assert (answer["generator"], answer["texts"], len(answer["kept"])) == ("medium", [], 3)
    assert {"path", "what", "todo"} == set(answer["notes"][0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("nowhere",), "no such file or folder"),
        ((".",), "cannot be told which generator"),
        ((".", "--from", "hugo"), "holds no folder content/"),
        ((".", "--from", "medium"), "holds no posts"),
        (("a.zip",), "cannot be told"),
        (("a.zip", "--from", "medium"), "no .zip file that can be read"),
        (("a.xml",), "not well-formed XML"),
    ],
)
def test_what_cannot_be_imported_is_said(
    options: tuple[str, ...],
    words: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """An error in words and exit code 1, never a traceback."""
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04no")
    (tmp_path / "b.xml").write_bytes(b"<feed/>")
    (tmp_path / "a.xml").write_bytes(b"<rss>\x00&nbsp;")
    monkeypatch.chdir(tmp_path)
    code = main(["import", *options])
    err = capsys.readouterr().err

    assert (code, words in err, "Traceback" in err) == (1, True, False)


def test_a_report_that_cannot_be_written_is_said(
    project_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that is not there is named."""
    code = bring_in(project_root, "medium", tmp_path / "content", "--report", str(tmp_path / "no" / "r.txt"))

    assert (code, "the report cannot be written" in capsys.readouterr().err) == (1, True)
