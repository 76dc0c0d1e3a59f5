"""What security.txt promises is held to its day."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from site_builder.checks.findings import ERROR, WARNING
from site_builder.checks.security import check_security_text

NOW = datetime(2027, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Contact: https://x.example/\nExpires: 2027-10-01T00:00:00Z\n", []),
        ("Contact: https://x.example/\nExpires: 2027-02-01T00:00:00Z\n", [(WARNING, "it expires in 31 days")]),
        ("Contact: https://x.example/\nExpires: 2026-12-31T00:00:00Z\n", [(ERROR, "it expired on 2026-12-31")]),
        ("Contact: https://x.example/\nExpires: 2027-10-01\n", [(ERROR, "which is no moment")]),
        ("Contact: https://x.example/\n", [(ERROR, "which is no moment")]),
        ("Expires: 2027-10-01T00:00:00Z\n", [(ERROR, "nobody to write to")]),
    ],
)
def test_a_day_that_comes_is_said_in_time(text: str, said: list[tuple[str, str]]) -> None:
    """Sixty days before as a warning, afterwards as an error; a day without its zone is no moment."""
    found = [(flaw.level, flaw.what) for flaw in check_security_text(text, NOW)]

    assert [level for level, _ in found] == [level for level, _ in said]
    assert all(words in what for (_, what), (_, words) in zip(found, said, strict=True))
