"""`publish.py`: take a built site to where its visitors are."""

from __future__ import annotations

import argparse
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from site_builder.cli.terminal import OK, Parser, add_state_option, run, say
from site_builder.errors import ReleaseError
from site_builder.release.deploy import Stores, apply_plan, look
from site_builder.release.descriptor import ENVIRONMENTS, VARIABLE, read_descriptor
from site_builder.release.manifest import Manifest, seal
from site_builder.release.memory import MemoryPointerStore
from site_builder.release.plan import Action, Plan, Point, WriteManifest, describe, plan_release

LOCAL = "local"
LOCAL_BUCKET = "zichkoding-local"

DESCRIPTION = """\
Seal output/ into a release, store it where nothing that is live is touched, and point to it.

  plan ENV     what a deploy would do, action by action, each with its reason
  deploy ENV   do it; with --dry-run only say it
  status ENV   what is live

ENV is dev, staging or production, described by the JSON in the variable ZICHKODING_DESCRIPTOR (Terraform's
output `descriptor`), or local: an S3 on this machine, which the command starts, deploys to and serves through
the real edge function, with API and database, until Ctrl-C.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = Parser(
        prog="publish.py",
        description=DESCRIPTION,
        epilog="Exit codes: 0 done, 1 refused or failed and nothing live has changed, 2 the command line is wrong.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    plan = commands.add_parser("plan", help="say what a deploy would do")
    deploy = commands.add_parser("deploy", help="make output/ live")
    status = commands.add_parser("status", help="say what is live")
    for command in (plan, deploy):
        command.add_argument("environment", choices=(LOCAL, *ENVIRONMENTS), metavar="ENV")
        command.add_argument("--output", type=Path, default=Path("output"), help="what to deploy (default: output)")
        command.add_argument("--json", action="store_true", help="print the plan as JSON, for machines")
    deploy.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    deploy.add_argument("--port", type=int, default=8000, help="local: where to listen (default: %(default)s)")
    add_state_option(deploy)
    status.add_argument("environment", choices=ENVIRONMENTS, metavar="ENV")
    plan.set_defaults(command=_plan)
    deploy.set_defaults(command=_deploy)
    status.set_defaults(command=_status)
    return run(parser, arguments)


def _plan(arguments: argparse.Namespace) -> int:
    manifest = seal(arguments.output)
    with _stores(arguments.environment) as stores:
        _say_plan(plan_release(manifest, look(manifest, stores)), as_json=arguments.json)
    return OK


def _deploy(arguments: argparse.Namespace) -> int:
    if arguments.dry_run:
        return _plan(arguments)
    manifest = seal(arguments.output)
    if arguments.environment == LOCAL:
        return _deploy_locally(manifest, arguments)
    with _stores(arguments.environment) as stores:
        _deploy_to(stores, manifest, arguments)
    return OK


def _status(arguments: argparse.Namespace) -> int:
    with _stores(arguments.environment) as stores:
        live = stores.pointer.read().live
    say(f"{arguments.environment}: {live or 'nothing is live yet'}")
    return OK


def _deploy_to(stores: Stores, manifest: Manifest, arguments: argparse.Namespace) -> None:
    plan = plan_release(manifest, look(manifest, stores))
    _say_plan(plan, as_json=arguments.json)
    apply_plan(plan, arguments.output, stores, _say_milestone)


def _say_plan(plan: Plan, *, as_json: bool) -> None:
    if as_json:
        actions = [{"action": type(action).__name__, "reason": action.reason} for action in plan.actions]
        say(json.dumps({"release": plan.digest, "bytes": plan.bytes_to_send, "actions": actions}))
        return
    for line in describe(plan):
        say(line)


def _say_milestone(action: Action) -> None:
    match action:
        case WriteManifest():
            say("Stored: the release is complete.")
        case Point():
            say(f"Live: {action.digest}")
        case _:
            return


@contextmanager
def _stores(environment: str) -> Iterator[Stores]:
    """Open the doors of an environment; the local one is empty at every start."""
    # boto3 costs a third of a second to import: only those who need it wait for it.
    from site_builder.release import aws  # noqa: PLC0415

    if environment == LOCAL:
        with _local_s3() as endpoint:
            yield _local_stores(endpoint, MemoryPointerStore())
        return
    descriptor = read_descriptor(environment, os.environ.get(VARIABLE))
    aws.refuse_wrong_account(descriptor)
    yield Stores(aws.s3_store(descriptor.bucket, descriptor.region), aws.pointer_store(descriptor))


def _local_stores(endpoint: str, pointer: MemoryPointerStore) -> Stores:
    from site_builder.release import aws  # noqa: PLC0415 - as above

    return Stores(aws.local_bucket(LOCAL_BUCKET, endpoint), pointer)


@contextmanager
def _local_s3() -> Iterator[str]:
    try:
        from moto.server import ThreadedMotoServer  # noqa: PLC0415
    except ImportError as error:
        raise ReleaseError(
            "publish.py", "the local S3 (moto) is not installed", "Run `make setup`, then this again."
        ) from error
    # Its server tells of every request, which nobody asked.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def _deploy_locally(manifest: Manifest, arguments: argparse.Namespace) -> int:
    from site_builder.preview.instance import announce, only_instance  # noqa: PLC0415
    from site_builder.preview.origin import StoreOrigin  # noqa: PLC0415
    from site_builder.preview.stack import Project, running_stack, wait_for_stop  # noqa: PLC0415

    project = Project(Path(__file__).resolve().parents[2], arguments.state.absolute())
    pointer = MemoryPointerStore()
    with only_instance(project.local / "up.lock") as held, _local_s3() as endpoint:
        stores = _local_stores(endpoint, pointer)
        _deploy_to(stores, manifest, arguments)
        origin = StoreOrigin(stores.objects)
        with running_stack(project, origin, pointer.values, port=arguments.port, report=say) as stack:
            announce(held, stack.server.url)
            say(f"\n  Release {manifest.digest} is served at {stack.server.url}/")
            say(f"  The database is at {stack.database.url()}\n\n  Ctrl-C stops everything.")
            wait_for_stop()
            say("\nStopping …")
    return OK
