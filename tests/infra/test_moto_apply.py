"""The ground is made for real where moto can carry it: applied, read back, planned again without a wish, and removed.

Moto is not AWS: it takes what AWS might refuse, knows no rights, and lacks much (IPv6 subnets, the cache). What it
shows is that the provider can make what is described, and that a second look finds what the first one made.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from site_builder.preview.database import free_port

ROOT = Path(__file__).resolve().parents[2]
MODULES = ROOT / "infra" / "modules"
SYSTEM_PROVIDERS = Path("/", "opt", "tf-plugins")
REGION = "eu-central-1"
# Where providers come from is the machine's business.
KEPT = ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR")
# What moto does not know must fail at once: the provider's own patience is counted in minutes.
PROVIDER = """
provider "aws" {
  %(alias)s
  region                      = "%(region)s"
  access_key                  = "test"
  secret_key                  = "test"
  max_retries                 = 2
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
}
"""

pytestmark = [pytest.mark.infra, pytest.mark.integration]


@dataclass(frozen=True)
class MotoGround:
    """A folder of Terraform whose AWS is moto's, on this machine."""

    folder: Path
    address: str
    plugins: Path | None

    def write(self, text: str) -> None:
        """Describe what is to be; `MODULES/` in it is where the project's modules are."""
        providers = [PROVIDER % {"alias": "", "region": REGION}]
        providers.append(PROVIDER % {"alias": 'alias = "replica"', "region": "eu-west-1"})
        (self.folder / "main.tf").write_text("\n".join([*providers, text.replace("MODULES/", f"{MODULES}/")]))
        self.run("init", "-input=false", *([f"-plugin-dir={self.plugins}"] if self.plugins else []))

    def apply(self, *targets: str) -> dict[str, Any]:
        """Make it, or the targets of it, and return the outputs."""
        self.run("apply", "-auto-approve", "-input=false", *(f"-target={target}" for target in targets))
        return {name: one["value"] for name, one in json.loads(self.run("output", "-json")).items()}

    def wishes(self, *targets: str, forgotten: frozenset[str] = frozenset()) -> list[str]:
        """Return what a second plan would change, but for the attributes that moto is known to forget."""
        self.run("plan", "-input=false", "-out=again", *(f"-target={target}" for target in targets))
        plan = json.loads(self.run("show", "-json", "again"))
        changes = {one["address"]: one["change"] for one in plan.get("resource_changes", ())}
        return [
            name for name, change in changes.items() if change["actions"] != ["no-op"] and differs(change) - forgotten
        ]

    def destroy(self) -> None:
        """Remove all of it."""
        self.run("destroy", "-auto-approve", "-input=false")

    def run(self, *arguments: str) -> str:
        """Run Terraform and return what it says; a failure shows its words."""
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_")) or name in KEPT
        }
        done = subprocess.run(
            ["terraform", f"-chdir={self.folder}", *arguments],
            env={**kept, "AWS_ENDPOINT_URL": self.address, "TF_CLI_ARGS": "-no-color"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
        return done.stdout

    def client(self, service: str) -> Any:
        """Return a client of this AWS, to look with other eyes than Terraform's."""
        return boto3.client(service, region_name=REGION, endpoint_url=self.address)  # type: ignore[call-overload]


def differs(change: Mapping[str, Any]) -> set[str]:
    """Return the attributes that would change; all of them where something is made or removed."""
    before, after = change["before"] or {}, change["after"] or {}
    return {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}


@contextmanager
def own_moto() -> Iterator[str]:
    """Run a moto in a process of its own: all that run in one process are one AWS."""
    port = free_port()
    command = [sys.executable, "-c", f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not answers(port):
            assert process.poll() is None, "moto has ended"
            assert time.monotonic() < deadline, "moto does not answer"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def answers(port: int) -> bool:
    """Say whether somebody listens there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[MotoGround]:
    """Return a folder for Terraform and an AWS to try it on; skip, or fail where it is required, without Terraform."""
    named = os.environ.get("TF_PLUGIN_DIR")
    plugins = Path(named) if named else SYSTEM_PROVIDERS
    if not shutil.which("terraform") or not plugins.is_dir():
        why = "terraform is not on PATH, or there is no folder of providers (TF_PLUGIN_DIR)"
        if os.environ.get("INFRA_TESTS_REQUIRED") == "1":
            pytest.fail(f"{why}, and INFRA_TESTS_REQUIRED=1 says that these tests must run")
        pytest.skip(why)
    with own_moto() as address:
        yield MotoGround(tmp_path, address, plugins)


GROUND = """
module "network" {
  source      = "MODULES/network"
  environment = "dev"
  account     = "123456789012"
  region      = "eu-central-1"
  # Moto fails on subnets with IPv6.
  egress    = "none"
  endpoints = ["sqs"]
}
module "database" {
  source             = "MODULES/database"
  environment        = "dev"
  account            = "123456789012"
  region             = "eu-central-1"
  subnet_ids         = module.network.data_subnet_ids
  security_group_ids = module.network.security_group_ids
  backup             = { days = 7, copy_region = "eu-west-1" }
  proxy              = true
  providers          = { aws = aws, aws.replica = aws.replica }
}
output "network" { value = module.network }
"""
# The database itself takes moto minutes to make; what it stands on does not.
STANDS_ON = (
    "module.database.aws_db_subnet_group.this",
    "module.database.aws_cloudwatch_log_group.this",
    "module.database.aws_secretsmanager_secret.proxy",
    "module.database.aws_iam_role_policy.proxy",
)
# Moto makes these too, and says something else of them than what they were made with.
MISREMEMBERED = (
    "module.database.aws_db_parameter_group.this",
    "module.database.aws_backup_vault.this",
    "module.database.aws_backup_vault.copy",
)
# Moto keeps no descriptions of single rules.
RULES = frozenset({"description"})


def test_the_network_and_what_the_database_stands_on_are_made_and_found_again(ground: MotoGround) -> None:
    """A second plan wishes for nothing; nobody but the functions reaches the data."""
    ground.write(GROUND)
    network = ground.apply("module.network", *STANDS_ON, *MISREMEMBERED)["network"]
    assert ground.wishes("module.network", *STANDS_ON, forgotten=RULES) == []

    ec2 = ground.client("ec2")
    group = network["security_group_ids"]
    (database,) = ec2.describe_security_groups(GroupIds=[group["database"]])["SecurityGroups"]
    heard = {pair["GroupId"] for rule in database["IpPermissions"] for pair in rule["UserIdGroupPairs"]}
    assert heard == {group["api"], group["proxy"]}
    assert [rule["IpRanges"] for rule in database["IpPermissions"] if rule["IpRanges"]] == []
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [network["vpc_id"]]}])["RouteTables"]
    assert {route.get("GatewayId") for table in tables for route in table["Routes"]} == {"local"}

    rds = ground.client("rds")
    (name,) = [one["DBParameterGroupName"] for one in rds.describe_db_parameter_groups()["DBParameterGroups"]]
    written = rds.describe_db_parameters(DBParameterGroupName=name)["Parameters"]
    assert {one["ParameterName"]: one["ParameterValue"] for one in written}["rds.force_ssl"] == "1"
    (secret,) = ground.client("secretsmanager").list_secrets()["SecretList"]
    # Terraform makes the secret and never its value.
    assert not secret.get("SecretVersionsToStages")


@pytest.mark.skipif(os.environ.get("HYPOTHESIS_PROFILE") != "nightly", reason="moto takes minutes to make a database")
def test_the_database_is_made(ground: MotoGround) -> None:
    """Closed, encrypted, in the data's subnets, with a proxy before it."""
    ground.write(GROUND.replace('endpoints = ["sqs"]', ""))
    ground.apply("module.network", "module.database.aws_db_instance.this", "module.database.aws_db_proxy_target.this")

    (made,) = ground.client("rds").describe_db_instances()["DBInstances"]
    assert (made["PubliclyAccessible"], made["StorageEncrypted"], made["DeletionProtection"]) == (False, True, True)
    assert made["IAMDatabaseAuthenticationEnabled"]
    assert made["BackupRetentionPeriod"] == 7
