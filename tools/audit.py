"""Ask whether a locked package has a known hole: `make audit`.

Each lock is given to pip-audit as it is, names, versions and hashes; nothing is resolved and nothing installed. A
package that could not be asked about is no clean one: it fails the audit too. A hole that cannot be mended yet is
accepted in `tools/audit.toml`, with a reason, until a day.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ACCEPTED = ROOT / "tools" / "audit.toml"
LOCKS = ROOT / "requirements"


@dataclass(frozen=True)
class Accepted:
    """A hole that we live with until a day, and why."""

    hole: str
    until: date
    why: str


def main() -> int:
    """Ask for every lock, and say all that is wrong."""
    accepted = read_accepted(ACCEPTED.read_text(encoding="utf-8"))
    today, faults = datetime.now(UTC).date(), list[str]()
    for lock in sorted(LOCKS.glob("*.txt")):
        found = [f"{lock.name}: {fault}" for fault in faults_of(_ask(lock), accepted, today)]
        print(f"{lock.name}: {len(found) or 'no'} faults", flush=True)
        faults += found
    for fault in faults:
        print(f"  {fault}")
    return 1 if faults else 0


def read_accepted(text: str) -> tuple[Accepted, ...]:
    """Read what is accepted; each has all three words."""
    return tuple(Accepted(one["hole"], one["until"], one["why"]) for one in tomllib.loads(text).get("accepted", ()))


def faults_of(said: Mapping[str, Any], accepted: Sequence[Accepted], today: date) -> Iterator[str]:
    """Return what is wrong by what pip-audit said of one lock."""
    still = {one.hole: one for one in accepted if today < one.until}
    for package in said["dependencies"]:
        name = f"{package['name']} {package.get('version', '')}".strip()
        if "skip_reason" in package:
            yield f"{name} could not be asked about: {package['skip_reason']}"
        for hole in package.get("vulns", ()):
            if not {hole["id"], *hole.get("aliases", ())} & still.keys():
                mended = ", ".join(hole.get("fix_versions", ())) or "in no version yet"
                yield f"{name} has {hole['id']}, mended in {mended}. `make lock` takes a newer one."


def _ask(lock: Path) -> Mapping[str, Any]:
    program = str(Path(sys.executable).parent / "pip-audit")
    command = [program, "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json"]
    command += ["-r", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        said: Mapping[str, Any] = json.loads(done.stdout)
    except ValueError:
        return {"dependencies": [{"name": lock.name, "skip_reason": done.stderr.strip()[-300:]}]}
    return said


if __name__ == "__main__":
    sys.exit(main())
