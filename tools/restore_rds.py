"""RDS as the restore drill sees it: an instance, and the function that counts inside of its network."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from tools.restore_drill import Inventory, RestoreError

POLL_SECONDS = 15.0
# Beyond the limit of the drill: a slow copy is a finding, and worth waiting for.
MOST_SECONDS = 2 * 3600
# What AWS says is wrong, by its code.
ABSENT = "DBInstanceNotFound"


class RdsInstance:
    """An instance, and a copy of it under another name."""

    def __init__(
        self,
        rds: Any,  # noqa: ANN401 - boto3's clients have no types of their own
        name: str,
        count: Callable[[str | None], Inventory],
        poll: Callable[[], None] = lambda: time.sleep(POLL_SECONDS),
    ) -> None:
        self._rds = rds
        self._name = name
        self._copy = f"{name}-restored"
        self._count = count
        self._poll = poll
        # Only a copy that this drill has asked for is its own to remove.
        self._is_asked_for = False

    def newest(self) -> datetime:
        """Return the latest moment that can be had back: RDS keeps its log away every five minutes."""
        instance = self._describe(self._name)
        if not instance:
            raise RestoreError(
                f"there is no RDS instance {self._name}. Look at the environment, the region and the credentials; "
                "for Aurora see docs/runbooks/restore.md."
            )
        if "LatestRestorableTime" not in instance:
            raise RestoreError(f"{self._name} cannot be had back as of a moment yet: its first backup is still made")
        moment: datetime = instance["LatestRestorableTime"]
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment

    def begin(self, moment: datetime) -> None:
        """Ask for a copy that is as closed, and as large, as the instance."""
        if self._describe(self._copy):
            raise RestoreError(f"{self._copy} is there already. Look at it, and delete it or wait for the other drill.")
        like = self._describe(self._name)
        self._is_asked_for = True
        self._ask(
            self._rds.restore_db_instance_to_point_in_time,
            SourceDBInstanceIdentifier=self._name,
            TargetDBInstanceIdentifier=self._copy,
            RestoreTime=moment,
            DBInstanceClass=like["DBInstanceClass"],
            DBSubnetGroupName=like["DBSubnetGroup"]["DBSubnetGroupName"],
            VpcSecurityGroupIds=[group["VpcSecurityGroupId"] for group in like["VpcSecurityGroups"]],
            DBParameterGroupName=like["DBParameterGroups"][0]["DBParameterGroupName"],
            MultiAZ=like["MultiAZ"],
            PubliclyAccessible=False,
            EnableIAMDatabaseAuthentication=True,
            CopyTagsToSnapshot=True,
            DeletionProtection=False,
        )

    def wait(self) -> None:
        """Return when the copy is available."""
        self._wait_for(self._copy)

    def count(self, *, copy: bool) -> Inventory:
        """Let the function count that is allowed to, in the network where the database is."""
        return self._count(self._describe(self._copy)["Endpoint"]["Address"] if copy else None)

    def switch(self) -> str:
        """Give the copy the instance's name, and so its address; the instance stays beside it under another."""
        aside = f"{self._name}-before-{datetime.now(UTC):%Y%m%d%H%M}"
        protected = self._describe(self._name)["DeletionProtection"]
        self._rename(self._name, aside)
        self._rename(self._copy, self._name)
        # RDS makes and keeps a password for the copy's administrator too.
        self._ask(
            self._rds.modify_db_instance,
            DBInstanceIdentifier=self._name,
            ManageMasterUserPassword=True,
            DeletionProtection=protected,
            ApplyImmediately=True,
        )
        return (
            f"The database is {self._name} again; the one before is {aside}.\n"
            "IAM knows it by another id now, so tell Terraform, and let it give the functions the right to connect:\n"
            'see "After the switch" in docs/runbooks/restore.md.'
        )

    def remove(self) -> None:
        """Delete the copy; there is nothing in it that is not elsewhere."""
        if self._is_asked_for and self._describe(self._copy):
            self._ask(
                self._rds.modify_db_instance,
                DBInstanceIdentifier=self._copy,
                DeletionProtection=False,
                ApplyImmediately=True,
            )
            self._ask(
                self._rds.delete_db_instance,
                DBInstanceIdentifier=self._copy,
                SkipFinalSnapshot=True,
                DeleteAutomatedBackups=True,
            )

    def _rename(self, name: str, to: str) -> None:
        self._ask(
            self._rds.modify_db_instance, DBInstanceIdentifier=name, NewDBInstanceIdentifier=to, ApplyImmediately=True
        )
        self._wait_for(to)

    def _wait_for(self, name: str) -> None:
        deadline = time.monotonic() + MOST_SECONDS
        while (self._describe(name) or {}).get("DBInstanceStatus") != "available":
            if time.monotonic() > deadline:
                raise RestoreError(f"{name} was not available after two hours. Look at its events in RDS.")
            self._poll()

    def _describe(self, name: str) -> dict[str, Any]:
        try:
            (found,) = self._rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"]
        except ClientError as error:
            if error.response["Error"]["Code"].startswith(ABSENT):
                return {}
            raise RestoreError(f"RDS does not say what {name} is: {error}") from error
        except BotoCoreError as error:
            raise RestoreError(f"RDS cannot be asked: {error}") from error
        return dict(found)

    @staticmethod
    def _ask(call: Callable[..., object], **wish: object) -> None:
        try:
            call(**wish)
        except (ClientError, BotoCoreError) as error:
            raise RestoreError(f"RDS refused: {error}") from error


def counted_by(client: Any, function: str) -> Callable[[str | None], Inventory]:  # noqa: ANN401 - as above
    """Return what counts by asking a function, which is in the network as nobody else is."""

    def count(host: str | None) -> Inventory:
        wish = {"command": "inventory"} | ({"host": host} if host else {})
        try:
            answer = client.invoke(FunctionName=function, Payload=json.dumps(wish).encode())
            said = json.loads(answer["Payload"].read())
        except (ClientError, BotoCoreError, ValueError) as error:
            raise RestoreError(f"{function} cannot be asked to count: {error}") from error
        if answer.get("FunctionError"):
            raise RestoreError(f"{function} could not count: {said.get('errorMessage', said)}")
        return Inventory(said["rows"], said["newest_message"])

    return count


def open_rds(environment: str, region: str) -> RdsInstance:
    """Return an environment's instance, as Terraform names it."""
    name = f"zichkoding-{environment}"
    count = counted_by(boto3.client("lambda", region_name=region), f"{name}-migrate")
    return RdsInstance(boto3.client("rds", region_name=region), name, count)
