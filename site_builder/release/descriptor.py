"""What an environment is: one JSON object that Terraform writes, found by the project's and the environment's name.

The object is `environments/<name>.json` in the project's configuration bucket, `<project>-configuration-<account>`.
A folder of such files stands in for the bucket (`--environments`, or ZICHKODING_ENVIRONMENTS), and so does the text of
one of them (ZICHKODING_DESCRIPTOR).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path

from site_builder.errors import ReleaseError

PROJECT = "zichkoding"
STAGES = ("dev", "staging", "production")
# The same three on this machine, in the local cloud.
LOCAL = "local-"
ENVIRONMENTS = (*STAGES, *(f"{LOCAL}{stage}" for stage in STAGES))
VARIABLE = "ZICHKODING_DESCRIPTOR"
FOLDER_VARIABLE = "ZICHKODING_ENVIRONMENTS"
BUCKET_VARIABLE = "ZICHKODING_CONFIGURATION"
OPTIONAL = ("api_url", "s3_endpoint", "kvs_endpoint", "lambda_endpoint", "alarms_endpoint", "backup_vault")


@dataclass(frozen=True)
class Api:
    """The functions that an environment's API consists of, and the alias that its traffic goes through."""

    function: str
    worker: str
    migration: str
    alias: str
    # Functions of the same package whose callers know no alias: they run what is live.
    followers: tuple[str, ...] = ()


@dataclass(frozen=True)
class Descriptor:
    """One environment: its bucket, the store that holds its pointer, its address, and its API where it has one."""

    name: str
    bucket: str
    region: str
    kvs_arn: str
    site_url: str
    account: str
    distribution_id: str
    # Further names that visitors know it by, and where its API is; nothing that a release needs.
    hosts: tuple[str, ...] = ()
    api_url: str = ""
    # Where S3, the KeyValueStore and Lambda are, when they are not AWS's: the local cloud.
    s3_endpoint: str = ""
    kvs_endpoint: str = ""
    lambda_endpoint: str = ""
    api: Api | None = None
    # What rings when something is wrong here, by the names that CloudWatch knows; and where that is, if not at AWS.
    alarms: tuple[str, ...] = ()
    alarms_endpoint: str = ""
    # Where AWS Backup keeps what it took of the database.
    backup_vault: str = ""

    @property
    def stage(self) -> str:
        """Say which of the three stages it is, here or in AWS: the rules are the same."""
        return self.name.removeprefix(LOCAL)

    @property
    def preview_host(self) -> str:
        """Return the host whose subdomains are previews."""
        host = self.site_url.partition("//")[2]
        # A browser finds any name below localhost on its own machine, and none below an address.
        return f"preview.{host.replace('127.0.0.1', 'localhost')}"


def configuration_key(environment: str) -> str:
    """Return where in the configuration bucket an environment is described."""
    return f"environments/{environment}.json"


def configuration_bucket(account: str) -> str:
    """Name the project's configuration bucket."""
    return f"{PROJECT}-configuration-{account}"


@dataclass(frozen=True)
class Places:
    """Where descriptions may be found, in this order; the last is asked only if the others are not given."""

    text: str | None
    folder: Path | None
    bucket: Callable[[str], bytes | None]


def find_descriptor(environment: str, places: Places) -> Descriptor:
    """Find and read the description of an environment, or say how to give one."""
    if places.folder:
        return read_descriptor(environment, *_in_folder(environment, places.folder))
    # A command may need two environments, and the text describes one: the other is looked for.
    if places.text and (one := _descriptor(places.text, VARIABLE)).name == environment:
        return one
    if environment.startswith(LOCAL):
        raise ReleaseError(environment, "the local cloud does not run", "Start it in another terminal: `make cloud`.")
    key = configuration_key(environment)
    found = places.bucket(key)
    if found is None:
        todo = f"Apply Terraform in infra/environments/{environment}, which writes it; or give a folder."
        raise ReleaseError(environment, f"the configuration bucket holds no {key}", todo)
    return read_descriptor(environment, found.decode(errors="replace"), key)


def _in_folder(environment: str, folder: Path) -> tuple[str, str]:
    file = folder / f"{environment}.json"
    try:
        return file.read_text(encoding="utf-8"), str(file)
    except FileNotFoundError:
        local = environment.startswith(LOCAL)
        todo = "Start it in another terminal: `make cloud`." if local else "Name the folder that holds it."
        raise ReleaseError(str(file), f"there is no such file to describe {environment}", todo) from None
    except (OSError, UnicodeError) as error:
        raise ReleaseError(str(file), f"it cannot be read: {error}", "Write it anew.") from error


def read_descriptor(environment: str, text: str, where: str) -> Descriptor:
    """Read the description of the named environment, or say what is wrong with it."""
    descriptor = _descriptor(text, where)
    if descriptor.name != environment:
        raise ReleaseError(
            where, f"it describes {descriptor.name}, not {environment}", "Give the one of that environment."
        )
    return descriptor


def _descriptor(text: str, where: str) -> Descriptor:
    todo = "Give what `terraform output -json descriptor` prints."
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ReleaseError(where, f"it is not JSON: {error}", todo) from error
    if not isinstance(given, dict):
        raise ReleaseError(where, "it is no JSON object", todo)
    needed = [one.name for one in fields(Descriptor) if one.default is MISSING]
    missing = [name for name in needed if not isinstance(given.get(name), str) or not given[name]]
    if missing:
        raise ReleaseError(where, f"it lacks {', '.join(missing)}", todo)
    texts = {name: _optional_text(given, name, where, todo) for name in OPTIONAL}
    hosts, alarms = (_optional_names(given, name, where, todo) for name in ("hosts", "alarms"))
    api = _api(given.get("api"), where, todo)
    return Descriptor(**{name: given[name] for name in needed}, **texts, hosts=hosts, alarms=alarms, api=api)


def _api(given: object, where: str, todo: str) -> Api | None:
    """Read what the API consists of; what else stands there is for others."""
    if given is None:
        return None
    if not isinstance(given, dict):
        raise ReleaseError(where, "its api is no JSON object", todo)
    names = [one.name for one in fields(Api) if one.default is MISSING]
    missing = [name for name in names if not isinstance(given.get(name), str) or not given[name]]
    if missing:
        raise ReleaseError(where, f"its api lacks {', '.join(missing)}", todo)
    followers = _optional_names(given, "followers", where, todo)
    return Api(**{name: given[name] for name in names}, followers=followers)


def _optional_names(given: Mapping[str, object], name: str, where: str, todo: str) -> tuple[str, ...]:
    names = given.get(name) or []
    if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
        raise ReleaseError(where, f"its {name} are no list of names", todo)
    return tuple(names)


def _optional_text(given: Mapping[str, object], name: str, where: str, todo: str) -> str:
    """Read what may be left out; null is as good as nothing, as Terraform writes what is not there."""
    value = given.get(name) or ""
    if not isinstance(value, str):
        raise ReleaseError(where, f"its {name} is no text", todo)
    return value
