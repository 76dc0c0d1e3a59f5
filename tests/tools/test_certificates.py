"""What the API is to trust is looked at before it is kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tools import certificates

GOOD = certificates.OWNER


def authority(owner: str, days: int = 1000, name: str = "Amazon RDS eu-central-1 Root CA RSA2048 G1") -> str:
    """Return a certificate that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner)]
    )
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(names)
        .issuer_name(names)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2000))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where the bundle is kept."""
    monkeypatch.setattr(certificates, "TARGET", tmp_path / "certificates" / "rds.pem")
    return tmp_path / "certificates" / "rds.pem"


@pytest.fixture
def served(request: pytest.FixtureRequest) -> Iterator[str]:
    """Serve a bundle, and return its address."""
    body = str(request.param).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("served", [authority(GOOD) + authority(GOOD, name="Another region")], indirect=True)
def test_a_good_bundle_is_kept(served: str, kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And it says how many authorities are trusted from then on."""
    assert certificates.main(["--from", served]) == 0
    assert kept.read_text().count("BEGIN CERTIFICATE") == 2
    assert "2 authorities" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("served", "words"),
    [
        (authority(GOOD) + authority("Somebody"), "is not Amazon's"),
        (authority(GOOD, days=-1), "has ended"),
        ("<html>Please sign in to this network</html>", "holds no certificates"),
    ],
    indirect=["served"],
)
def test_what_is_not_to_be_trusted_is_not_kept(
    served: str, words: str, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written, and it says why."""
    assert certificates.main(["--from", served]) == 1
    assert words in capsys.readouterr().err
    assert not kept.exists()


@pytest.mark.parametrize("source", ["http://example.org/bundle.pem", "file:///etc/passwd", "http://127.0.0.1:1/"])
def test_what_cannot_be_fetched_safely_is_not(source: str, kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In clear from elsewhere, from a file, or from nobody."""
    assert certificates.main(["--from", source]) == 1
    assert source in capsys.readouterr().err
    assert not kept.exists()
