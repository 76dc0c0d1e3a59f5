"""Releases that are not live, under a name of their own for as long as somebody looks at them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from site_builder.errors import ReleaseError
from site_builder.release.stores import preview_key

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
DAYS = 14


@dataclass(frozen=True)
class Preview:
    """A release, and until when a label leads to it."""

    label: str
    release: str
    until: int
    by: str

    @property
    def put(self) -> tuple[str, str]:
        """Return the key and the value that the edge function reads."""
        said = {"release": self.release, "until": self.until, "by": self.by}
        return preview_key(self.label), json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def check_label(label: str) -> str:
    """Return a label that can be part of a host's name, or refuse it."""
    if not LABEL.fullmatch(label):
        todo = "Take small letters, digits and hyphens, at most 40, like pr-12."
        raise ReleaseError(label, "this cannot be a part of a host's name", todo)
    return label


def read_previews(items: Mapping[str, str]) -> tuple[Preview, ...]:
    """Return all previews, ended ones too."""
    begin = preview_key("")
    found = {key.removeprefix(begin): json.loads(value) for key, value in items.items() if key.startswith(begin)}
    return tuple(
        Preview(label, said["release"], said["until"], said.get("by", "")) for label, said in sorted(found.items())
    )
