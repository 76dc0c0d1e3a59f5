"""What Lighthouse says is read as it is, and less than everything is not enough."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from tools import lighthouse
from tools.lighthouse import MARKS, NoReportError, Report, look_until_perfect, read_report, write_certificate


def said(**changed: Any) -> dict[str, Any]:
    """Return what Lighthouse writes of a perfect page, with some audits changed."""
    audits: dict[str, Any] = {
        "largest-contentful-paint": {"numericValue": 900.0, "score": 1, "title": "LCP"},
        "cumulative-layout-shift": {"numericValue": 0, "score": 1, "title": "CLS"},
        "total-blocking-time": {"numericValue": 0, "score": 1, "title": "TBT"},
        "image-alt": {"score": 1, "title": "Pictures have words"},
        "unused": {"score": 0, "title": "Only for information"},
    }
    audits |= {name.replace("_", "-"): audit for name, audit in changed.items()}
    references = [{"id": "image-alt", "weight": 10}, {"id": "unused", "weight": 0}]
    return {"audits": audits, "categories": {name: {"score": 1, "auditRefs": references} for name in MARKS}}


def test_a_page_with_full_marks_is_perfect() -> None:
    """And what counts for nothing is not mentioned."""
    report = read_report("/", said())

    assert report.marks == (100, 100, 100, 100)
    assert report.short == ()
    assert report.is_perfect


@pytest.mark.parametrize(
    "audit",
    [
        {"largest_contentful_paint": {"numericValue": 1201.0, "score": 1, "title": "LCP"}},
        {"cumulative_layout_shift": {"numericValue": 0.001, "score": 1, "title": "CLS"}},
        {"total_blocking_time": {"numericValue": 1, "score": 1, "title": "TBT"}},
    ],
    ids=str,
)
def test_a_page_over_its_budget_is_not(audit: dict[str, Any]) -> None:
    """Lighthouse would still give it full marks."""
    assert not read_report("/", said(**audit)).is_perfect


def test_what_takes_marks_is_named() -> None:
    """So that somebody can mend it."""
    report = read_report("/", said(image_alt={"score": 0, "title": "Pictures have words"}))

    assert report.short == ("image-alt: Pictures have words",)


@pytest.mark.parametrize(
    ("blocked", "asked", "taken"), [([0.0], 1, 0.0), ([40.0, 0.0], 2, 0.0), ([40.0, 90.0, 20.0], 3, 20.0)], ids=str
)
def test_a_page_is_asked_again_where_it_is_short(
    monkeypatch: pytest.MonkeyPatch, blocked: list[float], asked: int, taken: float
) -> None:
    """A busy machine only makes marks worse, so the best of three counts, and a perfect one is enough."""
    seen: list[str] = []

    def look(_: str, path: str) -> Report:
        seen.append(path)
        return Report(path, (100, 100, 100, 100), 900.0, 0.0, blocked[len(seen) - 1], ())

    monkeypatch.setattr(lighthouse, "look_at", look)

    assert look_until_perfect("https://x.example", "/").blocked_ms == taken
    assert len(seen) == asked


def test_a_page_that_cannot_be_looked_at_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """After it was tried again, with Lighthouse's own words."""
    tried: list[str] = []

    def look(_: str, path: str) -> Report:
        tried.append(path)
        raise NoReportError("NO_NAVSTART")

    monkeypatch.setattr(lighthouse, "look_at", look)

    with pytest.raises(SystemExit, match="could not look at /: NO_NAVSTART"):
        look_until_perfect("https://x.example", "/")
    assert tried == ["/"] * 3


def test_a_certificate_is_one(tmp_path: Path) -> None:
    """With its key, as a server wants them."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    write_certificate(key, certificate)

    ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
