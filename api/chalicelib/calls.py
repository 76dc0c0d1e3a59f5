"""A request on its way to its handler: what was asked, by whom, and what the handler works with."""

from __future__ import annotations

import uuid
from typing import Literal, NamedTuple

from chalicelib.errors import NotSignedInError
from chalicelib.requests import Request
from chalicelib.services import Services

Role = Literal["visitor", "member", "editor", "admin"]
# In the order of their rights: each may all that the one before it may.
ROLES: tuple[Role, ...] = ("visitor", "member", "editor", "admin")


class Member(NamedTuple):
    """Somebody who is signed in, as far as every request needs to know."""

    id: uuid.UUID
    email: str
    name: str
    role: Role


class Call(NamedTuple):
    """A request that was let through."""

    request: Request
    services: Services
    member: Member | None = None

    @property
    def who(self) -> Member:
        """Return the member, where the address is for members."""
        if self.member is None:
            raise NotSignedInError
        return self.member
