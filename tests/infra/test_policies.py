"""What no part of the ground may be, looked for in everything that each environment and the account would make."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.infra import rules
from tests.infra.ground import GROUND, ROOT, ROOTS, Resource, Tried

LISTED = GROUND / "wildcards.toml"
RULES: tuple[Callable[[Sequence[Resource]], Iterator[str]], ...] = (
    rules.unreadable,
    rules.open_to_everybody,
    rules.unencrypted,
    rules.without_tls,
    rules.unbounded,
    rules.kept_for_ever,
)
TAGS = {"project", "environment", "managed_by"}
# What publish.py asks of AWS, by the names of the client's methods, and the right that each needs.
NEEDED = {
    "describe_key_value_store": "cloudfront-keyvaluestore:DescribeKeyValueStore",
    "get_key": "cloudfront-keyvaluestore:GetKey",
    "list_keys": "cloudfront-keyvaluestore:ListKeys",
    "update_keys": "cloudfront-keyvaluestore:UpdateKeys",
    "get_alias": "lambda:GetAlias",
    "update_alias": "lambda:UpdateAlias",
    "update_function_code": "lambda:UpdateFunctionCode",
    "list_versions_by_function": "lambda:ListVersionsByFunction",
    "get_function_configuration": "lambda:GetFunctionConfiguration",
    "published_version_active": "lambda:GetFunctionConfiguration",
    "invoke": "lambda:InvokeFunction",
    "delete_function": "lambda:DeleteFunction",
    "describe_alarms": "cloudwatch:DescribeAlarms",
    "list_recovery_points_by_backup_vault": "backup:ListRecoveryPointsByBackupVault",
    # Everybody may ask who they are.
    "get_caller_identity": None,
    # Only in the cloud of this machine.
    "create_bucket": None,
    "put_metric_alarm": None,
    "set_alarm_state": None,
}
# What S3 is asked, by method; a HEAD is a GET, and listing is a GET of the bucket.
NEEDED_OF_S3 = {
    "GET": {"s3:GetObject", "s3:ListBucket"},
    "HEAD": {"s3:GetObject"},
    "PUT": {"s3:PutObject"},
    "POST": {"s3:PutObject", "s3:DeleteObject"},
    "DELETE": {"s3:AbortMultipartUpload"},
}
# `update_function_code` publishes in the same request; whether AWS wants this right for it is not written down.
ASKED_TO_BE_SURE = {"lambda:PublishVersion"}


def resource(kind: str, name: str = "this", **values: Any) -> Resource:
    """Return something that Terraform would make."""
    return Resource(f"{kind}.{name}", kind, values, {})


def policy(**said: Any) -> str:
    """Return a policy of one sentence."""
    return json.dumps({"Statement": [{"Effect": "Allow", **said}]})


def without_places(where: str) -> str:
    """Return where a right is given, without the way there: it is the same in each environment."""
    return re.sub(r"\[[^\]]*\]", "", re.sub(r"module\.\w+(\[[^\]]*\])?\.", "", where))


@pytest.mark.infra
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_nothing_breaks_a_rule(
    rule: Callable[[Sequence[Resource]], Iterator[str]], root: str, tried: Callable[[str], Tried]
) -> None:
    """Closed, encrypted, by TLS, inside a boundary, and forgotten in time."""
    planned = tried(root).planned

    assert planned
    assert list(rule(planned)) == []


@pytest.mark.infra
def test_every_wildcard_is_listed_with_its_reason_and_no_other_is(tried: Callable[[str], Tried]) -> None:
    """Whoever needs a right to more than a thing says why; and the list does not outlive its reasons."""
    listed = {
        (entry["where"], what)
        for entry in tomllib.loads(LISTED.read_text())["right"]
        if entry["why"]
        for what in entry["what"]
    }
    found = {(without_places(where), what) for root in ROOTS for where, what in rules.wildcards(tried(root).planned)}

    assert sorted(found - listed) == []
    assert sorted(listed - found) == []


@pytest.mark.infra
def test_a_deploy_may_do_what_publish_does_and_no_more(tried: Callable[[str], Tried]) -> None:
    """Each request of the release commands has its right, and each right its request."""
    roles = [one for one in tried("environments/production").planned if ".module.identity." in one.address]
    granted = {
        action for one in rules.statements(roles) for action in one.all("Action") if action.split(":")[0] != "sts"
    }
    asked = called()

    assert asked <= NEEDED.keys(), "say in NEEDED what right this takes"
    assert {right for name in asked if (right := NEEDED[name])} <= granted
    of_s3 = {right for method in asked_of_s3() for right in NEEDED_OF_S3[method]}
    assert of_s3 <= granted
    assert granted <= of_s3 | {right for right in NEEDED.values() if right} | ASKED_TO_BE_SURE


@pytest.mark.infra
def test_what_a_deploy_may_do_is_inside_of_its_boundary(tried: Callable[[str], Tried]) -> None:
    """A right that the boundary lacks is none, and would be missed only when somebody deploys."""
    (boundary,) = [one for one in tried("account").planned if one.address == "aws_iam_policy.boundary"]
    most = {action for one in rules.statements([boundary]) if one.allows for action in one.all("Action")}
    bounded = [
        one for one in tried("environments/production").planned if re.search(r"identity\.|replication", one.address)
    ]
    granted = {
        action for one in rules.statements(bounded) for action in one.all("Action") if action.split(":")[0] != "sts"
    }

    assert granted
    assert sorted(granted - most) == []


@pytest.mark.infra
def test_a_cache_is_known_to_who_counts_in_it_and_to_nobody_else(tried: Callable[[str], Tried]) -> None:
    """The API has its address and the right to it; the worker, and what migrates, have neither."""
    assert cache_of(tried("environments/production").planned) == (["app"], ["app"])


def cache_of(planned: Sequence[Resource]) -> tuple[list[str], list[str]]:
    """Return which functions are told where a cache is, and which may connect to one."""
    functions = [one for one in planned if one.kind == "aws_lambda_function" and ".module.api[0]." in one.address]
    told = [one for one in functions if "REDIS_URL" in (one.values["environment"] or [{}])[0].get("variables", {})]
    rights = [one for one in planned if one.kind == "aws_iam_role_policy" and ".module.api[0]." in one.address]
    may = [
        one for one in rights if any("elasticache:Connect" in said.all("Action") for said in rules.statements([one]))
    ]
    return key_of(told), key_of(may)


def key_of(planned: Sequence[Resource]) -> list[str]:
    """Return of each resource which one of its kind it is."""
    return sorted(one.address.rpartition('["')[2].rstrip('"]') for one in planned)


def called() -> set[str]:
    """Return what the one module that speaks to AWS asks of it."""
    text = (ROOT / "site_builder" / "release" / "aws.py").read_text()
    direct = set(re.findall(r"\b(?:_client|client|_(?:local_)?client\([^)]*\))\.([a-z_]+)\(", text))
    by_name = set(re.findall(r"\.get_(?:paginator|waiter)\(\"(\w+)\"\)", text))
    return (direct - {"get_paginator", "get_waiter"}) | by_name


def asked_of_s3() -> set[str]:
    """Return the methods with which S3 is asked."""
    return set(re.findall(r"\.ask\(\s*\"([A-Z]+)\"", (ROOT / "site_builder" / "release" / "s3.py").read_text()))


def test_what_publish_asks_is_found() -> None:
    """A rule that finds nothing to look at says nothing."""
    assert {"describe_key_value_store", "get_key", "list_keys", "update_keys", "get_caller_identity"} <= called()
    assert asked_of_s3() == set(NEEDED_OF_S3)


@pytest.mark.parametrize("root", ROOTS)
def test_everything_is_tagged(root: str) -> None:
    """By the provider, each of them: whose it is, of which environment, and who looks after it."""
    main = (GROUND / root / "main.tf").read_text()
    providers = re.findall(r'^provider "aws" \{\n(.*?)^\}', main, re.DOTALL | re.MULTILINE)
    tags = re.search(r"tags = \{\n(.*?)\}", main, re.DOTALL)

    assert providers
    assert [one for one in providers if "default_tags" not in one] == []
    assert tags
    assert {line.split("=")[0].strip() for line in tags[1].splitlines() if "=" in line} == TAGS


def test_no_resource_changes_the_tags_that_everything_has() -> None:
    """What says otherwise of itself would be missed by whoever looks for the environment's costs."""
    own = {
        file: re.findall(r"^\s+tags\s+=\s+\{(.*?)\}", file.read_text(), re.DOTALL | re.MULTILINE) for file in modules()
    }

    assert [
        file.name for file, found in own.items() for text in found for tag in TAGS if re.search(rf"\b{tag}\b", text)
    ] == []


def modules() -> Iterable[Path]:
    """Return the text of all parts."""
    return sorted((GROUND / "modules").rglob("*.tf"))


GITHUB = {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{rules.GITHUB}"}
BOUND = {f"{rules.GITHUB}:aud": "sts.amazonaws.com", f"{rules.GITHUB}:sub": "repo:a/b:environment:dev"}
BOUNDARY = "arn:aws:iam::123456789012:policy/zichkoding-boundary"


@pytest.mark.parametrize(
    ("rule", "bad", "words"),
    [
        (rules.open_to_everybody, resource("aws_s3_bucket"), "closes it"),
        (
            rules.open_to_everybody,
            resource("aws_sqs_queue_policy", policy=policy(Principal="*", Action="sqs:x")),
            "everybody",
        ),
        (
            rules.open_to_everybody,
            resource("aws_s3_bucket_policy", policy=policy(Principal={"AWS": ["*"]})),
            "everybody",
        ),
        (rules.open_to_everybody, resource("aws_db_instance", publicly_accessible=True), "from outside"),
        (rules.open_to_everybody, resource("aws_subnet", map_public_ip_on_launch=True), "public address"),
        (rules.open_to_everybody, resource("aws_lambda_function_url", authorization_type="NONE"), "anybody"),
        (rules.open_to_everybody, resource("aws_vpc_security_group_ingress_rule", cidr_ipv4="0.0.0.0/0"), "everywhere"),
        (
            rules.open_to_everybody,
            resource("aws_security_group", ingress=[{"ipv6_cidr_blocks": ["::/0"]}]),
            "everywhere",
        ),
        (rules.open_to_everybody, resource("aws_s3_bucket_acl"), "given away"),
        (rules.unencrypted, resource("aws_s3_bucket"), "of the same name"),
        (rules.unencrypted, resource("aws_db_instance", storage_encrypted=False), "storage_encrypted"),
        (rules.unencrypted, resource("aws_sqs_queue"), "sqs_managed_sse_enabled"),
        (rules.without_tls, resource("aws_s3_bucket"), "without TLS"),
        (
            rules.without_tls,
            resource("aws_db_parameter_group", parameter=[{"name": "rds.force_ssl", "value": "0"}]),
            "force",
        ),
        (rules.without_tls, resource("aws_db_proxy", require_tls=False), "require_tls"),
        (rules.kept_for_ever, resource("aws_cloudwatch_log_group", retention_in_days=0), "retention"),
        (rules.unbounded, resource("aws_iam_access_key"), "lasts"),
        (
            rules.unbounded,
            resource(
                "aws_iam_role",
                permissions_boundary=BOUNDARY,
                assume_role_policy=policy(
                    Principal=GITHUB, Condition={"StringLike": {f"{rules.GITHUB}:sub": "repo:a/b:*"}}
                ),
            ),
            "by equality",
        ),
        (
            rules.unbounded,
            resource("aws_iam_role", assume_role_policy=policy(Principal=GITHUB, Condition={"StringEquals": BOUND})),
            "no boundary",
        ),
        (
            rules.without_tls,
            resource(
                "aws_cloudfront_distribution",
                default_cache_behavior=[{"viewer_protocol_policy": "allow-all"}],
                ordered_cache_behavior=[],
                origin=[
                    {
                        "origin_id": "api",
                        "custom_origin_config": [
                            {"origin_protocol_policy": "http-only", "origin_ssl_protocols": ["TLSv1"]}
                        ],
                    }
                ],
                viewer_certificate=[{"cloudfront_default_certificate": False, "minimum_protocol_version": "TLSv1"}],
            ),
            "plain HTTP",
        ),
        (
            rules.unreadable,
            Resource("aws_sqs_queue_policy.this", "aws_sqs_queue_policy", {}, {"policy": True}),
            "unknown",
        ),
    ],
)
def test_a_rule_finds_what_breaks_it(
    rule: Callable[[Sequence[Resource]], Iterator[str]], bad: Resource, words: str
) -> None:
    """Each rule is tried on what it is there to find."""
    found = list(rule([bad]))

    assert found
    assert words in found[0]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"Action": "s3:*", "Resource": "arn:aws:s3:::one/*"}, ["s3:*"]),
        ({"Action": "s3:Get*", "Resource": "arn:aws:s3:::*"}, ["s3:Get*", "arn:aws:s3:::*"]),
        ({"Action": "sqs:SendMessage", "Resource": ["*"]}, ["*"]),
        ({"Action": "lambda:x", "Resource": "arn:aws:lambda:*:1:function:one"}, ["arn:aws:lambda:*:1:function:one"]),
        ({"Action": "lambda:x", "Resource": "arn:aws:lambda:eu:1:function:*"}, ["arn:aws:lambda:eu:1:function:*"]),
        ({"Action": "lambda:x", "Resource": "arn:aws:lambda:eu:1:function:one:*"}, []),
        ({"NotAction": "iam:x", "Resource": "arn:aws:s3:::one/*"}, ["everything but"]),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, []),
    ],
)
def test_a_wildcard_is_what_leaves_a_thing_or_an_action_unnamed(said: dict[str, Any], found: list[str]) -> None:
    """All versions of a function and all of a bucket are named by it; to forbid everything is no right."""
    assert [what for _, what in rules.wildcards([resource("aws_iam_policy", policy=policy(**said))])] == found
