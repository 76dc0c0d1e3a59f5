"""Notice what is saved: a file of the content, the theme, the settings or the code that builds."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from watchfiles import Change, DefaultFilter, watch

# An editor writes a file in several steps; what follows within so few milliseconds belongs to the same saving.
QUIET_MS = 5
LONGEST_MS = 50
IMPORT = re.compile(r"""@import\s+(?:url\()?["']?([^"')\s;]+)""")
CODE = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Sources:
    """What a site is made of, as far as it is watched."""

    settings: Path
    content: Path
    theme: Path

    @property
    def places(self) -> tuple[Path, ...]:
        """Return the folders to watch with all that lies in them."""
        own = self.settings.parent / "plugins"
        return tuple(dict.fromkeys(one for one in (self.content, self.theme, own, CODE) if one.exists()))

    def is_code(self, path: Path) -> bool:
        """Say whether a file is loaded once by whoever builds, and must be loaded anew."""
        return path.suffix in {".py", ".toml"} and not path.is_relative_to(self.content)

    def style_names(self, path: Path) -> tuple[str, ...]:
        """Return the names of a stylesheet of the theme, and of those that import it; nothing for any other file."""
        static = self.theme / "static"
        if path.suffix != ".css" or not path.is_relative_to(static):
            return ()
        names = [path.relative_to(static).as_posix()]
        for sheet in sorted(static.rglob("*.css")):
            imported = IMPORT.findall(sheet.read_text(encoding="utf-8", errors="replace"))
            if any((sheet.parent / name).resolve() == path.resolve() for name in imported):
                names += self.style_names(sheet)
        return tuple(dict.fromkeys(names))


@contextmanager
def watching(sources: Sources) -> Iterator[queue.SimpleQueue[frozenset[Path]]]:
    """Yield the queue into which go, saving by saving, the files that have changed."""
    changes: queue.SimpleQueue[frozenset[Path]] = queue.SimpleQueue()
    stop = threading.Event()
    # Many an editor puts a new file into the place of the old one, and whoever watches that one hears no more: so the
    # settings are noticed by their folder, of which everything else is none of ours.
    settings = sources.settings.absolute()
    folder, only_settings = settings.parent, partial(_is_file, settings)
    followers = (
        _Follower(changes, stop, sources.places, DefaultFilter(), recursive=True),
        _Follower(changes, stop, (folder,), only_settings, recursive=False, step=LONGEST_MS),
    )
    for follower in followers:
        follower.start()
    for follower in followers:
        follower.ready.wait(10)
    try:
        yield changes
    finally:
        stop.set()
        for follower in followers:
            follower.join()


def _is_file(file: Path, _change: Change, path: str) -> bool:
    return Path(path) == file


class _Follower(threading.Thread):
    """Puts what changes in some folders into a queue, until it is stopped."""

    def __init__(
        self,
        changes: queue.SimpleQueue[frozenset[Path]],
        stop: threading.Event,
        places: Sequence[Path],
        wanted: Callable[[Change, str], bool],
        *,
        recursive: bool,
        step: int = QUIET_MS,
    ) -> None:
        super().__init__(name="watching", daemon=True)
        self.ready = threading.Event()
        self._changes, self._stop_event = changes, stop
        self._places, self._wanted, self._recursive, self._step = places, wanted, recursive, step

    def run(self) -> None:
        batches = watch(
            *self._places,
            watch_filter=self._wanted,
            debounce=LONGEST_MS,
            step=self._step,
            rust_timeout=200,
            yield_on_timeout=True,
            stop_event=self._stop_event,
            raise_interrupt=False,
            recursive=self._recursive,
        )
        for batch in batches:
            # The first one comes when all folders are watched, at the latest after one time-out.
            self.ready.set()
            if batch:
                self._changes.put(frozenset(Path(path) for _, path in batch))
