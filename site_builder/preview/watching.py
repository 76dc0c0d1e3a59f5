"""Notice what is saved: a file of the content, the theme, the settings or the code that builds."""

from __future__ import annotations

import queue
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from watchfiles import DefaultFilter, watch

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
        """Return what to watch."""
        own = self.settings.parent / "plugins"
        return tuple(dict.fromkeys(one for one in (self.settings, self.content, self.theme, own, CODE) if one.exists()))

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
    ready = threading.Event()

    def follow() -> None:
        batches = watch(
            *sources.places,
            watch_filter=DefaultFilter(),
            debounce=LONGEST_MS,
            step=QUIET_MS,
            rust_timeout=200,
            yield_on_timeout=True,
            stop_event=stop,
            raise_interrupt=False,
        )
        for batch in batches:
            # The first one comes when all folders are watched, at the latest after one time-out.
            ready.set()
            if batch:
                changes.put(frozenset(Path(path) for _, path in batch))

    thread = threading.Thread(target=follow, name="watching", daemon=True)
    thread.start()
    ready.wait(10)
    try:
        yield changes
    finally:
        stop.set()
        thread.join()
