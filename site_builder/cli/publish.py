"""`publish.py`: take a built site to where its visitors are, and back."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from site_builder.cli import built, guarding, releasing, watching
from site_builder.cli.built import add_built_options, add_parts_options
from site_builder.cli.environments import add_environments_option
from site_builder.cli.terminal import Commands, Parser, add_state_option, end_well
from site_builder.release.descriptor import ENVIRONMENTS
from site_builder.release.guards import RefusedError
from site_builder.release.previews import DAYS
from site_builder.release.prune import KEPT_DAYS, KEPT_RELEASES
from site_builder.release.verify import PATIENCE_SECONDS

DESCRIPTION = """\
Seal output/ into a release, store it where nothing that is live is touched, and point to it; the API goes with it.

  going live    plan, deploy, promote, canary        coming back   rollback, withdraw
  looking       status, releases, diff, verify, watch  trying      preview, cloud
  guarding      lock, unlock, verdict                tidying       prune, close, open
  carrying      seal, sealed, named

ENV is dev, staging or production; local-dev, local-staging and local-production are the same in the local cloud
(`publish.py cloud`); and `deploy local` shows the whole product, once, from an S3 on this machine.
"""
EPILOG = """\
Exit codes:
  0    done, or there was nothing to do
  1    failed; what is live is whole, the old or the new
  2    the command line is wrong
  3    refused by a guard, and nothing was written; each objection says what would take it away
  4    what is served is not what was sealed (a deploy has gone back by itself then), or an alarm rings
  130  interrupted; run it again and it goes on where it stopped

An environment is described by the object environments/ENV.json in the project's configuration bucket, which Terraform
writes; a folder of such files (--environments, ZICHKODING_ENVIRONMENTS) or the text of one (ZICHKODING_DESCRIPTOR)
stands in for it. Everything else is in docs/publishing.md.
"""
REFUSED = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = Parser(
        prog="publish.py",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    _add_going_live(commands)
    _add_coming_back(commands)
    _add_sealing(commands)
    _add_looking(commands)
    _add_guarding(commands)
    chosen = parser.parse_args(arguments)

    def work() -> int:
        try:
            return int(chosen.command(chosen))
        except RefusedError as error:
            sys.stderr.write(f"{error}\n")
            return REFUSED

    return end_well(work)


def _command(commands: Commands, name: str, words: str, text: str, *, environment: bool = True) -> Parser:
    """Add a command with a help of its own: one line for the list, a text for whoever asks."""
    parser = commands.add_parser(
        name, help=words, description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    if environment:
        parser.add_argument("environment", choices=ENVIRONMENTS, metavar="ENV", help="which environment")
    add_environments_option(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON document for machines, and nothing else")
    return parser


def _add_writing(parser: Parser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    parser.add_argument("--yes", action="store_true", help="do not ask; where nobody could answer nobody is asked")
    parser.add_argument("--why", default="", help="a word for the ledger")


def _add_patience(parser: Parser) -> None:
    words = "how long an edge may go on showing the old release (default: %(default)s)"
    parser.add_argument("--patience", type=float, default=PATIENCE_SECONDS, metavar="SECONDS", help=words)


def _add_going_live(commands: Commands) -> None:
    plan = _command(commands, "plan", "say what a deploy would do", releasing.PLAN, environment=False)
    deploy = _command(commands, "deploy", "make output/ live", releasing.DEPLOY, environment=False)
    for command in (plan, deploy):
        choices = (*ENVIRONMENTS, releasing.LOCAL_STACK)
        command.add_argument("environment", choices=choices, metavar="ENV", help="which environment")
        add_built_options(command)
        command.add_argument("--repair", action="store_true", help="look at every file, even if it is live already")
    _add_writing(deploy)
    _add_patience(deploy)
    deploy.add_argument("--no-verify", action="store_true", help="do not look at the live site afterwards")
    deploy.add_argument("--port", type=int, default=8000, help="deploy local: where to listen (default: %(default)s)")
    add_state_option(deploy)
    promote = _command(
        commands, "promote", "take what is live in one environment to another", releasing.PROMOTE, environment=False
    )
    promote.add_argument("source", choices=ENVIRONMENTS, metavar="FROM", help="whose live release")
    promote.add_argument("environment", choices=ENVIRONMENTS, metavar="TO", help="where it goes")
    promote.add_argument("--allow-shrink", action="store_true", help="let more than a tenth of the pages go")
    promote.add_argument("--commit", metavar="ID", help="what was made of it there, whatever is live there by now")
    promote.add_argument("--percent", type=_percent, metavar="N", help="to a share of the viewers, as a canary")
    promote.add_argument("--no-verify", action="store_true", help="do not look at the live site afterwards")
    add_parts_options(promote)
    _add_writing(promote)
    _add_patience(promote)
    canary = _command(commands, "canary", "try a release on a share of the viewers", releasing.CANARY)
    what = canary.add_mutually_exclusive_group(required=True)
    what.add_argument("--percent", type=_percent, metavar="N", help="begin, or change the share (0 to 100)")
    what.add_argument("--finish", action="store_true", help="make it live for everybody")
    what.add_argument("--abort", action="store_true", help="take it away")
    add_built_options(canary)
    _add_writing(canary)
    preview = _command(
        commands, "preview", "show a release under a name of its own", releasing.PREVIEW, environment=False
    )
    preview.add_argument("label", nargs="?", metavar="NAME", help="the first part of its host's name, like pr-12")
    preview.add_argument("--remove", metavar="NAME", help="let the name lead nowhere")
    preview.add_argument(
        "--in", dest="environment", choices=ENVIRONMENTS, default="dev", metavar="ENV", help="where (default: dev)"
    )
    preview.add_argument(
        "--days", type=_positive, default=DAYS, metavar="N", help="for how long (default: %(default)s)"
    )
    add_built_options(preview, with_api=False)
    _add_writing(preview)
    for parser, function in (
        (plan, releasing.plan), (deploy, releasing.deploy), (promote, releasing.promote),
        (canary, releasing.canary), (preview, releasing.preview),
    ):  # fmt: skip
        parser.set_defaults(command=function)


def _add_coming_back(commands: Commands) -> None:
    rollback = _command(commands, "rollback", "go back to a release that is kept", releasing.ROLLBACK)
    rollback.add_argument("release", nargs="?", metavar="RELEASE", help="its digest, or the beginning of it")
    rollback.add_argument("--to", type=_positive, metavar="N", help="what was live after move N of the ledger")
    add_parts_options(rollback)
    _add_writing(rollback)
    rollback.set_defaults(command=releasing.rollback)
    withdraw = _command(commands, "withdraw", "let nobody get what was made of a commit", guarding.WITHDRAW)
    withdraw.add_argument("--commit", required=True, metavar="ID", help="its whole name")
    _add_writing(withdraw)
    withdraw.set_defaults(command=guarding.withdraw)
    prune = _command(commands, "prune", "delete releases that nobody needs", releasing.PRUNE)
    prune.add_argument(
        "--keep",
        type=_positive,
        default=KEPT_RELEASES,
        metavar="N",
        help="releases to go back to (default: %(default)s)",
    )
    prune.add_argument(
        "--days", type=_positive, default=KEPT_DAYS, metavar="N", help="days that all are kept (default: %(default)s)"
    )
    _add_writing(prune)
    prune.set_defaults(command=releasing.prune_releases)


def _add_sealing(commands: Commands) -> None:
    seal = commands.add_parser("seal", help="seal what was built into one folder", description=built.SEAL,
                               formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    seal.add_argument("--output", type=Path, default=built.OUTPUT, help="what was built (default: %(default)s)")
    seal.add_argument("--api", type=Path, default=built.PACKAGE, metavar="FILE", help="the API's package "
                      "(default: %(default)s)")  # fmt: skip
    seal.add_argument("--site-only", action="store_true", help="without the API")
    seal.add_argument(
        "--to", type=Path, default=built.ARTEFACT, metavar="FOLDER", help="where to (default: %(default)s)"
    )
    sealed = commands.add_parser("sealed", help="look at what was sealed, hash by hash", description=built.SEALED,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    sealed.add_argument("folder", nargs="?", type=Path, default=built.ARTEFACT, metavar="FOLDER", help="which "
                        "(default: %(default)s)")  # fmt: skip
    named = _command(commands, "named", "write down what a release is called", releasing.NAMED, environment=False)
    named.add_argument("source", choices=ENVIRONMENTS, metavar="ENV", help="where it is, or was, live")
    named.add_argument("--commit", metavar="ID", help="what was made of it there, whatever is live there by now")
    named.add_argument(
        "--to", type=Path, default=releasing.NAMES_FOLDER, metavar="FOLDER", help="where to (default: %(default)s)"
    )
    named.set_defaults(command=releasing.name_release)
    for parser, function in ((seal, built.seal_artefact), (sealed, built.check_artefact)):
        parser.add_argument(
            "--json", action="store_true", help="print one JSON document for machines, and nothing else"
        )
        parser.set_defaults(command=function)


def _add_looking(commands: Commands) -> None:
    status = _command(commands, "status", "say what is live, everywhere", watching.STATUS, environment=False)
    status.add_argument(
        "environment", nargs="*", choices=[*ENVIRONMENTS, []], metavar="ENV", help="which (default: all)"
    )
    releases = _command(commands, "releases", "list what was live when, and why", watching.RELEASES)
    releases.add_argument(
        "--most", type=_positive, default=20, metavar="N", help="how many moves (default: %(default)s)"
    )
    diff = _command(commands, "diff", "compare two releases file by file", watching.DIFF, environment=False)
    diff.add_argument("before", metavar="A", help="an environment, ENV:DIGEST, or a built folder")
    diff.add_argument("after", metavar="B", help="the same")
    verify = _command(commands, "verify", "compare the live site with what was sealed", watching.VERIFY)
    verify.add_argument("--all", action="store_true", help="ask for every path, not for a sample")
    _add_patience(verify)
    watch = _command(commands, "watch", "ask an environment's alarms for a while", guarding.WATCH)
    watch.add_argument(
        "--seconds", type=_positive, default=600, metavar="N", help="for how long (default: %(default)s)"
    )
    watch.set_defaults(command=guarding.watch_alarms)
    backups = _command(commands, "backups", "say how old the newest backup of the database is", guarding.BACKUPS)
    backups.add_argument(
        "--hours", type=_positive, default=26, metavar="N", help="how old it may be (default: %(default)s)"
    )
    backups.set_defaults(command=guarding.backups)
    cloud = commands.add_parser("cloud", help="run three environments on this machine", description=watching.CLOUD,
                                formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    cloud.add_argument("--port", type=int, default=8100, help="the first edge's port (default: %(default)s)")
    cloud.add_argument(
        "--delay",
        type=float,
        default=3.0,
        metavar="SECONDS",
        help="how late an edge may hear of a flip (default: %(default)s)",
    )
    cloud.add_argument("--site-only", action="store_true", help="without API and database, which starts faster")
    add_state_option(cloud)
    for parser, function in (
        (status, watching.status), (releases, watching.releases), (diff, watching.diff),
        (verify, watching.verify), (cloud, watching.cloud),
    ):  # fmt: skip
        parser.set_defaults(command=function)


def _add_guarding(commands: Commands) -> None:
    lock = _command(commands, "lock", "keep everybody from changing what is live", releasing.LOCK)
    lock.add_argument("--why", required=True, help="what they are told")
    unlock = _command(commands, "unlock", "let everybody change it again", releasing.UNLOCK)
    unlock.add_argument("--why", default="", help="a word for the ledger")
    close = _command(commands, "close", "answer every page with the one for a closed site", releasing.CLOSE)
    close.add_argument("--why", default="", help="a word for the ledger")
    open_again = _command(commands, "open", "open a site again", releasing.OPEN)
    open_again.add_argument("--why", default="", help="a word for the ledger")
    verdict = _command(commands, "verdict", "keep what the smoke tests said of a release", releasing.VERDICT)
    verdict.add_argument("verdict", choices=("passed", "failed"), help="what they said")
    verdict.add_argument("--release", metavar="DIGEST", help="of which release (default: the live one)")
    verdict.add_argument("--why", default="", help="what failed, or who looked")
    for parser, function in (
        (lock, releasing.lock), (unlock, releasing.unlock), (verdict, releasing.verdict),
        (close, releasing.close), (open_again, releasing.open_again),
    ):  # fmt: skip
        parser.set_defaults(command=function)


def _percent(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 100:  # noqa: PLR2004 - what a percentage is
        raise argparse.ArgumentTypeError(f"{text} is no share: take 0 to 100")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is too small: take 1 or more")
    return number
