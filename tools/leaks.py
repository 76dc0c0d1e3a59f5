"""Look for keys and passwords in what is committed: `make secrets`.

Whatever looks like one is a fault, unless `tools/leaks.toml` says what it is instead. The list holds no secret but its
hash, so a line may move, and another secret in the same file is still found.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ALLOWED = ROOT / "tools" / "leaks.toml"


@dataclass(frozen=True)
class Allowed:
    """What looks like a secret and is none, by its hash, and why."""

    file: str
    hash: str
    why: str


def main() -> int:
    """Scan what is committed, and say everything that is no known harmless word."""
    faults = list(leaks(_scan(), read_allowed(ALLOWED.read_text(encoding="utf-8"))))
    for fault in faults:
        print(fault)
    print(f"{len(faults) or 'No'} leaks.")
    return 1 if faults else 0


def read_allowed(text: str) -> tuple[Allowed, ...]:
    """Read what is known to be harmless."""
    return tuple(Allowed(one["file"], one["hash"], one["why"]) for one in tomllib.loads(text).get("allowed", ()))


def leaks(found: Mapping[str, Sequence[Mapping[str, Any]]], allowed: Sequence[Allowed]) -> Iterator[str]:
    """Return what looks like a secret and is not known, and what is known and is not there any more."""
    known = {(one.file, one.hash) for one in allowed}
    seen = {(file, str(one["hashed_secret"])) for file, several in found.items() for one in several}
    for file, several in sorted(found.items()):
        for one in several:
            if (file, one["hashed_secret"]) not in known:
                yield (
                    f"{file}:{one['line_number']}: {one['type']}. Take it out, and revoke it if it is real; "
                    f'else list it in tools/leaks.toml by hash = "{one["hashed_secret"]}".'
                )
    for file, digest in sorted(known - seen):
        yield f"tools/leaks.toml: {digest} is not in {file} any more. Take it off the list."


def _scan() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "detect-secrets"), "scan"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: Mapping[str, Sequence[Mapping[str, Any]]] = json.loads(done.stdout)["results"]
    # What was locked is hashes alone, and what lists hashes is a list of hashes.
    return {file: several for file, several in found.items() if not file.startswith(("requirements/", "tools/leaks."))}


if __name__ == "__main__":
    sys.exit(main())
