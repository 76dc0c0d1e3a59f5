"""A known hole fails the audit, and so does a package that nobody could ask about."""

from __future__ import annotations

from datetime import date

import pytest

from tools.audit import ACCEPTED, Accepted, faults_of, read_accepted

TODAY = date(2026, 11, 21)
HOLE = {"id": "PYSEC-1", "aliases": ["CVE-2026-1"], "fix_versions": ["2.1"]}
SAID = {
    "dependencies": [
        {"name": "clean", "version": "1.0", "vulns": []},
        {"name": "holed", "version": "2.0", "vulns": [HOLE]},
        {"name": "unknown", "skip_reason": "Dependency not found"},
    ]
}


def test_a_hole_and_a_silence_are_faults() -> None:
    """Each says what it is of, and what would mend it."""
    assert list(faults_of(SAID, (), TODAY)) == [
        "holed 2.0 has PYSEC-1, mended in 2.1. `make lock` takes a newer one.",
        "unknown could not be asked about: Dependency not found",
    ]


@pytest.mark.parametrize(("until", "faults"), [(date(2026, 11, 22), 1), (date(2026, 11, 21), 2)])
def test_what_is_accepted_is_accepted_until_its_day(until: date, faults: int) -> None:
    """By any of its names; afterwards it is a fault again."""
    assert len(list(faults_of(SAID, (Accepted("CVE-2026-1", until, "not called"),), TODAY))) == faults


def test_what_is_accepted_here_has_a_reason_and_a_day() -> None:
    """The list can be read."""
    read = read_accepted('[[accepted]]\nhole = "A"\nuntil = 2027-01-31\nwhy = "b"\n')

    assert read == (Accepted("A", date(2027, 1, 31), "b"),)
    assert all(one.why for one in read_accepted(ACCEPTED.read_text()))
