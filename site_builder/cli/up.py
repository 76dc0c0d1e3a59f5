"""The `up` command: the whole product on this machine."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from site_builder.cli.build import build_checked
from site_builder.cli.terminal import OK, Commands, add_state_option, say
from site_builder.engine.build import BuildRequest

if TYPE_CHECKING:
    from site_builder.preview.stack import Stack

DESCRIPTION = """\
Build the site and run all of it here: pages through the real edge function, the API, a real PostgreSQL.

Site and API are on one address. The data stay in .local/ from one run to the next. Ctrl-C stops everything.
After a change, run `make build` in another terminal and reload the page.
"""


def add_commands(commands: Commands) -> None:
    """Add `up` to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    up = commands.add_parser("up", help="run the product here", description=DESCRIPTION, formatter_class=raw)
    up.add_argument("--port", type=int, default=8000, help="where to listen, or just above (default: %(default)s)")
    up.add_argument("--settings", type=Path, default=Path("pelicanconf.py"), help="the site's facts")
    up.add_argument("--output", type=Path, default=Path("output"), help="where to build to (default: %(default)s)")
    add_state_option(up)
    up.set_defaults(command=_up)


def _up(arguments: argparse.Namespace) -> int:
    # Nobody who only builds waits for what only the preview needs.
    from site_builder.preview.instance import announce, only_instance  # noqa: PLC0415
    from site_builder.preview.origin import WORKING_RELEASE, FolderOrigin  # noqa: PLC0415
    from site_builder.preview.stack import Project, running_stack, wait_for_stop  # noqa: PLC0415
    from site_builder.release.stores import pointer_value  # noqa: PLC0415

    project = Project(arguments.settings.absolute().parent, arguments.state.absolute())
    with only_instance(project.local / "up.lock") as held:
        say("Building the site …")
        report = build_checked(BuildRequest(arguments.settings, arguments.output))
        say(f"  {report.pages} pages in {report.seconds:.2f} s")
        live = {"live": pointer_value(WORKING_RELEASE)}
        origin = FolderOrigin(report.output)
        with running_stack(project, origin, lambda: live, port=arguments.port, report=say) as stack:
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
    say("  Ctrl-C stops everything. `make build` in another terminal rebuilds; then reload the page.")
