"""The command `import`: bring the texts of another generator in."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from site_builder.cli.build import say_json
from site_builder.cli.terminal import OK, Commands, say
from site_builder.errors import ImportingError
from site_builder.importing import GENERATORS

if TYPE_CHECKING:
    from site_builder.importing.values import Plan

DESCRIPTION = """\
Import posts and pages from WordPress (the .xml file of its export), Jekyll or Hugo (the folder), Medium (the export).

Nothing is overwritten: a text that is there already stays, so importing twice changes nothing. Nothing is fetched: a
picture that the export does not hold is reported. Old addresses become aliases, so that old links go on working.
Everything that could not be brought along is a line: `path  what  what to do`.
"""


def add_commands(commands: Commands) -> None:
    """Add `import` to the command line."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = commands.add_parser(
        "import", help="bring another site's texts in", description=DESCRIPTION, formatter_class=raw
    )
    parser.add_argument("source", type=Path, metavar="SOURCE", help="the export's file, or the other site's folder")
    parser.add_argument(
        "--from", dest="generator", choices=GENERATORS, help="what it is from (default: what it looks like)"
    )
    parser.add_argument(
        "--content", type=Path, default=Path("content"), help="the folder to import into (default: %(default)s)"
    )
    parser.add_argument(
        "--lang", default="en", help="the site's language, which a text need not name (default: %(default)s)"
    )
    parser.add_argument("--report", type=Path, metavar="FILE", help="write the lines of the report to a file too")
    parser.add_argument("--dry-run", action="store_true", help="say what would be done, and write nothing")
    parser.add_argument("--json", action="store_true", help="print the result as JSON, for machines")
    parser.set_defaults(command=_import)


def _import(arguments: argparse.Namespace) -> int:
    from site_builder.importing.detect import detect, read_export  # noqa: PLC0415
    from site_builder.importing.plan import plan_import  # noqa: PLC0415
    from site_builder.importing.present import read_present  # noqa: PLC0415
    from site_builder.importing.write import write_plan  # noqa: PLC0415

    generator = arguments.generator or detect(arguments.source)
    export = read_export(arguments.source, generator)
    plan = plan_import(export, read_present(arguments.content), arguments.lang)
    if not arguments.dry_run:
        write_plan(plan, arguments.content)
        if arguments.report:
            _write_report(plan, arguments.report)
    if arguments.json:
        say_json(_as_json(plan, written=not arguments.dry_run))
    else:
        _say_plan(plan, arguments.content, written=not arguments.dry_run)
    return OK


def _write_report(plan: Plan, file: Path) -> None:
    try:
        file.write_text("".join(f"{note}\n" for note in plan.notes), encoding="utf-8")
    except OSError as error:
        what = f"the report cannot be written: {error.strerror}"
        raise ImportingError(str(file), what, "Name a file in a folder that is there.") from error


def _say_plan(plan: Plan, content: Path, *, written: bool) -> None:
    for text in plan.texts:
        beside = f"  with {', '.join(copy.target.name for copy in text.copies)}" if text.copies else ""
        say(f"{content / text.path}  from {text.origin}{beside}")
    if plan.notes:
        say(f"\nWhat is left to you ({len(plan.notes)}):")
    for note in plan.notes:
        say(str(note))
    done = "Imported" if written else "Would import"
    many = f"{len(plan.texts)} text{'' if len(plan.texts) == 1 else 's'}"
    files = sum(len(text.copies) for text in plan.texts)
    kept = f"; {len(plan.kept)} were there already" if plan.kept else ""
    say(f"\n{done} {many} and {files} files from {plan.generator}{kept}.")
    if written and plan.texts:
        say("Now run `python -m site_builder check`: it says what must still be mended, line by line.")


def _as_json(plan: Plan, *, written: bool) -> dict[str, object]:
    return {
        "generator": plan.generator,
        "written": written,
        "texts": [
            {"path": str(text.path), "origin": text.origin, "files": [str(copy.target) for copy in text.copies]}
            for text in plan.texts
        ],
        "kept": [str(path) for path in plan.kept],
        "notes": [vars(note) for note in plan.notes],
    }
