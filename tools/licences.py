"""Hold the licence of every locked package to the list of those that we may use: `make licences`.

The product is AGPL-3.0-or-later, so whatever may be combined with that may be used. What a package says of itself is
taken from its metadata: an SPDX expression, else its classifiers, else the words of its field. A package whose words
nobody has read yet is a fault, not a guess.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Protocol

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("site", "api", "dev")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==", re.MULTILINE)
ALLOWED = frozenset({
    "0BSD", "AFL-2.1", "AGPL-3.0-or-later", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "GPL-2.0-or-later", "ISC",
    "LGPL-3.0-only", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "PSF-2.0", "Python-2.0", "Unlicense", "Zlib",
})  # fmt: skip
# What packages write where they write no expression.
WORDS = {
    "apache license": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "bsd 2-clause license": "BSD-2-Clause",
    "gnu affero general public license v3 or later (agplv3+)": "AGPL-3.0-or-later",
    "gnu general public license v2 or later (gplv2+)": "GPL-2.0-or-later",
    "isc license (iscl)": "ISC",
    "mit licence": "MIT",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "mplv2.0": "MPL-2.0",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
    "the unlicense (unlicense)": "Unlicense",
}
# Read by a person, where the metadata say nothing or too much.
READ = {
    "axe-playwright-python": "MPL-2.0", # Its own code is MIT; it brings axe-core, which is MPL 2.0.
    "quickjs-ng": "MIT", # Its metadata name a file alone; the engine and the binding are MIT.
    "docutils": "BSD-2-Clause",  # In the public domain but for some parts; its file COPYING says which.
}  # fmt: skip


class Metadata(Protocol):
    """What a package says of itself."""

    def get_all(self, name: str) -> list[str] | None:
        """Return every value of a field."""


def main() -> int:
    """Look at every package that is installed, and say which may not be used."""
    names = sorted(
        {name for lock in LOCKS for name in PINNED.findall((ROOT / "requirements" / f"{lock}.txt").read_text())}
    )
    found = {name: read for name in names if (read := _installed(name)) is not None}
    faults = [fault for name, read in found.items() for fault in faults_of(name, read)]
    for fault in faults:
        print(fault)
    # A lock holds packages for other systems too; those are looked at there.
    print(f"{len(found)} packages looked at, {len(names) - len(found)} not for this system, {len(faults)} faults.")
    return 1 if faults else 0


def faults_of(name: str, read: Metadata) -> Iterator[str]:
    """Return what is wrong with one package's licence."""
    said = licences_of(name, read)
    if not said:
        yield f"{name}: it says no licence that is known here. Read it, and put it into READ of tools/licences.py."
    elif not any(all(one in ALLOWED for one in every) for every in said):
        words = " or ".join(" and ".join(every) for every in said)
        yield f"{name}: {words} is not on the list. Do without it, or say in tools/licences.py why it may be used."


def licences_of(name: str, read: Metadata) -> list[Sequence[str]]:
    """Return the licences that a package may be used under: one of them, each of which may be several at once."""
    if name in READ:
        return [(READ[name],)]
    for expression in read.get_all("License-Expression") or ():
        return _alternatives(expression)
    classified = [
        line.rpartition(" :: ")[2] for line in read.get_all("Classifier") or () if line.startswith("License ::")
    ]
    known = [WORDS[word.lower()] for word in classified if word.lower() in WORDS]
    if known and len(known) == len(classified):
        # Several classifiers are, by their custom, a choice.
        return [(one,) for one in known]
    written = next(iter(read.get_all("License") or ()), "").strip()
    if written.lower() in WORDS:
        return [(WORDS[written.lower()],)]
    return _alternatives(written) if written and len(written.splitlines()) == 1 else []


def _alternatives(expression: str) -> list[Sequence[str]]:
    plain = expression.replace("(", " ").replace(")", " ")
    return [tuple(one.strip() for one in re.split(r"\bAND\b", every)) for every in re.split(r"\bOR\b", plain)]


def _installed(name: str) -> Metadata | None:
    try:
        found: Metadata = metadata(name)
    except PackageNotFoundError:
        return None
    return found


if __name__ == "__main__":
    sys.exit(main())
