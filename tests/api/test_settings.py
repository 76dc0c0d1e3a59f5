"""What the API is told about where it runs, and what of it may be seen."""

from __future__ import annotations

import pytest
from chalicelib.settings import Settings, read_settings
from chalicelib.signing import Signer

from tests.api.conftest import ENVIRONMENT

HIDDEN = "hidden-from-everybody-who-reads-a-log"
SECRETS = {
    "DATABASE_URL": f"postgresql://user:{HIDDEN}@127.0.0.1:1/none",
    "SIGNING_SECRET": HIDDEN,
    "WEBHOOK_URL": "https://owner.example/hook",
    "WEBHOOK_SECRET": HIDDEN,
    "OIDC_ISSUER": "https://issuer.example",
    "OIDC_CLIENT_ID": "client",
    "OIDC_CLIENT_SECRET": HIDDEN,
    "REDIS_URL": f"redis://user:{HIDDEN}@127.0.0.1:6379/0",
}


@pytest.fixture(scope="module")
def settings() -> Settings:
    """Return settings with a secret wherever there can be one."""
    return read_settings({**ENVIRONMENT, **SECRETS})


def test_every_secret_is_read(settings: Settings) -> None:
    """Or the next test would be of nothing."""
    assert settings.webhook
    assert settings.issuer
    assert settings.redis
    assert HIDDEN in settings.database_login.url
    assert settings.secrets == (HIDDEN.encode(),)
    assert settings.webhook.secret == HIDDEN.encode()
    assert HIDDEN == settings.issuer.client_secret == settings.redis.password


def test_no_secret_is_seen_in_what_is_printed(settings: Settings) -> None:
    """Not in a log, nor in a test that fails; of what is added later nothing is seen by itself."""
    values = (settings, settings.database_login, settings.webhook, settings.issuer, settings.redis)

    assert [one for one in (*values, Signer(settings.secrets)) if HIDDEN in repr(one) or HIDDEN in str(one)] == []
