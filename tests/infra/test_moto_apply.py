"""The ground is made for real where moto can carry it: applied, read back, and planned again without a wish.

Moto is not AWS: it takes what AWS might refuse, knows no rights, and lacks much (IPv6 subnets, the cache, CloudFront's
functions and policies, and with them the distribution and the policy of the bucket that names it). What it shows is
that the provider can make what is described, and that a second look finds what the first one made.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.infra.ground import GROUND
from tests.infra.moto_ground import ACCOUNT, SECOND_REGION, MotoGround, running_ground

pytestmark = [pytest.mark.infra, pytest.mark.integration]

DESCRIBED = """
module "network" {
  source      = "./infra/modules/network"
  environment = "dev"
  account     = "123456789012"
  region      = "eu-central-1"
  # Moto fails on subnets with IPv6.
  egress    = "none"
  endpoints = ["sqs"]
}
module "database" {
  source             = "./infra/modules/database"
  environment        = "dev"
  account            = "123456789012"
  region             = "eu-central-1"
  subnet_ids         = module.network.data_subnet_ids
  security_group_ids = module.network.security_group_ids
  backup             = { days = 7, copy_region = "eu-west-1" }
  proxy              = true
  providers          = { aws = aws, aws.replica = aws.replica }
}
module "account" {
  source         = "./account"
  account        = "123456789012"
  monthly_budget = 60
  told_of_costs  = ["owner@example.com"]
}
module "site" {
  source         = "./infra/modules/site"
  environment    = "dev"
  account        = "123456789012"
  region         = "eu-central-1"
  firewall       = false
  log_days       = 14
  replica_region = "eu-west-1"
  providers      = { aws = aws, aws.global = aws.global, aws.replica = aws.replica }
}
module "identity" {
  source        = "./infra/modules/identity"
  environment   = "dev"
  account       = "123456789012"
  repository    = "zichkoding/site"
  bucket_arn    = module.site.s3_bucket_arn
  kvs_arn       = "arn:aws:cloudfront::123456789012:key-value-store/1"
  promotes_from = "staging"
  api = {
    functions        = { app = "arn:aws:lambda:eu-central-1:123456789012:function:zichkoding-dev-app" }
    alias            = "live"
    backup_vault_arn = "arn:aws:backup:eu-central-1:123456789012:backup-vault:zichkoding-dev"
  }
}
output "network" { value = module.network }
output "role" { value = module.identity.role_name }
"""
# What stands on no provider of its own: the account's root says where it is applied, and this is applied elsewhere.
OF_THE_ACCOUNT = ("identity.tf", "buckets.tf", "trail.tf", "variables.tf")
BUCKETS = """
locals {
  buckets = { for name in ["state", "configuration", "trail"] : name => "zichkoding-${name}-${var.account}" }
}
"""
# The database itself takes moto minutes to make; what it stands on does not.
STANDS_ON = (
    "module.database.aws_db_subnet_group.this",
    "module.database.aws_cloudwatch_log_group.this",
    "module.database.aws_secretsmanager_secret.proxy",
    "module.database.aws_iam_role_policy.proxy",
)
IDENTITY = (
    "module.account.aws_iam_openid_connect_provider.github",
    "module.account.aws_iam_policy.boundary",
    "module.identity",
)
CORE = ("", "_versioning", "_server_side_encryption_configuration", "_public_access_block", "_ownership_controls")
BUCKETS_CORE = (
    *(f"module.site.aws_s3_bucket{part}.{name}" for part in CORE for name in ("this", "replica")),
    *(f"module.site.aws_s3_bucket{part}.logs" for part in CORE if part != "_versioning"),
    "module.site.aws_s3_bucket_logging.this",
    *(f"module.account.aws_s3_bucket{part}.this" for part in (*CORE, "_policy")),
)
# Moto makes these too, and says something else of them than what they were made with.
MISREMEMBERED = (
    "module.database.aws_db_parameter_group.this",
    "module.database.aws_backup_vault.this",
    "module.database.aws_backup_vault.copy",
    "module.site.aws_s3_bucket_replication_configuration.this",
)
# Moto keeps no descriptions of single rules.
RULES = frozenset({"description"})
# The provider looks for a minute whether S3 has really taken one; a database takes moto minutes.
SLOW = pytest.mark.skipif(os.environ.get("HYPOTHESIS_PROFILE") != "nightly", reason="it takes minutes")


@dataclass(frozen=True)
class Made:
    """What was made, once for all that look at it, and what a second plan would change of it."""

    ground: MotoGround
    outputs: dict[str, Any]
    wishes: list[str]


def describe(ground: MotoGround, text: str = DESCRIBED) -> None:
    """Describe the parts that stand by themselves, and what of the account they stand on."""
    account = ground.folder / "account"
    account.mkdir()
    for name in OF_THE_ACCOUNT:
        (account / name).symlink_to(GROUND / "account" / name)
    (account / "main.tf").write_text(BUCKETS)
    ground.write(text)


@pytest.fixture(scope="module")
def made(providers: Path | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Make all that moto makes quickly: getting ready costs more than the making."""
    with running_ground(tmp_path_factory.mktemp("ground"), providers) as ground:
        describe(ground)
        lasting = ("module.network", *STANDS_ON, *IDENTITY, *BUCKETS_CORE)
        outputs = ground.apply(*lasting, *MISREMEMBERED)
        yield Made(ground, outputs, ground.wishes(*lasting, forgotten=RULES))


def test_a_second_plan_wishes_for_nothing(made: Made) -> None:
    """What is described is what is there."""
    assert made.wishes == []


def test_nobody_but_the_functions_reaches_the_data(made: Made) -> None:
    """Not by a rule, not by an address, and there is no way out."""
    ec2, network = made.ground.client("ec2"), made.outputs["network"]
    group = network["security_group_ids"]
    (database,) = ec2.describe_security_groups(GroupIds=[group["database"]])["SecurityGroups"]
    heard = {pair["GroupId"] for rule in database["IpPermissions"] for pair in rule["UserIdGroupPairs"]}
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [network["vpc_id"]]}])["RouteTables"]

    assert heard == {group["api"], group["proxy"]}
    assert [rule["IpRanges"] for rule in database["IpPermissions"] if rule["IpRanges"]] == []
    assert {route.get("GatewayId") for table in tables for route in table["Routes"]} == {"local"}


def test_the_database_will_stand_on_tls_and_a_secret_that_terraform_never_sees(made: Made) -> None:
    """Terraform makes the secret and never its value."""
    rds = made.ground.client("rds")
    (name,) = [one["DBParameterGroupName"] for one in rds.describe_db_parameter_groups()["DBParameterGroups"]]
    written = rds.describe_db_parameters(DBParameterGroupName=name)["Parameters"]
    (secret,) = made.ground.client("secretsmanager").list_secrets()["SecretList"]

    assert {one["ParameterName"]: one["ParameterValue"] for one in written}["rds.force_ssl"] == "1"
    assert not secret.get("SecretVersionsToStages")


def test_a_run_of_the_repository_in_its_environment_deploys_and_no_other(made: Made) -> None:
    """By GitHub's word, in the boundary, by rules of its own, and without a key."""
    iam = made.ground.client("iam")
    role = iam.get_role(RoleName=made.outputs["role"])["Role"]
    (trusted,) = role["AssumeRolePolicyDocument"]["Statement"]
    (vouching,) = [one["Arn"] for one in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    known = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=vouching)

    assert trusted["Principal"] == {"Federated": vouching}
    assert trusted["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert trusted["Condition"] == {
        "StringEquals": {
            f"{known['Url']}:aud": "sts.amazonaws.com",
            f"{known['Url']}:sub": ["repo:zichkoding/site:environment:dev"],
        }
    }
    assert known["ClientIDList"] == ["sts.amazonaws.com"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == f"arn:aws:iam::{ACCOUNT}:policy/zichkoding-boundary"
    assert (
        iam.get_policy(PolicyArn=role["PermissionsBoundary"]["PermissionsBoundaryArn"])["Policy"]["AttachmentCount"]
        == 0
    )
    assert set(iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]) == {
        "site",
        "promote-from-staging",
        "api",
    }
    assert iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"] == []
    assert iam.list_users()["Users"] == []


@pytest.mark.parametrize("name", ["dev", "dev-replica", "dev-logs", "state", "configuration", "trail"])
def test_a_bucket_is_closed_and_encrypted_and_nobody_else_owns_what_is_in_it(made: Made, name: str) -> None:
    """Each of them, the second region's copy too."""
    s3, bucket = made.ground.client("s3"), {"Bucket": f"zichkoding-{name}-{ACCOUNT}"}
    (rule,) = s3.get_bucket_encryption(**bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    (owned,) = s3.get_bucket_ownership_controls(**bucket)["OwnershipControls"]["Rules"]

    assert set(s3.get_public_access_block(**bucket)["PublicAccessBlockConfiguration"].values()) == {True}
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert owned == {"ObjectOwnership": "BucketOwnerEnforced"}


def test_what_was_overwritten_can_be_had_back_here_and_in_the_second_region(made: Made) -> None:
    """Versions are kept, and each is copied; logs are written once."""
    s3 = made.ground.client("s3")
    versioned = {
        name: s3.get_bucket_versioning(Bucket=f"zichkoding-{name}-{ACCOUNT}").get("Status")
        for name in ("dev", "dev-replica", "dev-logs", "state", "configuration", "trail")
    }
    copied = s3.get_bucket_replication(Bucket=f"zichkoding-dev-{ACCOUNT}")["ReplicationConfiguration"]
    (rule,) = copied["Rules"]
    lies = s3.get_bucket_location(Bucket=f"zichkoding-dev-replica-{ACCOUNT}")["LocationConstraint"]

    assert versioned == dict.fromkeys(("dev", "dev-replica", "state", "configuration", "trail"), "Enabled") | {
        "dev-logs": None
    }
    assert (rule["Status"], rule["Destination"]["Bucket"]) == (
        "Enabled",
        f"arn:aws:s3:::zichkoding-dev-replica-{ACCOUNT}",
    )
    assert copied["Role"] == f"arn:aws:iam::{ACCOUNT}:role/zichkoding-dev-replication"
    assert lies == SECOND_REGION


def test_who_asked_the_bucket_past_the_cdn_is_written_down_and_nothing_goes_without_tls(made: Made) -> None:
    """In the bucket of the logs, which takes them from S3 for this bucket alone."""
    s3 = made.ground.client("s3")
    logged = s3.get_bucket_logging(Bucket=f"zichkoding-dev-{ACCOUNT}")["LoggingEnabled"]
    policies = {
        name: json.loads(s3.get_bucket_policy(Bucket=f"zichkoding-{name}-{ACCOUNT}")["Policy"])["Statement"]
        for name in ("dev-logs", "state", "configuration", "trail")
    }
    (taken,) = [one for one in policies["dev-logs"] if one["Principal"] == {"Service": "logging.s3.amazonaws.com"}]
    denied = {name: one["Condition"] for name, said in policies.items() for one in said if one["Effect"] == "Deny"}

    assert (logged["TargetBucket"], logged["TargetPrefix"]) == (f"zichkoding-dev-logs-{ACCOUNT}", "bucket/")
    assert taken["Condition"]["ArnEquals"] == {"aws:SourceArn": f"arn:aws:s3:::zichkoding-dev-{ACCOUNT}"}
    assert denied == {name: {"Bool": {"aws:SecureTransport": "false"}} for name in policies}


@SLOW
def test_what_was_deleted_is_forgotten_after_a_month_and_a_log_in_its_time(made: Made) -> None:
    """By rules of the buckets; what nobody deleted stays."""
    lifecycle = "module.site.aws_s3_bucket_lifecycle_configuration"
    made.ground.apply(f"{lifecycle}.this", f"{lifecycle}.logs", f"{lifecycle}.replica")
    s3 = made.ground.client("s3")
    rules = {
        name: s3.get_bucket_lifecycle_configuration(Bucket=f"zichkoding-{name}-{ACCOUNT}")["Rules"]
        for name in ("dev", "dev-replica", "dev-logs")
    }
    days = {
        name: [
            one["NoncurrentVersionExpiration"]["NoncurrentDays"] for one in said if "NoncurrentVersionExpiration" in one
        ]
        for name, said in rules.items()
    }

    assert days == {"dev": [30], "dev-replica": [30], "dev-logs": []}
    assert [one["Expiration"].get("Days") for said in rules.values() for one in said if "Expiration" in one] == [
        None,
        None,
        14,
    ]


@SLOW
def test_the_database_is_made(ground: MotoGround) -> None:
    """Closed, encrypted, in the data's subnets, with a proxy before it."""
    describe(ground, DESCRIBED.replace('endpoints = ["sqs"]', ""))
    ground.apply("module.network", "module.database.aws_db_instance.this", "module.database.aws_db_proxy_target.this")

    (found,) = ground.client("rds").describe_db_instances()["DBInstances"]
    assert (found["PubliclyAccessible"], found["StorageEncrypted"], found["DeletionProtection"]) == (False, True, True)
    assert found["IAMDatabaseAuthenticationEnabled"]
    assert found["BackupRetentionPeriod"] == 7
