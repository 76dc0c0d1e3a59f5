"""Read texts in several processes before Pelican asks for them."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from typing import Any

from pelican.readers import _filter_discardable_metadata  # Pelican's rule for what a reader found
from pelican.utils import file_suffix

from site_builder.engine.contents import dumps, loads
from site_builder.engine.doors import Seen, loaded_modules, watching
from site_builder.engine.inputs import digest_at
from site_builder.engine.trust import can_run_elsewhere
from site_builder.engine.workers import Workers

CHUNK = 16
# Below this, starting processes costs more than they save.
FEW = 24

Result = tuple[bytes | None, Any, Any, Seen]


class ReadAhead:
    """The texts that other processes read while this one makes articles of them."""

    def __init__(self, readers: Any, settings: dict[str, Any], paths: Sequence[str], jobs: int) -> None:
        """Begin to read those of the files (whole paths) that may be read elsewhere."""
        self._readers = readers
        self._settings = settings
        self._results: dict[str, Result] = {}
        self.modules: set[str] = set()
        eligible = [path for path in paths if can_run_elsewhere(readers.readers.get(file_suffix(path)), settings)]
        self._awaited = set(eligible)
        self._workers: Workers | None = None
        self._stream: Any = None
        if jobs > 1 and len(eligible) >= FEW:
            self._workers = Workers(
                self._read, eligible, processes=jobs, chunk=CHUNK, dump=dumps, load=self._load, farewell=loaded_modules
            )
            self._stream = self._workers.results()
        else:
            self._awaited.clear()

    def _load(self, data: bytes) -> Any:
        return loads(data, self._settings)

    def _read(self, paths: Sequence[str]) -> list[Result | None]:
        """Read a chunk of texts; this runs in a worker."""
        return [read_quietly(self._readers.readers[file_suffix(path)], path) for path in paths]

    def will_take(self, path: str) -> bool:
        """Say whether a file is read elsewhere."""
        return path in self._awaited

    def take(self, path: str) -> Result | None:
        """Return what was read of a file, or None where Pelican is to read it here."""
        if path not in self._awaited:
            return None
        while path in self._awaited and path not in self._results:
            paths, results = next(self._stream)
            for one, result in zip(paths, results, strict=True):
                if result is None:
                    self._awaited.discard(one)
                else:
                    self._results[one] = result
        return self._results.pop(path, None)

    def stop(self) -> None:
        """End the workers; take what they have to say at the end."""
        if self._workers is not None:
            for _ in self._stream:
                pass
            self._workers.stop()
            for modules in self._workers.farewells:
                self.modules |= modules


class _Noise(logging.Handler):
    heard = False

    def emit(self, record: logging.LogRecord) -> None:
        del record
        self.heard = True


def read_quietly(reader: Any, path: str) -> Result | None:
    """Read a file as Pelican would; None where there is something to be said about it, so that Pelican says it."""
    noise = _Noise(level=logging.WARNING)
    logger = logging.getLogger("pelican")
    logger.addHandler(noise)
    muted, logger.propagate = logger.propagate, False
    seen = Seen()
    try:
        digest = digest_at(path)
        with watching(seen):
            content, metadata = reader.read(path)
        if noise.heard or content is None:
            return None
        seen.files.discard(os.path.abspath(path))
        return digest, content, _filter_discardable_metadata(metadata), seen
    except Exception:  # noqa: BLE001 - read again where it can be reported
        return None
    finally:
        logger.propagate = muted
        logger.removeHandler(noise)
