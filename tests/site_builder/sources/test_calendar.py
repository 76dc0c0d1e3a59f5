"""A text is on the site from its date until it expires, and somebody can ask when that changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from site_builder.sources.calendar import Calendar, due, is_out, next_change

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
MOMENTS = st.none() | st.integers(-3, 3).map(lambda hours: NOW + timedelta(hours=hours))


@given(st.lists(st.tuples(MOMENTS, MOMENTS)))
def test_nothing_changes_before_the_next_change(texts: list[tuple[datetime | None, datetime | None]]) -> None:
    """Until that moment the site stays as it is; at that moment it does not."""
    moments = [moment for text in texts for moment in text]
    then = next_change(moments, NOW)
    before = [is_out(date, expires, NOW) for date, expires in texts]

    if then is None:
        assert before == [is_out(date, expires, NOW + timedelta(days=999)) for date, expires in texts]
    else:
        assert before == [is_out(date, expires, then - timedelta(seconds=1)) for date, expires in texts]


def test_what_is_due_comes_in_order(tiny_site: Path) -> None:
    """The next first, what appears and what expires alike; drafts are never due."""
    posts = tiny_site / "content" / "posts"
    (posts / "first" / "index.md").write_text("Title: First\nDate: 2026-07-01\nExpires: 2026-09-01\n\nText\n")
    (posts / "second" / "index.md").write_text("Title: Second\nDate: 2026-06-15\n\nText\n")
    (posts / "draft.md").write_text("Title: Draft\nDate: 2026-06-15\nStatus: draft\n\nText\n")

    assert [(one.title, one.what) for one in due(tiny_site / "content", ["posts"], NOW)] == [
        ("Second", "appears"),
        ("First", "appears"),
        ("First", "expires"),
    ]


def test_why_a_text_is_absent_is_said(tiny_site: Path) -> None:
    """An author who links it learns whether to wait or to publish."""
    post = tiny_site / "content" / "posts" / "first" / "index.md"
    reasons = []
    for keys in ("Date: 2026-07-01", "Date: 2026-01-01\nExpires: 2026-05-01", "Status: draft", "Date: 2026-01-01"):
        post.write_text(f"Title: First\n{keys}\n\nText\n")
        reasons.append(Calendar(NOW).absent(post))

    assert reasons == [
        "appears only on 2026-07-01 00:00 UTC",
        "left the site on 2026-05-01 00:00 UTC",
        "is a draft",
        "",
    ]
