"""How the commands talk to a person, and end."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn, TypeAlias

from site_builder.errors import SiteError

SHORTEST_GUESSED = 3
OK, FAILED, MISUSED, INTERRUPTED = 0, 1, 2, 130


class Parser(argparse.ArgumentParser):
    """A parser that guesses what a mistyped word was meant to be."""

    def parse_known_args(self, args=None, namespace=None):  # type: ignore[no-untyped-def]  # noqa: ANN001,ANN201
        """Refuse what is not known here, where the known words are, and not in the parser above."""
        known, extra = super().parse_known_args(args, namespace)
        if extra:
            self.error(f"unrecognized arguments: {' '.join(extra)}")
        return known, extra

    def error(self, message: str) -> NoReturn:
        """Print the fault, a guess where there is one, and where help is; never the whole usage."""
        sys.stderr.write(f"{self.prog}: {message}{self._guess(message)}\n  See `{self.prog} --help`.\n")
        sys.exit(MISUSED)

    def _guess(self, message: str) -> str:
        from difflib import get_close_matches  # noqa: PLC0415 - a command that is typed right needs no guess

        known = [str(word) for action in self._actions for word in (*action.option_strings, *(action.choices or ()))]
        # What argparse lists after these words is what is known, not what was typed.
        for word in message.partition("(choose from")[0].replace("'", " ").split():
            begun = [name for name in known if name.startswith(word) and len(word) >= SHORTEST_GUESSED]
            for close in (*begun, *get_close_matches(word, known, n=1)):
                return f"\n  Did you mean `{close}`?" if close != word else ""
        return ""


# What argparse calls the collection that subcommands are added to.
Commands: TypeAlias = "argparse._SubParsersAction[Parser]"  # noqa: SLF001 - argparse gives it no public name


def say(text: str = "") -> None:
    """Print a line for a person, at once."""
    print(text, flush=True)


def end_well(work: Callable[[], int]) -> int:
    """Run a command and turn what may go wrong into words and an exit code."""
    try:
        return work()
    except SiteError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone (`| head`); there is nobody left to tell.
        sys.stderr.close()
        return FAILED


def add_state_option(parser: argparse.ArgumentParser) -> None:
    """Let a command keep its database and logs elsewhere, so that two of them do not meet."""
    parser.add_argument(
        "--state", type=Path, default=Path(".local"), help="where database and logs are kept (default: %(default)s)"
    )


def run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Parse the arguments and run the command that they name."""
    chosen = parser.parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = chosen.command
    return end_well(lambda: command(chosen))
