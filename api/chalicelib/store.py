"""The door to where messages are kept, and what goes through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

Label = Literal["ham", "spam"]


@dataclass(frozen=True)
class ContactMessage:
    """A message that a visitor sent, as it is kept."""

    key: UUID
    name: str
    email: str
    subject: str
    message: str
    label: Label
    label_reason: str


@dataclass(frozen=True)
class Kept:
    """A message is durable under this id; it may have been before."""

    id: UUID
    is_new: bool


class MessageStore(Protocol):
    """Keeps messages for good."""

    def keep(self, message: ContactMessage) -> Kept:
        """Return when the message is durable; the same key is the same message; or StoreUnavailableError."""
