"""The commands about texts: `new`, `rename`, `keys`, `schedule` and `urls`."""

from __future__ import annotations

import argparse
from pathlib import Path

from site_builder.cli.build import add_site_options, say_json
from site_builder.cli.terminal import FAILED, OK, Commands, say
from site_builder.guarded import shown
from site_builder.settings import read_site_settings

NEW_DESCRIPTION = """\
Begin a text: a file with the keys that it needs, at the place where it belongs.

A post lies in a folder of its own, content/posts/<slug>/index.md, so that its pictures can lie beside it.
"""
RENAME_DESCRIPTION = """\
Give a text another slug, and lose nothing: its files move, its old address becomes an alias that leads to the new one,
and every link to it in other texts is mended. TEXT is its file, its folder, or the last part of its address.
"""
KEYS_DESCRIPTION = "Explain every key of the front matter, as a Markdown table."
SCHEDULE_DESCRIPTION = """\
List what appears and what expires from now on, the next first.

A post with a date ahead is not on the site at all until then: not its page, not its name in a list, not a picture.
Nothing happens by itself: the site must be built and published at that moment, and `schedule.json` in the output says
when the next one is.
"""
URLS_DESCRIPTION = """\
Compare the built site with content/urls.txt, the list of addresses that are for ever.

A build fails if it loses one of them. With --write, what is new is added to the list; commit it when you publish.
"""


def add_commands(commands: Commands) -> None:
    """Add the commands to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    new = commands.add_parser("new", help="begin a text", description=NEW_DESCRIPTION, formatter_class=raw)
    new.add_argument("title", help="what it is called")
    new.add_argument("--page", action="store_true", help="a page, not a post")
    new.add_argument("--draft", action="store_true", help="for the preview alone, until the line with the status goes")
    new.add_argument("--slug", default="", help="the last part of its address (default: made of the title)")
    add_site_options(new)
    new.set_defaults(command=_new)
    rename = commands.add_parser("rename", help="move a text", description=RENAME_DESCRIPTION, formatter_class=raw)
    rename.add_argument("text", metavar="TEXT", help="which text")
    rename.add_argument("slug", metavar="SLUG", help="the new last part of its address")
    rename.add_argument("--dry-run", action="store_true", help="say what would be done, and do nothing")
    add_site_options(rename)
    rename.set_defaults(command=_rename)
    keys = commands.add_parser("keys", help="explain what a text may begin with", description=KEYS_DESCRIPTION)
    keys.set_defaults(command=_keys)
    schedule = commands.add_parser(
        "schedule", help="list what is due", description=SCHEDULE_DESCRIPTION, formatter_class=raw
    )
    add_site_options(schedule)
    schedule.set_defaults(command=_schedule)
    urls = commands.add_parser(
        "urls", help="keep the list of addresses", description=URLS_DESCRIPTION, formatter_class=raw
    )
    urls.add_argument("--output", type=Path, default=Path("output"), help="the built site (default: %(default)s)")
    urls.add_argument("--write", action="store_true", help="add what is new to the list")
    add_site_options(urls)
    urls.set_defaults(command=_urls)


def _new(arguments: argparse.Namespace) -> int:
    from datetime import UTC, datetime  # noqa: PLC0415

    from site_builder.sources.beginning import plan_new, write_new  # noqa: PLC0415
    from site_builder.sources.keys import PAGE, POST  # noqa: PLC0415

    site = read_site_settings(arguments.settings)
    new = plan_new(
        site.content,
        arguments.title,
        PAGE if arguments.page else POST,
        draft=arguments.draft,
        now=datetime.now(UTC),
        author=site.author,
        slug=arguments.slug,
    )
    write_new(new)
    if arguments.json:
        say_json({"path": str(new.path)})
    else:
        say(str(new.path))
    return OK


def _rename(arguments: argparse.Namespace) -> int:
    from site_builder.sources.renaming import apply_rename, find_text, plan_rename  # noqa: PLC0415

    content = read_site_settings(arguments.settings).content
    rename = plan_rename(content, find_text(content, arguments.text), arguments.slug)
    if not arguments.dry_run:
        apply_rename(rename)
    if arguments.json:
        moves = [[str(old), str(new)] for old, new in rename.moves]
        say_json({"moves": moves, "edited": [str(path) for path, _ in rename.edits], "alias": rename.alias})
        return OK
    for old, new in rename.moves:
        say(f"{shown(old)} -> {shown(new)}")
    if rename.alias:
        say(f"{rename.alias} leads to it.")
    say(f"{rename.links} links are mended." if rename.links != 1 else "One link is mended.")
    if arguments.dry_run:
        say("Nothing was done: this was a rehearsal.")
    return OK


def _keys(_: argparse.Namespace) -> int:
    from site_builder.sources.keys import describe_keys  # noqa: PLC0415

    say(describe_keys())
    return OK


def _schedule(arguments: argparse.Namespace) -> int:
    from site_builder.sources.calendar import build_moment, due  # noqa: PLC0415
    from site_builder.sources.keys import KINDS  # noqa: PLC0415

    content = read_site_settings(arguments.settings).content
    found = due(content, KINDS, build_moment())
    if arguments.json:
        say_json(
            [
                {"moment": one.moment.isoformat(), "what": one.what, "path": str(one.path), "title": one.title}
                for one in found
            ]
        )
    else:
        for one in found:
            say(f"{one.moment:%Y-%m-%d %H:%M} UTC  {one.what:7}  {one.title}  ({one.path})")
        if not found:
            say("Nothing is due: no text has a date ahead.")
    return OK


def _urls(arguments: argparse.Namespace) -> int:
    from site_builder.checks.permanence import (  # noqa: PLC0415
        REDIRECTS_FILE,
        check_permanence,
        read_redirects,
    )
    from site_builder.errors import BuildError  # noqa: PLC0415
    from site_builder.sources.addresses import (  # noqa: PLC0415
        address_of,
        is_kept,
        read_addresses,
        write_addresses,
    )

    content, output = read_site_settings(arguments.settings).content, arguments.output
    if not output.is_dir():
        raise BuildError(str(output), "there is no built site", "Run `make build` first.")
    files = [path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()]
    redirects = output / REDIRECTS_FILE
    addresses = read_addresses(content)
    lost = list(
        check_permanence(addresses, files, read_redirects(redirects.read_bytes() if redirects.is_file() else None))
    )
    there = {address for file in files if (address := address_of(file)) and is_kept(address)}
    new = sorted(there - addresses.paths)
    if arguments.write and new:
        write_addresses(addresses, new)
    if arguments.json:
        say_json({"new": new, "findings": [{**vars(one), "path": str(one.path)} for one in lost]})
        return FAILED if lost else OK
    for finding in lost:
        say(str(finding))
    for path in new:
        say(f"new  {path}")
    done = f"added to {addresses.file}" if arguments.write else "not on the list yet: add them with --write"
    say(f"{len(new)} {done}." if new else f"All {len(there)} addresses are on the list.")
    return FAILED if lost else OK
