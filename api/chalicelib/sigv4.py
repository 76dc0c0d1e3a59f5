"""Sign a request to AWS as its Signature Version 4 says: what boto3 does, without the cost of loading it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import quote

from chalicelib.errors import SettingsError

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Credentials:
    """What Lambda gives a function to show who it is."""

    key_id: str
    key: str = field(repr=False)
    token: str = field(repr=False)


def read_credentials(environment: Mapping[str, str]) -> Credentials:
    """Take the credentials from where Lambda puts them."""
    key_id, key = environment.get("AWS_ACCESS_KEY_ID", ""), environment.get("AWS_SECRET_ACCESS_KEY", "")
    if not key_id or not key:
        raise SettingsError("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set; Lambda sets them, so does a role")
    return Credentials(key_id, key, environment.get("AWS_SESSION_TOKEN", ""))


def signed_headers(
    headers: Mapping[str, str], body: bytes, credentials: Credentials, *, region: str, service: str, now: datetime
) -> dict[str, str]:
    """Return the headers of a POST to a service's root, signed; they have to name the host."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    token = {"x-amz-security-token": credentials.token} if credentials.token else {}
    every = {name.lower(): value for name, value in headers.items()} | {"x-amz-date": stamp} | token
    names = ";".join(sorted(every))
    written = "".join(f"{name}:{every[name]}\n" for name in sorted(every))
    canonical = f"POST\n/\n\n{written}\n{names}\n{hashlib.sha256(body).hexdigest()}"
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    signature = sign(canonical, stamp, scope, credentials.key)
    told = f"{ALGORITHM} Credential={credentials.key_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    return {**every, "authorization": told}


def presigned_query(
    host: str,
    asked: Mapping[str, str],
    credentials: Credentials,
    *,
    region: str,
    service: str,
    now: datetime,
    seconds: int,
) -> str:
    """Return a GET of a host's root as a query that carries its own signature, for so many seconds."""
    stamp = now.strftime("%Y%m%dT%H%M%SZ")
    scope = f"{stamp[:8]}/{region}/{service}/aws4_request"
    every = {
        **asked,
        "X-Amz-Algorithm": ALGORITHM,
        "X-Amz-Credential": f"{credentials.key_id}/{scope}",
        "X-Amz-Date": stamp,
        "X-Amz-Expires": str(seconds),
        **({"X-Amz-Security-Token": credentials.token} if credentials.token else {}),
        "X-Amz-SignedHeaders": "host",
    }
    query = "&".join(f"{quote(name, safe='-_.~')}={quote(every[name], safe='-_.~')}" for name in sorted(every))
    canonical = f"GET\n/\n{query}\nhost:{host}\n\nhost\n{hashlib.sha256(b'').hexdigest()}"
    return f"{query}&X-Amz-Signature={sign(canonical, stamp, scope, credentials.key)}"


def sign(canonical: str, stamp: str, scope: str, key: str) -> str:
    """Return the signature of a canonical request, with the key that the scope makes of the secret one."""
    derived = f"AWS4{key}".encode()
    for part in scope.split("/"):
        derived = hmac.digest(derived, part.encode(), "sha256")
    text = f"{ALGORITHM}\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.digest(derived, text.encode(), "sha256").hex()
