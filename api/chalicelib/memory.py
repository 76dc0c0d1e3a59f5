"""An honest twin of the store, in memory."""

from __future__ import annotations

import threading
import uuid

from chalicelib.store import ContactMessage, Kept


class MemoryMessageStore:
    """Keeps messages in a dictionary."""

    def __init__(self) -> None:
        self._messages: dict[uuid.UUID, tuple[uuid.UUID, ContactMessage]] = {}
        self._lock = threading.Lock()

    def keep(self, message: ContactMessage) -> Kept:
        """Keep the message, once for each key."""
        with self._lock:
            is_new = message.key not in self._messages
            kept, _ = self._messages.setdefault(message.key, (uuid.uuid4(), message))
            return Kept(kept, is_new)

    def all(self) -> list[ContactMessage]:
        """Return what has been kept, in the order it came."""
        with self._lock:
            return [message for _, message in self._messages.values()]
