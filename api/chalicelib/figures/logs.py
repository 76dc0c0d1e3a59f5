"""Where the CDN's log files lie: a port, and a folder behind it for one machine; `aws` has the bucket."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from chalicelib.errors import UnavailableError
from chalicelib.settings import Settings


class LogsUnavailableError(UnavailableError):
    """The place of the log files did not answer, or not as it should."""


class Logs(Protocol):
    """Lists files and reads them; nothing is ever written there."""

    def names(self) -> list[str]:
        """Return the names of all files; or raise LogsUnavailableError."""

    def read(self, name: str) -> bytes:
        """Return a file as it lies there; or raise LogsUnavailableError."""


class DirectoryLogs:
    """Files in a folder of this machine, and in the folders in it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """Return the files' paths from the folder on."""
        return sorted(str(path.relative_to(self._folder)) for path in self._folder.rglob("*.gz"))

    def read(self, name: str) -> bytes:
        """Read the file."""
        try:
            return (self._folder / name).read_bytes()
        except OSError as error:
            raise LogsUnavailableError from error


def open_logs(settings: Settings) -> Logs | None:
    """Return where the log files lie, where anything says so."""
    if settings.logs_url:
        from chalicelib.aws import S3Logs  # noqa: PLC0415 - only where it is used

        return S3Logs(settings.logs_url)
    return DirectoryLogs(Path(settings.logs_folder)) if settings.logs_folder else None
