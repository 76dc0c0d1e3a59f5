"""The `up` command: the whole product on this machine."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from site_builder.cli.build import build_checked
from site_builder.cli.terminal import OK, Commands, add_state_option, say
from site_builder.engine.build import BuildRequest

if TYPE_CHECKING:
    from site_builder.preview.stack import Stack

DESCRIPTION = """\
Build the site and run all of it here: pages through the real edge function, the API, a real PostgreSQL.

Site and API are on one address. The data stay in .local/ from one run to the next. Drafts are built too, under
/drafts/. After a change the site is built anew; reload the page. Ctrl-C stops everything.
"""


def add_commands(commands: Commands) -> None:
    """Add `up` to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    up = commands.add_parser("up", help="run the product here", description=DESCRIPTION, formatter_class=raw)
    up.add_argument("--port", type=int, default=8000, help="where to listen, or just above (default: %(default)s)")
    up.add_argument("--settings", type=Path, default=Path("pelicanconf.py"), help="the site's facts")
    up.add_argument("--output", type=Path, help="where to build to (default: in the state folder)")
    add_state_option(up)
    up.set_defaults(command=_up)


def _up(arguments: argparse.Namespace) -> int:
    # Nobody who only builds waits for what only the preview needs.
    from site_builder.preview.instance import announce, only_instance  # noqa: PLC0415
    from site_builder.preview.origin import FolderOrigin, working_values  # noqa: PLC0415
    from site_builder.preview.rebuilding import rebuilding  # noqa: PLC0415
    from site_builder.preview.stack import Project, running_stack, wait_for_stop  # noqa: PLC0415

    project = Project(arguments.settings.absolute().parent, arguments.state.absolute())
    # Apart from what is published: here are drafts.
    output = arguments.output or project.local / "preview"
    with only_instance(project.local / "up.lock") as held:
        say("Building the site …")
        report = build_checked(BuildRequest(arguments.settings, output, drafts=True))
        say(f"  {report.pages} pages in {report.seconds:.2f} s")
        origin = FolderOrigin(report.output)
        values = partial(working_values, report.output)
        with (
            running_stack(project, origin, values, port=arguments.port, report=say) as stack,
            rebuilding(arguments.settings.absolute(), report.output, say),
        ):
            announce(held, stack.server.url)
            _say_ready(stack, arguments.port)
            wait_for_stop()
            say("\nStopping …")
    say("Stopped.")
    return OK


def _say_ready(stack: Stack, wanted: int) -> None:
    if wanted not in (0, stack.server.server_port):
        say(f"Port {wanted} is in use; this is on {stack.server.server_port} instead.")
    say()
    say(f"  ZichKoding is ready at {stack.server.url}/")
    say(f"  The API answers at     {stack.server.url}/api/health")
    say(f"  The database is at     {stack.database.url()}")
    say()
    say("  Drafts are at /drafts/. What you save is built at once; reload the page. Ctrl-C stops everything.")
