"""Sum up what the tests said and what they reached, in Markdown: `make summary`.

On GitHub it becomes the run's summary; elsewhere it is printed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

MOST_FAILURES = 50
MOST_SLOW = 10
LONGEST_WORDS = 400


@dataclass(frozen=True)
class Case:
    """One test, how it ended, and how long it took."""

    name: str
    outcome: str
    seconds: float
    words: str = ""


def main(arguments: Sequence[str]) -> int:
    """Write the summary of a folder of reports; none is said too, and is no fault of the summary."""
    cases = [case for file in sorted(Path(arguments[0]).glob("*.xml")) for case in read_cases(file.read_text())]
    text = "\n".join([*sum_up(cases), "", *_coverage()]) + "\n"
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(text)
    else:
        print(text)
    return 0


def read_cases(text: str) -> list[Case]:
    """Read what pytest wrote of its tests."""
    # Our own pytest wrote it, a moment ago.
    return [_case(case) for case in ET.fromstring(text).iter("testcase")]  # noqa: S314


def _case(case: ET.Element) -> Case:
    name = f"{case.get('classname', '')}::{case.get('name', '')}"
    for outcome in ("failure", "error", "skipped"):
        found = case.find(outcome)
        if found is not None:
            return Case(name, outcome, float(case.get("time") or 0), found.get("message") or "")
    return Case(name, "passed", float(case.get("time") or 0))


def sum_up(cases: Iterable[Case]) -> list[str]:
    """Return the lines of the summary: the count, what failed, what was skipped and why, what took longest."""
    every = list(cases)
    if not every:
        return ["## Tests", "", "No test was run."]
    counted = {
        outcome: sum(case.outcome == outcome for case in every) for outcome in ("passed", "failure", "error", "skipped")
    }
    lines = ["## Tests", "", "| passed | failed | broken | skipped |", "|--:|--:|--:|--:|"]
    lines += [f"| {counted['passed']} | {counted['failure']} | {counted['error']} | {counted['skipped']} |", ""]
    bad = [case for case in every if case.outcome in ("failure", "error")]
    for title, some in (
        ("What failed", bad),
        ("What was skipped", [case for case in every if case.outcome == "skipped"]),
    ):
        if some:
            lines += [f"<details{' open' if some is bad else ''}><summary>{title}</summary>", ""]
            lines += [f"- `{case.name}`: {_in_a_line(case.words)}" for case in some[:MOST_FAILURES]]
            lines += [f"- and {len(some) - MOST_FAILURES} more"] * (len(some) > MOST_FAILURES) + ["", "</details>", ""]
    slowest = sorted(every, key=lambda case: -case.seconds)[:MOST_SLOW]
    lines += ["<details><summary>What took longest</summary>", "", "| test | seconds |", "|---|--:|"]
    return [*lines, *(f"| `{case.name}` | {case.seconds:.1f} |" for case in slowest), "", "</details>"]


def _in_a_line(words: str) -> str:
    """Say it in one line that no Markdown or HTML in it can change."""
    line = " ".join(words.split())[:LONGEST_WORDS].replace("&", "&amp;").replace("<", "&lt;").replace("`", "'")
    return f"`{line}`" if line else ""


def _coverage() -> list[str]:
    command = [str(Path(sys.executable).parent / "coverage"), "report", "--format=markdown"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return ["## What they reached", "", done.stdout.strip() or "Nothing was measured."]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
