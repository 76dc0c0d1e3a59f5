"""Look over the ground with checkov's rules, and say what it finds that nobody has given a reason for.

    python tools/checkov.py        installs it into .local/checkov first, exactly as requirements/checkov.txt says

What is found and right as it is stands in infra/checkov.toml with its reason.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
INFRA = ROOT / "infra"
ACCEPTED = INFRA / "checkov.toml"
LOCK = ROOT / "requirements" / "checkov.txt"
VENV = ROOT / ".local" / "checkov"
STAMP = VENV / ".installed"
PROGRAM = VENV / "bin" / "checkov"


class CheckovError(Exception):
    """It could not be installed, or did not come to an end."""


@dataclass(frozen=True, order=True)
class Finding:
    """A rule, and what breaks it."""

    check: str
    resource: str
    words: str = ""


def is_installed() -> bool:
    """Say whether it is there as its lock says."""
    return PROGRAM.is_file() and STAMP.is_file() and STAMP.read_bytes() == LOCK.read_bytes()


def install() -> None:
    """Install it, each package checked against its hash, in a venv of its own: it wants other versions than we do."""
    print(f"Installing checkov into {VENV.relative_to(ROOT)}, once; it takes some minutes …", flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True, check=False)
    if made.returncode != 0:
        raise CheckovError(made.stderr.strip() or made.stdout.strip())
    pip: list[str | Path] = [
        VENV / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
    ]
    done = subprocess.run([*pip, "-r", LOCK], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CheckovError(done.stderr.strip()[-600:])
    STAMP.write_bytes(LOCK.read_bytes())


def look(folder: Path) -> frozenset[Finding]:
    """Return everything that breaks a rule; nothing is asked of any network."""
    command: list[str | Path] = [PROGRAM, "--directory", folder, "--framework", "terraform", "--skip-download"]
    done = subprocess.run([*command, "--quiet", "--compact", "-o", "json"], capture_output=True, text=True, check=False)
    try:
        said = json.loads(done.stdout)
    except ValueError:
        raise CheckovError(f"it said nothing that can be read: {done.stderr.strip()[-600:]}") from None
    return frozenset(read_findings(said))


def read_findings(said: object) -> Iterator[Finding]:
    """Read what it says; the same thing in each environment is one."""
    for report in said if isinstance(said, list) else [said]:
        # Where there is no Terraform at all it gives bare numbers.
        for one in report.get("results", {}).get("failed_checks", ()) if isinstance(report, dict) else ():
            yield Finding(one["check_id"], without_places(one["resource"]), one["check_name"])


def without_places(address: str) -> str:
    """Return an address without the modules that lead there, and without which of many it is."""
    return re.sub(r"\[[^\]]*\]", "", re.sub(r"module\.\w+(\[[^\]]*\])?\.", "", address))


def read_accepted(text: str) -> Mapping[Finding, str]:
    """Read what is right as it is, and why."""
    return {
        Finding(entry["check"], resource): entry["why"]
        for entry in tomllib.loads(text)["accepted"]
        for resource in entry["resources"]
    }


def compare(found: Iterable[Finding], accepted: Iterable[Finding]) -> tuple[str, ...]:
    """Say what has no reason, and which reasons nothing needs any more."""
    words = {(one.check, one.resource): one.words for one in found}
    reasons = {(one.check, one.resource) for one in accepted}
    new = [f"{check} {resource}: {words[check, resource]}" for check, resource in sorted(words.keys() - reasons)]
    old = [f"{check} {resource}: nothing is found there any more" for check, resource in sorted(reasons - words.keys())]
    return (*new, *old)


def main() -> int:
    """Install, look, compare, and say it."""
    try:
        if not is_installed():
            install()
        complaints = compare(look(INFRA), read_accepted(ACCEPTED.read_text()))
    except CheckovError as error:
        print(f"make checkov: {error}", file=sys.stderr)
        return 1
    for complaint in complaints:
        print(complaint)
    if complaints:
        print(f"Mend it, or give the reason in {ACCEPTED.relative_to(ROOT)}; take reasons away that nothing needs.")
        return 1
    print("checkov finds nothing but what has its reason.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
