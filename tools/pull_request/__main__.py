"""`python -m tools.pull_request`: compare, show, tell, close; see `make help`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tools.pull_request.comment import MARKER, PICTURES, Shown, write_closed, write_comment
from tools.pull_request.github import API, REPOSITORY, GitHub, GitHubError, tell
from tools.pull_request.report import ReportError, read_report, write_report

ROOT = Path(__file__).resolve().parents[2]
INTO = Path("dist") / "pull-request"
REPORT, PREVIEW = "report.json", "preview.json"
# Who a workflow's own token writes as.
AUTHOR = "github-actions[bot]"
TOKEN = "GITHUB_TOKEN"  # noqa: S105 - the name of a variable
MARKS = 2
MISUSED = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and turn what may go wrong into words."""
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.command(chosen))
    except (ReportError, GitHubError) as error:
        print(f"pull request: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.pull_request", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    one = commands.add_parser("compare", help="find out what differs between two built folders")
    one.add_argument("--base", type=Path, required=True, help="the output of what the change is based on")
    one.add_argument("--output", type=Path, default=Path("output"), help="the output with the change")
    one.add_argument("--marks", type=int, default=MARKS, metavar="N", help="pages that Lighthouse is asked about")
    one.set_defaults(command=compare)
    one = commands.add_parser("show", help="show the change under a name of its own, its pictures beside it")
    one.add_argument("--output", type=Path, default=Path("output"), help="the output with the change")
    one.set_defaults(command=show)
    _add_number_and_environment(one)
    one = commands.add_parser("tell", help="write the comment, or write it anew")
    one.add_argument("--commit", default="", help="which commit that is")
    one.set_defaults(command=tell_pull_request)
    _add_number_and_repository(one)
    one = commands.add_parser("close", help="take the preview away, and say so")
    one.set_defaults(command=close)
    _add_number_and_environment(one)
    _add_number_and_repository(one, number=False)
    for one in commands.choices.values():
        one.add_argument("--into", type=Path, default=INTO, help="where report and pictures are (default: %(default)s)")
    return parser


def _add_number_and_environment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--number", type=_number, required=True, help="the number of the pull request")
    parser.add_argument("--environment", default="dev", help="where previews are (default: %(default)s)")


def _add_number_and_repository(parser: argparse.ArgumentParser, *, number: bool = True) -> None:
    if number:
        parser.add_argument("--number", type=_number, required=True, help="the number of the pull request")
    parser.add_argument("--repository", type=_repository, required=True, help="like owner/name")
    parser.add_argument("--author", default=AUTHOR, help="whom the token writes as (default: %(default)s)")


def _number(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of a pull request")
    return int(text)


def _repository(text: str) -> str:
    if not REPOSITORY.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no repository: write owner/name")
    return text


def compare(chosen: argparse.Namespace) -> int:
    """Find out what differs."""
    from tools.pull_request.comparing import compare_folders  # noqa: PLC0415 - the others need neither browser nor site

    shutil.rmtree(chosen.into, ignore_errors=True)
    report = compare_folders(chosen.base, chosen.output, chosen.into / PICTURES, chosen.marks)
    write_report(report, chosen.into / REPORT)
    counted = ", ".join(f"{report.of_kind(kind)} {kind}" for kind in ("added", "changed", "removed"))
    print(f"Pages: {counted}; {report.others} other files differ; {len(report.pictures)} pictures. {chosen.into}/")
    return 0


def show(chosen: argparse.Namespace) -> int:
    """Show the change, and remember where."""
    report = read_report(chosen.into / REPORT)
    site = chosen.into / "site"
    shutil.rmtree(site, ignore_errors=True)
    if (chosen.output / PICTURES).exists():
        raise ReportError(f"/{PICTURES}/ is a page of the site; its pictures would lie among it.\n  Move that page.")
    shutil.copytree(chosen.output, site)
    (site / PICTURES).mkdir()
    for picture in report.pictures:
        shutil.copy(chosen.into / PICTURES / picture.file, site / PICTURES)
    said = _publish("preview", name_of(chosen.number), "--in", chosen.environment, "--output", str(site), "--yes")
    (chosen.into / PREVIEW).write_text(json.dumps(said))
    print(f"{said['url']} shows it.")
    return 0


def tell_pull_request(chosen: argparse.Namespace) -> int:
    """Write the comment."""
    report, file = read_report(chosen.into / REPORT), chosen.into / PREVIEW
    try:
        said = json.loads(file.read_text())
        shown = Shown(said["url"], said["release"], said["until"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(f"{file}: it does not say where the preview is.\n  `make pull-request-show`.") from error
    text = write_comment(report, shown, chosen.commit)
    print(tell(_github(chosen), chosen.number, MARKER, text, chosen.author))
    return 0


def close(chosen: argparse.Namespace) -> int:
    """Take the preview away, and say so where it was said."""
    github = _github(chosen)
    _publish("preview", "--remove", name_of(chosen.number), "--in", chosen.environment, "--yes")
    print(tell(github, chosen.number, MARKER, write_closed(), chosen.author, only_anew=True))
    return 0


def name_of(number: int) -> str:
    """Return the name under which a pull request is shown."""
    return f"pr-{number}"


def _github(chosen: argparse.Namespace) -> GitHub:
    token = os.environ.get(TOKEN, "")
    if not token:
        raise GitHubError(f"there is no token.\n  Give one that may comment on pull requests in {TOKEN}.")
    return GitHub(chosen.repository, token, os.environ.get("GITHUB_API_URL", API).rstrip("/"))


def _publish(*arguments: str) -> dict[str, object]:
    command = [sys.executable, str(ROOT / "publish.py"), *arguments, "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise ReportError(f"`publish.py {' '.join(arguments[:3])}` ended with {done.returncode}; its words are above.")
    said: dict[str, object] = json.loads(done.stdout)
    return said


if __name__ == "__main__":
    sys.exit(main())
