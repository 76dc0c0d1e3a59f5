"""Fetch the certificates by which RDS proves itself, for the API's package.

    python tools/certificates.py [--from URL]

RDS has an authority of its own, which no system trusts by itself. The bundle is public and the same for everybody; it
changes every few years, and belongs into the repository, so that a package is made of nothing but the repository.
"""

from __future__ import annotations

import argparse
import ssl
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import cast

TARGET = Path(__file__).resolve().parents[1] / "api" / "certificates" / "rds.pem"
BUNDLE = "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
OWNER = "Amazon Web Services, Inc."
SECONDS = 30
# The real one has about a hundred certificates.
MOST_BYTES = 2_000_000


class CertificateError(Exception):
    """What came is not what the API should trust; the message says why and what to do."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Fetch, look at and keep the bundle."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", dest="source", default=BUNDLE, help="another address of the same bundle")
    chosen = parser.parse_args(arguments)
    try:
        text = fetch(chosen.source)
        count = check(text)
    except CertificateError as error:
        sys.stderr.write(f"make certificates: {error}\n")
        return 1
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(text)
    print(f"{TARGET}: {count} authorities of RDS. Commit it, and make the package anew.")
    return 0


def fetch(source: str) -> str:
    """Return what lies at the address."""
    if not source.startswith(("https://", "http://127.0.0.1:")):
        raise CertificateError(f"{source} is no https address; what is fetched is trusted from then on")
    try:
        with urllib.request.urlopen(source, timeout=SECONDS) as answer:  # noqa: S310 - the scheme is checked above
            return str(answer.read(MOST_BYTES).decode("ascii"))
    except (urllib.error.URLError, OSError, UnicodeDecodeError) as error:
        raise CertificateError(f"{source} cannot be read ({error}). Look at the address and the network.") from error


def check(text: str, now: float | None = None) -> int:
    """Return how many authorities the bundle has, or refuse it: each is Amazon's, and none has ended."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError) as error:
        raise CertificateError(f"what came holds no certificates ({error}). Nothing was written.") from error
    authorities = context.get_ca_certs()
    for one in authorities:
        subject = cast("tuple[tuple[tuple[str, str], ...], ...]", one["subject"])
        names = {name: value for part in subject for name, value in part}
        who = names.get("commonName", "an authority without a name")
        if names.get("organizationName") != OWNER:
            raise CertificateError(f"{who} is not Amazon's. Nothing was written; look at the address.")
        if ssl.cert_time_to_seconds(str(one["notAfter"])) < (now or time.time()):
            raise CertificateError(f"{who} has ended. Nothing was written; look for a newer bundle.")
    if not authorities:
        raise CertificateError("what came holds no authorities. Nothing was written.")
    return len(authorities)


if __name__ == "__main__":
    sys.exit(main())
