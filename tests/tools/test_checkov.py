"""What checkov finds has a reason, or is said."""

from __future__ import annotations

import pytest

from tools import checkov
from tools.checkov import ACCEPTED, INFRA, Finding, compare, is_installed, look, read_accepted, read_findings


@pytest.mark.infra
def test_nothing_is_found_but_what_has_its_reason() -> None:
    """Hundreds of rules of others; what is right as it is says why."""
    if not is_installed():
        pytest.skip("checkov is not installed; `make checkov` does that, and CI asks it")

    assert compare(look(INFRA), read_accepted(ACCEPTED.read_text())) == ()


def test_what_cannot_be_installed_is_a_failure_and_not_skipped(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A check that nobody made has found nothing."""

    def refuse() -> None:
        raise checkov.CheckovError("there is no registry")

    monkeypatch.setattr(checkov, "is_installed", lambda: False)
    monkeypatch.setattr(checkov, "install", refuse)

    assert checkov.main() == 1
    assert capsys.readouterr().err == "make checkov: there is no registry\n"


def test_every_reason_is_one() -> None:
    """A name without a sentence is no reason."""
    accepted = read_accepted(ACCEPTED.read_text())

    assert accepted
    assert [one for one, why in accepted.items() if not why.endswith(".")] == []


def test_what_has_no_reason_is_said_and_a_reason_for_nothing_too() -> None:
    """So the list neither falls behind nor outlives what it was for."""
    found = [Finding("C1", "aws_s3_bucket.this", "closed"), Finding("C2", "aws_s3_bucket.logs", "kept")]
    accepted = read_accepted(
        '[[accepted]]\ncheck = "C1"\nresources = ["aws_s3_bucket.this", "aws_s3_bucket.old"]\nwhy = "It is."'
    )

    assert compare(found, accepted) == (
        "C2 aws_s3_bucket.logs: kept",
        "C1 aws_s3_bucket.old: nothing is found there any more",
    )


def test_what_it_says_is_read_without_the_way_there() -> None:
    """One finding in three environments is one."""
    failed = [
        {"check_id": "C1", "check_name": "closed", "resource": f'module.environment.module.site[0].{name}["a.b"]'}
        for name in ("aws_s3_bucket.this", "aws_s3_bucket.this")
    ]

    assert set(read_findings([{"results": {"failed_checks": failed}}])) == {
        Finding("C1", "aws_s3_bucket.this", "closed")
    }
    assert list(read_findings({"passed": 0})) == []
