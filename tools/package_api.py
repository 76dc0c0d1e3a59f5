"""Package the API for Lambda: its code, its migrations and the wheels of its own lock, and nothing else.

    python tools/package_api.py dist/api.zip [--target arm64|x86_64|here]

The same sources and lock give the same bytes. `here` is for trying the package on this machine.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
API = ROOT / "api"
LOCK = ROOT / "requirements" / "api.txt"
# What the function imports; the rest of the lock is for Chalice's command line and local server.
RUNTIME = ("chalice", "psycopg", "psycopg-binary", "typing-extensions")
CODE = ("app.py", "migrate.py", "chalicelib/**/*.py", "migrations/*.sql")
PYTHON = "3.13"
# Lambda's Python 3.13 runs on glibc 2.34, so wheels for 2.28 and older will do.
PLATFORMS = {
    "arm64": ("manylinux_2_28_aarch64", "manylinux_2_27_aarch64", "manylinux2014_aarch64"),
    "x86_64": ("manylinux_2_28_x86_64", "manylinux2014_x86_64"),
}
DRIVERS = {"arm64": "*cpython-313-aarch64-linux-gnu.so", "x86_64": "*cpython-313-x86_64-linux-gnu.so", "here": "*.so"}
NOT_NEEDED = ("__pycache__/*", "*/__pycache__/*", "bin/*", "*.dist-info/RECORD", "*.dist-info/INSTALLER")
# A zip cannot say an earlier one; any fixed one makes the bytes depend on the content alone.
DATE = (1980, 1, 1, 0, 0, 0)


class PackageError(Exception):
    """The package cannot be made; the message says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the package and say what it is."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("output", type=Path)
    parser.add_argument("--target", choices=("arm64", "x86_64", "here"), default="arm64")
    chosen = parser.parse_args(arguments)
    try:
        count = package(chosen.output, chosen.target)
    except PackageError as error:
        sys.stderr.write(f"make package: {error}\n")
        return 1
    print(f"{chosen.output}: {count} files, {chosen.output.stat().st_size:,} bytes, for {chosen.target}")
    return 0


def package(output: Path, target: str) -> int:
    """Write the zip and return how many files are in it."""
    with tempfile.TemporaryDirectory() as name:
        wheels = Path(name) / "wheels"
        _install(runtime_lock(LOCK.read_text()), Path(name) / "runtime.txt", wheels, target)
        _refuse_missing_driver(wheels, target)
        files = {path.relative_to(wheels).as_posix(): path for path in wheels.rglob("*") if path.is_file()}
        files |= {path.relative_to(API).as_posix(): path for pattern in CODE for path in API.glob(pattern)}
        kept = {name: path for name, path in files.items() if not any(Path(name).match(one) for one in NOT_NEEDED)}
        _write(output, kept)
    return len(kept)


def runtime_lock(lock: str) -> str:
    """Return the part of the lock that runs in Lambda, with its hashes."""
    blocks = re.split(r"\n(?=[a-z0-9])", lock)
    chosen = [block for block in blocks if block.partition("==")[0] in RUNTIME]
    if len(chosen) != len(RUNTIME):
        raise PackageError(f"{LOCK.name} does not hold all of {', '.join(RUNTIME)}. Run `make lock`.")
    return "\n".join(chosen) + "\n"


def _install(lock: str, file: Path, folder: Path, target: str) -> None:
    file.write_text(lock)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes", "--no-compile"]
    command += ["--only-binary", ":all:", "--target", str(folder), "-r", str(file)]
    if target in PLATFORMS:
        command += ["--python-version", PYTHON, "--implementation", "cp"]
        command += [option for platform in PLATFORMS[target] for option in ("--platform", platform)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PackageError(f"the wheels for {target} cannot be had:\n{done.stderr.strip()}")


def _refuse_missing_driver(folder: Path, target: str) -> None:
    """Look for the database driver itself: a package without it would be made, and fail at its first request."""
    if not any((folder / "psycopg_binary").glob(DRIVERS[target])):
        raise PackageError(
            f"the database driver for {target} is not in the package. Look at psycopg-binary in the lock."
        )


def _write(output: Path, files: dict[str, Path]) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, DATE)
            entry.external_attr = 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name].read_bytes())


if __name__ == "__main__":
    sys.exit(main())
