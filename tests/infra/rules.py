"""What no part of the ground may be, as rules on what Terraform would make: each returns what breaks it, in words.

A rule looks at values; a value that it needs and that is unknown before an apply is a finding too, because a rule that
cannot look says nothing. (The providers are mocked: infra/mocks/aws.tfmock.hcl says what they answer.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.infra.ground import Resource

# Every attribute that holds a policy, of whatever kind of resource.
POLICIES = ("policy", "assume_role_policy", "resource_policy")
CLOSED = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
EVERYWHERE = {"0.0.0.0/0", "::/0"}
GITHUB = "token.actions.githubusercontent.com"
BOUND_TO = r"repo:[\w-]+/[\w.-]+:environment:(dev|staging|production(-unattended)?)"


@dataclass(frozen=True)
class Statement:
    """One sentence of a policy, and where it stands."""

    where: str
    said: Mapping[str, Any]

    def all(self, key: str) -> tuple[str, ...]:
        """Return one or many as many."""
        value = self.said.get(key, ())
        return (value,) if isinstance(value, str) else tuple(value)

    @property
    def allows(self) -> bool:
        """Say whether it gives a right, and takes none."""
        return bool(self.said["Effect"] == "Allow")

    @property
    def is_open(self) -> bool:
        """Say whether it speaks of everybody."""
        principal = self.said.get("Principal")
        return principal == "*" or (isinstance(principal, Mapping) and "*" in _flat(principal.values()))


def statements(resources: Iterable[Resource]) -> Iterator[Statement]:
    """Return every sentence of every policy."""
    for resource in resources:
        for name in POLICIES:
            text = resource.values.get(name)
            # A mock fills in what nobody has set with any letters.
            if isinstance(text, str) and text.startswith("{"):
                for said in _many(json.loads(text)["Statement"]):
                    yield Statement(f"{resource.address} {said.get('Sid', '')}".strip(), said)


def unreadable(resources: Iterable[Resource]) -> Iterator[str]:
    """Find policies that are not known before an apply."""
    for resource in resources:
        for name in POLICIES:
            if resource.unknown.get(name) is True and resource.kind.endswith(("policy", "role", "key", "queue")):
                yield f"{resource.address}: its {name} is unknown; let infra/mocks name what it is made of"


def wildcards(resources: Iterable[Resource]) -> Iterator[tuple[str, str]]:
    """Find rights to whole families of actions, or to things that are not named; with where they are given."""
    for one in statements(resources):
        if not one.allows:
            continue
        for action in one.all("Action"):
            if "*" in action:
                yield one.where, action
        for resource in one.all("Resource"):
            if _is_vague(resource):
                yield one.where, resource
        if "NotAction" in one.said or "NotResource" in one.said:
            yield one.where, "everything but"


def _is_vague(resource: str) -> bool:
    """Say whether a resource is named by less than the beginning of its own name."""
    if resource == "*":
        return True
    service, region, account, own = resource.split(":", 5)[2:]
    kind, _, name = own.replace("/", ":").partition(":")
    if service == "s3":
        # The bucket is named; what lies in it is not named one by one.
        return kind.startswith("*")
    return "*" in f"{region}{account}" or kind.startswith("*") or name.startswith("*") or ":*:" in f":{name}"


def open_to_everybody(resources: Sequence[Resource]) -> Iterator[str]:
    """Find what somebody outside could reach without being asked for."""
    for said in statements(resources):
        if said.allows and said.is_open:
            yield f"{said.where}: it lets everybody in"
    closed = {one.name for one in resources if _is_closed(one)}
    for one in resources:
        yield from _open(one, closed)


def _is_closed(one: Resource) -> bool:
    return one.kind == "aws_s3_bucket_public_access_block" and all(one.values.get(name) for name in CLOSED)


def _open(one: Resource, closed: set[str]) -> Iterator[str]:
    values = one.values
    if one.kind == "aws_s3_bucket" and one.name not in closed:
        yield f"{one.address}: no aws_s3_bucket_public_access_block of the same name closes it"
    if one.kind in {"aws_s3_bucket_acl", "aws_s3_bucket_website_configuration"}:
        yield f"{one.address}: no bucket is given away by a list, or is a web server"
    if values.get("publicly_accessible"):
        yield f"{one.address}: it can be reached from outside"
    if values.get("map_public_ip_on_launch"):
        yield f"{one.address}: what starts there gets a public address"
    if one.kind == "aws_lambda_function_url" and values.get("authorization_type") != "AWS_IAM":
        yield f"{one.address}: anybody may call it"
    if one.kind == "aws_vpc_security_group_ingress_rule" and EVERYWHERE & {
        values.get("cidr_ipv4"),
        values.get("cidr_ipv6"),
    }:
        yield f"{one.address}: it lets in from everywhere"
    for rule in values.get("ingress") or ():
        if EVERYWHERE & {*(rule.get("cidr_blocks") or ()), *(rule.get("ipv6_cidr_blocks") or ())}:
            yield f"{one.address}: it lets in from everywhere"


# Of each kind that keeps something: what says that it is encrypted. S3's is a resource of its own; what CloudWatch,
# Secrets Manager and Backup keep is always encrypted, with a key of ours or AWS's.
ENCRYPTED: Mapping[str, Sequence[str]] = {
    "aws_db_instance": ("storage_encrypted",),
    "aws_rds_cluster": ("storage_encrypted",),
    "aws_sqs_queue": ("sqs_managed_sse_enabled", "kms_master_key_id"),
    "aws_sns_topic": ("kms_master_key_id",),
    "aws_s3_object": ("server_side_encryption",),
}


def unencrypted(resources: Sequence[Resource]) -> Iterator[str]:
    """Find what lies somewhere in plain."""
    kept = {one.name for one in resources if one.kind == "aws_s3_bucket_server_side_encryption_configuration"}
    for one in resources:
        if one.kind == "aws_s3_bucket" and one.name not in kept:
            yield f"{one.address}: no aws_s3_bucket_server_side_encryption_configuration of the same name"
        by = ENCRYPTED.get(one.kind)
        if by and not any(one.values.get(name) for name in by):
            yield f"{one.address}: none of {', '.join(by)} is set"


def without_tls(resources: Sequence[Resource]) -> Iterator[str]:
    """Find what can be asked in plain."""
    guarded = {one.name for one in resources if one.kind == "aws_s3_bucket_policy" and _denies_plain(one)}
    for one in resources:
        if one.kind == "aws_s3_bucket" and one.name not in guarded:
            yield f"{one.address}: no policy of the same name refuses whoever comes without TLS"
        if one.kind == "aws_cloudfront_distribution":
            yield from _plain_distribution(one)
        if one.kind in {"aws_db_parameter_group", "aws_rds_cluster_parameter_group"}:
            forced = {parameter["name"]: parameter["value"] for parameter in one.values["parameter"]}
            if forced.get("rds.force_ssl") != "1":
                yield f"{one.address}: it does not say rds.force_ssl = 1"
        if one.kind == "aws_db_proxy" and not one.values.get("require_tls"):
            yield f"{one.address}: require_tls is not set"


def _denies_plain(one: Resource) -> bool:
    return any(
        not said.allows and said.is_open and said.said.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for said in statements([one])
    )


def _plain_distribution(one: Resource) -> Iterator[str]:
    behaviors = [*one.values["default_cache_behavior"], *one.values["ordered_cache_behavior"]]
    if any(behavior["viewer_protocol_policy"] == "allow-all" for behavior in behaviors):
        yield f"{one.address}: a behaviour takes plain HTTP"
    for origin in one.values["origin"]:
        for custom in origin["custom_origin_config"]:
            if custom["origin_protocol_policy"] != "https-only" or set(custom["origin_ssl_protocols"]) != {"TLSv1.2"}:
                yield f"{one.address}: it asks {origin['origin_id']} in plain, or by an old TLS"
    for certificate in one.values["viewer_certificate"]:
        own = not certificate["cloudfront_default_certificate"]
        if own and not re.fullmatch(
            r"TLSv1\.2_20(2[1-9]|[3-9]\d)|TLSv1\.3_\d+", certificate["minimum_protocol_version"]
        ):
            yield f"{one.address}: it speaks {certificate['minimum_protocol_version']}"


def unbounded(resources: Iterable[Resource]) -> Iterator[str]:
    """Find keys that last, and roles of workflows that anybody else could take on or that no boundary holds."""
    for one in resources:
        if one.kind in {"aws_iam_user", "aws_iam_access_key"}:
            yield f"{one.address}: nobody has a key that lasts"
        for said in statements([one]) if one.kind == "aws_iam_role" else ():
            if GITHUB in json.dumps(said.said.get("Principal", {})):
                yield from _loose(one, said)


def _loose(one: Resource, said: Statement) -> Iterator[str]:
    equal = said.said.get("Condition", {}).get("StringEquals", {})
    subjects = _many(equal.get(f"{GITHUB}:sub", ""))
    if not all(re.fullmatch(BOUND_TO, subject) for subject in subjects):
        yield f"{one.address}: not bound to a repository and an environment by equality"
    if equal.get(f"{GITHUB}:aud") != "sts.amazonaws.com":
        yield f"{one.address}: not bound to AWS's audience"
    if not str(one.values.get("permissions_boundary") or "").endswith(":policy/zichkoding-boundary"):
        yield f"{one.address}: it has no boundary"


def kept_for_ever(resources: Iterable[Resource]) -> Iterator[str]:
    """Find logs that nobody ever deletes."""
    for one in resources:
        if one.kind == "aws_cloudwatch_log_group" and not one.values.get("retention_in_days"):
            yield f"{one.address}: it has no retention"


def _many(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


def _flat(values: Iterable[Any]) -> list[Any]:
    return [one for value in values for one in _many(value)]
