"""Every page is HTML, and every stylesheet CSS, by the checker that the W3C runs."""

from __future__ import annotations

from pathlib import Path

from tests.validator import find_faults


def test_every_page_and_stylesheet_is_valid(site_output: Path) -> None:
    """Errors and warnings alike: there are none."""
    assert find_faults(site_output) == []


def test_the_checker_finds_what_is_wrong(tmp_path: Path) -> None:
    """One that finds nothing anywhere would prove nothing."""
    (tmp_path / "page.html").write_text("<!doctype html><html lang=en><title>T</title><p><div></p>")
    (tmp_path / "site.css").write_text("p { colour: red }")
    faults = find_faults(tmp_path)

    assert any(fault.startswith("page.html:1:") for fault in faults)
    assert any("colour" in fault for fault in faults)
