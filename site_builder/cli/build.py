"""The command `build`."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from site_builder.cli.terminal import OK, Commands, say
from site_builder.engine.build import BuildReport, BuildRequest, Progress, build_site
from site_builder.guarded import build_guarded
from site_builder.settings import read_site_settings

# A build that is over sooner shows no progress.
PATIENCE = 0.7
BETWEEN = 0.1
MOST_PROCESSES = 64

BUILD_DESCRIPTION = """\
Build what has changed; the output is then the same, byte for byte, as if all of it had been built.

The sources are checked first, and every fault is listed with file, line and what to do. Nothing is skipped: a
post that cannot be read, a plugin that cannot be loaded or a link that leads nowhere fails the build, and the
output stays as the last good build left it. Nothing is removed that a build did not write.

The same sources give the same bytes, on any machine, in any time zone.
"""


def add_commands(commands: Commands) -> None:
    """Add `build` to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    build = commands.add_parser("build", help="build the site", description=BUILD_DESCRIPTION, formatter_class=raw)
    build.add_argument("--output", type=Path, default=Path("output"), help="where to (default: %(default)s)")
    build.add_argument("--clean", action="store_true", help="make everything, and keep nothing of the last build")
    build.add_argument("--jobs", type=_processes, metavar="N", help="how many processes (default: one per processor)")
    build.add_argument("--explain", metavar="PAGE", help="then say why this page was made or kept, and what it reads")
    build.add_argument(
        "--unchecked", action="store_true", help="leave the rules for texts out: for a site with its own"
    )
    build.add_argument("--drafts", action="store_true", help="build drafts too, under /drafts/; never to be published")
    add_site_options(build)
    build.set_defaults(command=_build)


def add_site_options(parser: argparse.ArgumentParser) -> None:
    """Let a command work on another site, and answer a machine."""
    parser.add_argument(
        "--settings", type=Path, default=Path("pelicanconf.py"), help="the site's facts (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print the result as JSON, for machines")


def _processes(text: str) -> int:
    """Return a number of processes, or say what it must be."""
    if not text.isdecimal() or not 1 <= int(text) <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_PROCESSES}")
    return int(text)


def _build(arguments: argparse.Namespace) -> int:
    progress = None if arguments.json else progress_on_terminal()
    request = BuildRequest(
        arguments.settings,
        arguments.output,
        clean=arguments.clean,
        jobs=arguments.jobs,
        progress=progress,
        drafts=arguments.drafts,
    )
    with _uncollected():
        report = build_site(request) if arguments.unchecked else build_guarded(request)
    if arguments.json:
        kept = report.files - report.written
        facts = {name: value for name, value in report._asdict().items() if name != "changed"}
        say_json({**facts, "output": str(report.output), "kept": kept, "seconds": round(report.seconds, 3)})
    else:
        say(_summary(report, arguments.output))
    if arguments.explain:
        from site_builder.engine.explain import explain  # noqa: PLC0415

        say(explain(arguments.output.absolute(), arguments.explain, read_site_settings(arguments.settings).content))
    return OK


@contextmanager
def _uncollected() -> Iterator[None]:
    """Look for no garbage: what a build has made lives until the process ends, and that is now."""
    gc.disable()
    try:
        yield
    finally:
        # Or all of it would be looked through once, for nothing.
        gc.freeze()
        gc.enable()


def say_json(value: object) -> None:
    """Print a value for machines."""
    import json  # noqa: PLC0415 - people do not wait for it

    say(json.dumps(value))


def _summary(report: BuildReport, output: Path) -> str:
    if not report.made and not report.written and not report.removed:
        return f"Nothing has changed: {report.pages} pages in {output}, looked at in {report.seconds:.2f} s."
    what = f"Built {report.pages} pages ({report.files} files) into {output}"
    removed = f", {report.removed} removed" if report.removed else ""
    return f"{what} in {report.seconds:.2f} s: {report.made} made, {report.written} written{removed}."


def progress_on_terminal() -> Progress | None:
    """Return what shows on a terminal how far a long build is."""
    if not sys.stderr.isatty():
        return None
    began = last = time.monotonic()

    def show(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - began > PATIENCE and (now - last > BETWEEN or done == total):
            last = now
            ending = "\r\033[K" if done == total else ""
            sys.stderr.write(f"\r\033[K{what} {done} of {total}{ending}")
            sys.stderr.flush()

    return show
