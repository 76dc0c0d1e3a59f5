"""The browser of the tests is found in a known order."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import browser


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder on a machine that has no browser at all."""
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "own"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path


def put(path: Path) -> Path:
    """Put a program at the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return path


def test_the_named_one_comes_first(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who names a browser means it."""
    put(nowhere / "bin" / "chromium")
    monkeypatch.setenv("CHROMIUM", "/somewhere/chromium")

    assert browser.find_browser() == Path("/somewhere/chromium")


def test_playwrights_own_comes_before_the_systems(nowhere: Path) -> None:
    """It is the one that Playwright is made for."""
    put(nowhere / "bin" / "chromium")
    own = put(nowhere / "own" / "chromium-1255" / "chrome-linux64" / "chrome")

    assert browser.find_browser() == own


def test_the_systems_is_good_enough(nowhere: Path) -> None:
    """Where a download cannot be had, what is installed serves."""
    assert browser.find_browser() is None

    put(nowhere / "bin" / "google-chrome")

    assert browser.find_browser() == nowhere / "bin" / "google-chrome"


def test_without_any_a_person_learns_what_to_install(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing browser is a sentence, not a stack of errors."""
    monkeypatch.setattr(browser, "_download", lambda _: None)
    monkeypatch.setattr(browser, "_install_debian_package", lambda: None)
    said: list[str] = []
    (nowhere / "venv" / "bin").mkdir(parents=True)
    browser.install_browser(nowhere / "venv" / "bin" / "python", said.append)

    assert "apt install chromium" in said[-1]


def test_a_download_that_cannot_be_had_is_tried_once(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright's own first; where it is not to be had, the system's, without waiting again."""
    tries: list[Path] = []
    monkeypatch.setattr(browser, "_download", tries.append)
    put(nowhere / "bin" / "chromium")
    python = put(nowhere / "venv" / "bin" / "python")
    for _ in range(3):
        browser.install_browser(python, lambda _: None)

    assert tries == [python]
