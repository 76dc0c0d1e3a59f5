"""An AWS of moto's for Terraform, on this machine: what the tests that apply the ground share."""

from __future__ import annotations

import json
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

from site_builder.preview.database import free_port
from tests.infra.ground import GROUND, initialise, terraform

# Whoever asks moto is of this account.
ACCOUNT = "123456789012"
REGION, SECOND_REGION = "eu-central-1", "eu-west-1"
# By what modules call them.
PROVIDERS = {"": REGION, 'alias = "replica"': SECOND_REGION, 'alias = "global"': "us-east-1"}
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


@dataclass(frozen=True)
class MotoGround:
    """A folder of Terraform whose AWS is moto's, on this machine."""

    folder: Path
    address: str
    providers: Path | None

    def write(self, text: str) -> None:
        """Describe what is to be; the ground is `./infra` beside it, because modules read files by the way to them."""
        (self.folder / "infra").symlink_to(GROUND)
        providers = [PROVIDER % {"alias": named, "region": region} for named, region in PROVIDERS.items()]
        (self.folder / "main.tf").write_text("\n".join([*providers, text]))
        initialise(self.folder, self.providers)

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
        done = terraform(self.folder, *arguments, AWS_ENDPOINT_URL=self.address, TF_CLI_ARGS="-no-color")
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


@contextmanager
def running_ground(folder: Path, providers: Path | None) -> Iterator[MotoGround]:
    """Return a folder for Terraform with an AWS of its own to try it on, until the block ends."""
    with own_moto() as address:
        yield MotoGround(folder, address, providers)
