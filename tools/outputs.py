"""Run a command that prints one JSON object; show it, and give what it says to the workflow's next steps.

    python tools/outputs.py COMMAND …

Each plain value becomes an output of the step, where GITHUB_OUTPUT names the file for them; elsewhere it is only shown.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

MISUSED = 2


def main(command: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    if not command:
        print("usage: python tools/outputs.py COMMAND …", file=sys.stderr)
        return MISUSED
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    sys.stdout.write(done.stdout)
    if done.returncode == 0 and os.environ.get("GITHUB_OUTPUT"):
        with Path(os.environ["GITHUB_OUTPUT"]).open("a", encoding="utf-8") as outputs:
            outputs.write(as_outputs(json.loads(done.stdout)))
    return done.returncode


def as_outputs(values: Mapping[str, object]) -> str:
    """Write the plain values of one line as a step's outputs; the others could be read as something else.

    Where all of it is one object within, like the one environment that was asked for, that is what is meant.
    """
    within = next(iter(values.values()), None)
    if len(values) == 1 and isinstance(within, dict):
        return as_outputs(within)
    plain = {key: str(value) for key, value in values.items() if isinstance(value, str | int | float)}
    return "".join(f"{key}={value}\n" for key, value in plain.items() if "\n" not in value and "\r" not in value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
