"""Open an environment: find what describes it, and the doors to what it describes."""

from __future__ import annotations

import argparse
import getpass
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from site_builder.errors import ReleaseError
from site_builder.release.apply import Stores
from site_builder.release.descriptor import (
    BUCKET_VARIABLE,
    FOLDER_VARIABLE,
    LOCAL,
    STAGES,
    VARIABLE,
    Descriptor,
    Places,
    configuration_bucket,
    find_descriptor,
)
from site_builder.release.pointer import PointerStore
from site_builder.release.side import in_processes

if TYPE_CHECKING:
    from site_builder.release.aws import Account

# Where the local cloud says what its environments are, while it runs.
LOCAL_FOLDER = Path(".local") / "cloud" / "environments"


class SystemClock:
    """The machine's own clock."""

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


@dataclass(frozen=True)
class Opened:
    """An environment, its doors, and whose credentials open them."""

    descriptor: Descriptor
    stores: Stores
    account: Account

    def without_api(self) -> Opened:
        """Return the environment as if it were a site alone: then nothing asks for the API, or waits for it."""
        return replace(self, stores=replace(self.stores, functions=None))

    def refuse_wrong_account(self) -> None:
        """Stop before anything is written with the credentials of another account."""
        if self.descriptor.name.startswith(LOCAL):
            return
        number = self.account.number()
        if number != self.descriptor.account:
            what = f"it belongs to account {self.descriptor.account}, and these credentials are of {number}"
            raise ReleaseError(self.descriptor.name, what, "Sign in to the right account.")


def add_environments_option(parser: argparse.ArgumentParser) -> None:
    """Let a folder of descriptions stand in for the configuration bucket."""
    parser.add_argument(
        "--environments",
        type=Path,
        metavar="FOLDER",
        help=f"where <ENV>.json describes each (default: ${FOLDER_VARIABLE}, else the configuration bucket)",
    )


@contextmanager
def opened(name: str, folder: Path | None) -> Iterator[Opened]:
    """Open an environment until the block ends."""
    # botocore costs a tenth of a second to import: only those who need it wait for it.
    from site_builder.release import aws  # noqa: PLC0415

    descriptor = find_descriptor(name, _places(name, folder))
    account = aws.Account(descriptor.region, aws.LOCAL_ACCESS if name.startswith(LOCAL) else None)
    clock = SystemClock()
    objects = account.objects(descriptor.bucket, descriptor.s3_endpoint)
    pointer = PointerStore(account.key_values(descriptor.kvs_arn, descriptor.kvs_endpoint), clock)
    api, endpoint = descriptor.api, descriptor.lambda_endpoint
    functions = account.functions(api, descriptor.bucket, endpoint) if api else None
    try:
        yield Opened(descriptor, Stores(objects, pointer, clock, bulk=in_processes, functions=functions), account)
    finally:
        objects.close()


def described(folder: Path | None) -> tuple[str, ...]:
    """Name the environments to show when none is named: those of the folder, else the three stages."""
    given = _folder("", folder)
    if given:
        found = {file.stem for file in given.glob("*.json")}
        return tuple(name for stage in STAGES for name in (stage, f"{LOCAL}{stage}") if name in found)
    local = tuple(f"{LOCAL}{stage}" for stage in STAGES if (LOCAL_FOLDER / f"{LOCAL}{stage}.json").is_file())
    return local or STAGES


def whoever() -> str:
    """Say who runs this: a person at a machine, or a run of a workflow."""
    run = os.environ.get("GITHUB_RUN_ID")
    if run:
        return f"{os.environ.get('GITHUB_ACTOR', 'somebody')} (run {run})"
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):
        return f"user {os.getuid()}@{socket.gethostname()}"


def _places(name: str, folder: Path | None) -> Places:
    return Places(os.environ.get(VARIABLE), _folder(name, folder), _from_bucket)


def _folder(name: str, folder: Path | None) -> Path | None:
    if folder or os.environ.get(FOLDER_VARIABLE):
        return folder or Path(os.environ[FOLDER_VARIABLE])
    return LOCAL_FOLDER if name.startswith(LOCAL) else None


def _from_bucket(key: str) -> bytes | None:
    from site_builder.release import aws  # noqa: PLC0415 - as above

    account = aws.Account()
    bucket = os.environ.get(BUCKET_VARIABLE) or configuration_bucket(account.number())
    objects = account.objects(bucket)
    try:
        stored = objects.get(key)
    finally:
        objects.close()
    return stored.body if stored else None
