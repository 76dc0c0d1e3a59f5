"""The commands `up` and `serve`: the whole product on this machine, or the site alone."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from site_builder.cli.build import progress_on_terminal
from site_builder.cli.terminal import OK, Commands, add_state_option, say
from site_builder.settings import read_site_settings

if TYPE_CHECKING:
    from site_builder.preview.development import Development
    from site_builder.preview.origin import FolderOrigin
    from site_builder.preview.server import SiteServer
    from site_builder.preview.stack import Project
    from site_builder.preview.workshop import Workshop

ROOT = Path(__file__).resolve().parents[2]
UP_DESCRIPTION = """\
Build the site and run all of it here: pages through the real edge function, the API, a real PostgreSQL.

Site and API are on one address. The data stay in .local/ from one run to the next. What you save is built at once, and
every browser that looks at a page of it shows it. A fault is shown on the page, over the last good one, and goes when
it is mended. Drafts, and posts that wait for their date, are here alone, under /drafts/; all of them, and what is wrong
with the pages, is listed at /_dev/. Ctrl-C stops everything.

With --cdn the edge keeps what it may, by CloudFront's rules: each build is a release, what is missing is looked for
each time, and X-Cache says how an answer came about. So mistakes of caching show at home.
"""
SERVE_DESCRIPTION = """\
Build the site and serve it here as `up` does, but alone: without API and database, for any site that Pelican builds.

With --plain every browser gets the very bytes that visitors get: nothing is added to a page, nothing reloads.
"""


class Preview(NamedTuple):
    """A site that is built, and kept as its sources are, ready to be served."""

    project: Project
    workshop: Workshop
    origin: FolderOrigin
    key_values: Callable[[], Mapping[str, str]]
    development: Development | None
    # Called with the address, for whoever tries to start a second one.
    announce: Callable[[str], None]


def add_commands(commands: Commands) -> None:
    """Add `up` and `serve` to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    up = commands.add_parser("up", help="run the product here", description=UP_DESCRIPTION, formatter_class=raw)
    serve = commands.add_parser("serve", help="serve the site", description=SERVE_DESCRIPTION, formatter_class=raw)
    for command in (up, serve):
        command.add_argument(
            "--port", type=int, default=8000, help="where to listen, or just above (default: %(default)s)"
        )
        command.add_argument("--settings", type=Path, default=Path("pelicanconf.py"), help="the site's facts")
        command.add_argument("--output", type=Path, help="where to build to (default: in the state folder)")
        command.add_argument("--plain", action="store_true", help="add nothing to a page: what visitors get")
        command.add_argument("--cdn", action="store_true", help="keep pages as CloudFront does, and say so in X-Cache")
        command.add_argument(
            "--unchecked", action="store_true", help="leave the rules for texts out: for a site with its own"
        )
        add_state_option(command)
    up.set_defaults(command=_up)
    serve.set_defaults(command=_serve)


def _up(arguments: argparse.Namespace) -> int:
    # Nobody who only builds waits for what only the preview needs.
    from site_builder.preview.stack import running_stack, wait_for_stop  # noqa: PLC0415

    with (
        _preview(arguments) as preview,
        running_stack(
            preview.project,
            preview.origin,
            preview.key_values,
            port=arguments.port,
            report=say,
            development=preview.development,
            keeps=arguments.cdn,
        ) as stack,
    ):
        _say_ready(stack.server, arguments.port)
        say(f"  The API answers at     {stack.server.url}/api/health")
        say(f"  Mail that would go out {stack.server.url}/_dev/mail/")
        say(f"  The database is at     {stack.database.url()}")
        _say_how(stack.server, preview)
        wait_for_stop()
        say("\nStopping …")
    say("Stopped.")
    return OK


def _serve(arguments: argparse.Namespace) -> int:
    from site_builder.preview.stack import running_site, wait_for_stop  # noqa: PLC0415

    with (
        _preview(arguments) as preview,
        running_site(
            preview.project,
            preview.origin,
            preview.key_values,
            port=arguments.port,
            development=preview.development,
            keeps=arguments.cdn,
        ) as server,
    ):
        _say_ready(server, arguments.port)
        _say_how(server, preview)
        wait_for_stop()
    say("\nStopped.")
    return OK


@contextmanager
def _preview(arguments: argparse.Namespace) -> Iterator[Preview]:
    """Build the site, and keep it as its sources are until the block ends."""
    from site_builder.preview.board import Board  # noqa: PLC0415
    from site_builder.preview.development import Development  # noqa: PLC0415
    from site_builder.preview.instance import announce, only_instance  # noqa: PLC0415
    from site_builder.preview.origin import WORKING_RELEASE, Early, FolderOrigin, working_values  # noqa: PLC0415
    from site_builder.preview.stack import Project  # noqa: PLC0415
    from site_builder.preview.watching import Sources  # noqa: PLC0415
    from site_builder.preview.workshop import Workshop  # noqa: PLC0415

    site = read_site_settings(arguments.settings)
    sources = Sources(arguments.settings.absolute(), site.content.absolute(), site.theme.absolute())
    project = Project(ROOT, arguments.state.absolute())
    # Apart from what is published: here are drafts.
    output = (arguments.output or project.local / "preview").absolute()
    board, early = Board(), Early()
    workshop = Workshop(sources, output, board, early, say, unchecked=arguments.unchecked)
    with only_instance(project.local / "up.lock") as held:
        say("Building the site …")
        with workshop.keeping(progress_on_terminal()) as built:
            say(f"  {built.pages} pages in {built.seconds:.2f} s")
            found = workshop.findings
            yield Preview(
                project,
                workshop,
                FolderOrigin(output, early),
                # Each build is a release to the edge, so that it keeps of one what it would keep in production.
                lambda: working_values(output, f"{WORKING_RELEASE}{board.number}"),
                None
                if arguments.plain
                else Development(board, output, sources.content, sources.theme, found, project.mail),
                partial(announce, held),
            )


def _say_ready(server: SiteServer, wanted: int) -> None:
    if wanted not in (0, server.server_port):
        say(f"Port {wanted} is in use; this is on {server.server_port} instead.")
    say()
    say(f"  ZichKoding is ready at {server.url}/")


def _say_how(server: SiteServer, preview: Preview) -> None:
    preview.announce(server.url)
    if preview.development:
        say(f"  Drafts and findings    {server.url}/_dev/")
    say()
    say("  What you save is built at once, and open pages show it. Ctrl-C stops everything.")
