"""Tokens that only we can make: they carry their content, and nothing has to be kept to know them again."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from typing import NamedTuple

from chalicelib.errors import ApiError

MAC_BYTES = 16


class BadTokenError(ApiError):
    """A token that we did not make, or not for this: there is nothing at its address."""

    status = 404
    code = "bad_token"

    def __init__(self) -> None:
        super().__init__("This link is not whole. Please open it again from the mail it came with.")


class Signer(NamedTuple):
    """Signs with the first secret and knows the signatures of all, so that a secret can be replaced."""

    secrets: Sequence[bytes]

    def __repr__(self) -> str:
        """Name it without the secrets."""
        return "Signer()"

    def sign(self, purpose: str, content: str) -> str:
        """Return a token for an address or a hidden field: the content, and what proves that it is ours."""
        payload = content.encode()
        return _encode(payload + _mac(self.secrets[0], purpose, payload))

    def read(self, purpose: str, token: str) -> str:
        """Return the content of a token that was made for this purpose, or refuse it."""
        try:
            whole = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), b"-_", validate=True)
        except (ValueError, binascii.Error) as error:
            raise BadTokenError from error
        payload, mac = whole[:-MAC_BYTES], whole[-MAC_BYTES:]
        # Every secret is tried in any case, and compared in constant time: how long it takes says nothing.
        good = [hmac.compare_digest(mac, _mac(secret, purpose, payload)) for secret in self.secrets]
        # Base64 has several spellings of the same bytes; a token has one.
        if not any(good) or _encode(whole) != token:
            raise BadTokenError
        return payload.decode()

    def pseudonym(self, purpose: str, text: str) -> str:
        """Return a name for the text that cannot be turned back into it without the secret."""
        return _mac(self.secrets[0], purpose, text.encode("utf-8", "replace")).hex()


def _mac(secret: bytes, purpose: str, payload: bytes) -> bytes:
    return hmac.digest(secret, purpose.encode() + b"\0" + payload, "sha256")[:MAC_BYTES]


def _encode(whole: bytes) -> str:
    return base64.urlsafe_b64encode(whole).rstrip(b"=").decode()
