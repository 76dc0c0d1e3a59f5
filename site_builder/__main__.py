"""Run `python -m site_builder`."""

import gc

# What is imported stays, and so does most of what a build makes: to look for garbage in it all the time takes a
# twentieth of a short build.
gc.set_threshold(100_000, 100, 100)

import atexit
import os
import sys

from site_builder.cli.main import main


def run() -> None:
    """Run the command line, and leave at once when it is done.

    After a build of ten thousand texts Python would take a second to free every one of them, for nobody.
    """
    code = main()
    atexit._run_exitfuncs()  # noqa: SLF001 - what `sys.exit` would do, but for the freeing
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
