"""What the code of a plugin, a template or a reader takes from outside: files, folders, the environment.

Python announces each file it opens to its audit hooks, and the environment is an object that can be watched. So what
was read is found, and nobody has to declare it. What goes out of the process (a program, a socket) cannot be followed:
whoever does that depends on everything.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Any

from site_builder.engine import inputs

WRITING = frozenset("wax+")
BLIND = frozenset({"subprocess.Popen", "os.system", "os.posix_spawn", "os.exec", "socket.connect", "sqlite3.connect"})
HEARD = BLIND | {"open", "os.listdir", "os.scandir"}
# Python, when it looks for a module, and the engine itself, when it looks whether a file has changed.
OURS = ("<frozen importlib", os.path.dirname(importlib.__file__), pkgutil.__file__, inputs.__file__)
SYSTEM = ("/usr/lib/", "/usr/share/", "/lib/", "/lib64/", "/etc/", "/proc/", "/sys/", "/dev/")


@dataclass
class Seen:
    """What was read while somebody watched."""

    files: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    environment: set[str] = field(default_factory=set)
    blind: bool = False

    def add(self, other: Seen) -> None:
        """Take in what another has seen."""
        self.files |= other.files
        self.folders |= other.folders
        self.environment |= other.environment
        self.blind |= other.blind


class _Watch:
    """Who is watching at the moment, in this process."""

    seen: Seen | None = None
    hooked = False


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    seen = _Watch.seen
    if seen is None:
        return
    if event not in HEARD or _is_ours():
        return
    if event == "open":
        path, mode, flags = arguments
        if isinstance(mode, str):
            reading = WRITING.isdisjoint(mode)
        else:
            reading = not (isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR))
        if reading:
            _note(seen.files, path)
    elif event in BLIND:
        seen.blind = True
    else:
        _note(seen.folders, arguments[0])


def _is_ours() -> bool:
    """Say whether it is not the site's code that asks: modules are inputs by other means."""
    return sys._getframe(2).f_code.co_filename.startswith(OURS)


def _note(paths: set[str], path: object) -> None:
    if path is None:
        path = os.curdir
    if isinstance(path, PurePath):
        path = str(path)
    elif isinstance(path, bytes):
        path = os.fsdecode(path)
    if isinstance(path, str):
        path = os.path.abspath(path)
        if not path.startswith(_unwatched()):
            paths.add(path)


def _unwatched() -> tuple[str, ...]:
    """Return where Python and the system have their own files: the modules among them are inputs of their own."""
    return (*SYSTEM, f"{sys.prefix}/lib/", f"{sys.base_prefix}/lib/")


class _Environment(os._Environ):  # type: ignore[type-arg]
    """`os.environ`, which notes the names that are asked for."""

    def __getitem__(self, name: str) -> str:
        if _Watch.seen is not None:
            _Watch.seen.environment.add(name)
        return str(super().__getitem__(name))

    def __iter__(self) -> Iterator[str]:
        if _Watch.seen is not None:
            _Watch.seen.environment.add("*")
        return super().__iter__()


@contextmanager
def watching(seen: Seen | None) -> Iterator[None]:
    """Note in `seen` what is read inside; None watches nothing, inside of somebody else's watch too."""
    if not _Watch.hooked:
        # A hook stays for the life of the process; it does nothing while nobody watches.
        sys.addaudithook(_hear)
        os.environ.__class__ = _Environment
        _Watch.hooked = True
    outer, _Watch.seen = _Watch.seen, seen
    try:
        yield
    finally:
        _Watch.seen = outer


def unwatched(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of the engine do its work without being watched, which costs a little for each file and pickle."""

    def work(*arguments: Any, **options: Any) -> Any:
        outer, _Watch.seen = _Watch.seen, None
        try:
            return function(*arguments, **options)
        finally:
            _Watch.seen = outer

    return work


def loaded_modules() -> set[str]:
    """Return the files of all loaded modules that do not belong to Python itself."""
    files = (getattr(module, "__file__", None) for module in list(sys.modules.values()))
    own = os.path.dirname(os.__file__)
    return {
        os.path.abspath(file)
        for file in files
        if file and (not file.startswith(own) or "site-packages" in file or "dist-packages" in file)
    }
