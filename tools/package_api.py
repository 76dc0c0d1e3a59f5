"""Package the API for Lambda: its code, its migrations and the wheels of its own lock, and nothing else.

    python tools/package_api.py dist/api.zip [--target arm64|x86_64|here] [--no-pyc]

The same sources and lock give the same bytes. `here` is for trying the package on this machine. What is compiled in
is compiled by a Python of the target's version: Lambda cannot write bytecode, and would compile at every cold start.
"""

from __future__ import annotations

import argparse
import re
import shutil
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
ENTRIES = ("app.py", "migrate.py", "rotate.py", "visitor.py")
CODE = (*ENTRIES, "chalicelib/**/*.py", "migrations/*.sql", "certificates/*.pem")
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
    parser.add_argument("--no-pyc", action="store_true", help="leave compiling to each cold start (+110 ms of CPU)")
    chosen = parser.parse_args(arguments)
    try:
        names = package(chosen.output, chosen.target, compiled=not chosen.no_pyc)
    except PackageError as error:
        sys.stderr.write(f"make package: {error}\n")
        return 1
    print(f"{chosen.output}: {len(names)} files, {chosen.output.stat().st_size:,} bytes, for {chosen.target}")
    for part, (count, size) in contents(chosen.output).items():
        print(f"  {part:24} {count:4} files {size:>12,} bytes unpacked")
    if "certificates/rds.pem" not in names:
        print("  It has no certificates of RDS, so in AWS it reaches a database behind a proxy only: make certificates")
    return 0


def package(output: Path, target: str, *, compiled: bool = True) -> list[str]:
    """Write the zip and return the names of the files in it."""
    # Found first: a missing interpreter is no reason to fetch wheels.
    interpreter = _interpreter(target) if compiled else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "package"
        _install(runtime_lock(LOCK.read_text()), Path(name) / "runtime.txt", folder, target)
        _refuse_missing_driver(folder, target)
        for source in (path for pattern in CODE for path in API.glob(pattern)):
            copy = folder / source.relative_to(API)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, copy)
        _remove_unneeded(folder)
        if interpreter:
            _compile(folder, interpreter)
        files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
        _write(output, files)
    return sorted(files)


def contents(package: Path) -> dict[str, tuple[int, int]]:
    """Return how many files and bytes each part of a package has."""
    parts: dict[str, tuple[int, int]] = {}
    with zipfile.ZipFile(package) as archive:
        for entry in archive.infolist():
            part = entry.filename.partition("/")[0]
            count, size = parts.get(part, (0, 0))
            parts[part] = (count + 1, size + entry.file_size)
    return dict(sorted(parts.items(), key=lambda item: -item[1][1]))


def _interpreter(target: str) -> str:
    """Return a Python whose bytecode the target understands, or refuse."""
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}" if target == "here" else PYTHON
    versions = sorted(Path.home().glob(f".pyenv/versions/{wanted}.*/bin/python{wanted}"))
    for candidate in (sys.executable, f"python{wanted}", *map(str, versions)):
        if _version(candidate) == wanted:
            return candidate
    raise PackageError(
        f"there is no Python {wanted} here to compile for {target}. Install one, or use --no-pyc: then every cold "
        "start compiles all of it anew, which costs about 110 ms of CPU."
    )


def _version(interpreter: str) -> str:
    command = [interpreter, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except OSError:
        return ""


def _compile(folder: Path, interpreter: str) -> None:
    """Compile everything in place; unchecked, since nothing changes in a package, and with Lambda's own path in it."""
    command = [interpreter, "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    command += ["-s", str(folder), "-p", "/var/task", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise PackageError(f"it cannot be compiled:\n{(done.stdout + done.stderr).strip()}")


def _remove_unneeded(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and any(path.relative_to(folder).match(one) for one in NOT_NEEDED):
            path.unlink()


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
