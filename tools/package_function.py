"""Package one of the small functions of `infra/functions` for Lambda: one file, the same bytes each time.

python tools/package_function.py publisher dist/publisher.zip
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

FUNCTIONS = Path(__file__).resolve().parents[1] / "infra" / "functions"
# A zip cannot say an earlier one; any fixed one makes the bytes depend on the content alone.
DATE = (1980, 1, 1, 0, 0, 0)
MISUSED = 2


def main(arguments: list[str]) -> int:
    """Write the package."""
    known = sorted(file.stem for file in FUNCTIONS.glob("*.py"))
    if len(arguments) != len(("NAME", "FILE")) or arguments[0] not in known:
        print(f"usage: python tools/package_function.py {'|'.join(known)} FILE.zip", file=sys.stderr)
        return MISUSED
    source, output = FUNCTIONS / f"{arguments[0]}.py", Path(arguments[1])
    output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(source.name, DATE)
        entry.external_attr = 0o644 << 16
        archive.writestr(entry, source.read_bytes(), zipfile.ZIP_DEFLATED)
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
