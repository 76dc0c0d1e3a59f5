"""What Lighthouse says is read as it is, and less than everything is not enough."""

from __future__ import annotations

from typing import Any

import pytest

from tools.lighthouse import MARKS, read_report


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
