"""What an environment is, as Terraform describes it."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields

from site_builder.errors import ReleaseError

ENVIRONMENTS = ("dev", "staging", "production")
VARIABLE = "ZICHKODING_DESCRIPTOR"


@dataclass(frozen=True)
class Descriptor:
    """One environment: its bucket, the store that holds its pointer, and its address."""

    name: str
    bucket: str
    region: str
    kvs_arn: str
    site_url: str
    account: str
    distribution_id: str


def read_descriptor(environment: str, text: str | None) -> Descriptor:
    """Read the description of the named environment, or say what is wrong with it."""
    if not text:
        raise ReleaseError(
            VARIABLE,
            f"nothing says where {environment} is",
            f"Set it to the JSON of `terraform output -json descriptor` in infra/environments/{environment}.",
        )
    descriptor = Descriptor(**_values(text))
    if descriptor.name != environment:
        raise ReleaseError(
            VARIABLE, f"it describes {descriptor.name}, not {environment}", "Set the one of that environment."
        )
    return descriptor


def _values(text: str) -> dict[str, str]:
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ReleaseError(VARIABLE, f"it is not JSON: {error}", "Set it to Terraform's output.") from error
    names = [field.name for field in fields(Descriptor)]
    missing = [name for name in names if not isinstance(given, dict) or not isinstance(given.get(name), str)]
    if missing:
        raise ReleaseError(VARIABLE, f"it lacks {', '.join(missing)}", "Set it to Terraform's output.")
    return {name: given[name] for name in names}
