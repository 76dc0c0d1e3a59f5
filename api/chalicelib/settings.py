"""The environment, read once into a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from chalicelib.errors import SettingsError


@dataclass(frozen=True)
class Settings:
    """What the API needs to know about where it runs."""

    database_url: str


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Take the settings from the environment; a bad value is named."""
    url = environment.get("DATABASE_URL", "")
    if not url.startswith(("postgresql://", "postgres://")):
        told = "is not set" if not url else "does not begin with postgresql://"
        raise SettingsError(f"DATABASE_URL {told}; give it as postgresql://user:password@host:port/database")
    return Settings(url)
