"""`python -m site_builder`: build the site, check its sources, run the whole product here."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from site_builder.cli import build, check, importing, texts, up
from site_builder.cli.terminal import Parser, run

DESCRIPTION = """\
Build ZichKoding's site, check what it is made of, and run all of it on this machine.

  build     content/ + theme/ + pelicanconf.py  ->  output/
  check     every fault in the sources and in the pages, with its place and what to do
  new       begin a text
  rename    move a text; its old address leads to it, and links to it are mended
  import    posts and pages of WordPress, Jekyll, Hugo or Medium  ->  content/
  keys      what a text may begin with, key by key
  schedule  what appears and expires when
  urls      the list of addresses that are for ever
  up        the site and its API on one address, with a real PostgreSQL
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    parser = Parser(
        prog="site_builder",
        description=DESCRIPTION,
        epilog="Exit codes: 0 done, 1 something is wrong and said, 2 the command line is wrong.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, parser_class=Parser)
    build.add_commands(commands)
    check.add_commands(commands)
    importing.add_commands(commands)
    texts.add_commands(commands)
    up.add_commands(commands)
    return run(parser, arguments)
