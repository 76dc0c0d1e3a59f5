"""The newest complete backup is what counts, as AWS Backup's client reads its answers.

The answers are made here, by the service's own model: AWS Backup itself cannot be had.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import boto3
import pytest
from botocore.stub import Stubber

from site_builder.release.aws import newest_backup
from site_builder.release.stores import StoreError


def ask(points: Sequence[tuple[str, int]], *, fails: bool = False) -> float | None:
    """Ask a vault that holds these backups: how each ended, and when it was begun."""
    client = boto3.client("backup", region_name="eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")  # noqa: S106
    with Stubber(client) as stub:
        if fails:
            stub.add_client_error("list_recovery_points_by_backup_vault", "ResourceNotFoundException", "no such vault")
        else:
            held = [{"Status": status, "CreationDate": datetime.fromtimestamp(at, UTC)} for status, at in points]
            stub.add_response(
                "list_recovery_points_by_backup_vault", {"RecoveryPoints": held}, {"BackupVaultName": "v"}
            )
        return newest_backup(client, "v")


def test_the_newest_complete_one_counts() -> None:
    """What has failed or is under way is no backup."""
    assert ask([("COMPLETED", 100), ("COMPLETED", 300), ("PARTIAL", 400), ("EXPIRED", 500)]) == 300
    assert ask([("PARTIAL", 400)]) is None
    assert ask([]) is None


def test_a_vault_that_does_not_answer_is_said() -> None:
    """In words, with its name."""
    with pytest.raises(StoreError, match="asking for the backups in v"):
        ask([], fails=True)
