"""Ask Lighthouse for its marks on every template, and print them as a table.

    .venv/bin/python tools/lighthouse.py             run the product here, look at it, and stop it
    .venv/bin/python tools/lighthouse.py --url URL   look at a site that runs already

Lighthouse plays a middling phone on slow 4G; HTTP/2 is spoken to it, as the CDN does. Exit code 1 where a page has less
than full marks, or is slower than the budget. What is not for search engines on purpose is not asked whether it can be
found by them.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from site_builder.engine.build import BuildRequest  # noqa: E402 - the path must be set first
from site_builder.guarded import build_guarded  # noqa: E402
from site_builder.preview.origin import FolderOrigin, working_values  # noqa: E402
from site_builder.preview.stack import Project, running_stack  # noqa: E402
from tools.browser import find_browser  # noqa: E402
from tools.node_tools import LIGHTHOUSE, find_tool, install_tool  # noqa: E402

# One page of each template. What is answered with an error's status Lighthouse does not measure.
PAGES = (
    "/",
    "/about/",
    "/contact/",
    "/newsletter/",
    "/blog/",
    "/blog/two-commands/",
    "/blog/what-a-post-can-hold/",
    "/archive/",
    "/archive/2026/",
    "/topics/",
    "/topics/api/",
    "/tags/",
    "/tags/testing/",
    "/authors/zichkoding/",
    "/search/",
)
HIDDEN_PAGES = ("/account/", "/contact/thank-you/")
MARKS = ("performance", "accessibility", "best-practices", "seo")
FULL = 100
MOST_LCP_MS = 1200
PAGE_SECONDS = 180
PORT = 8400
ATTEMPTS = 3
# The certificate is our own, of this hour.
CHROME_FLAGS = "--headless=new --no-sandbox --ignore-certificate-errors"


class NoReportError(Exception):
    """Lighthouse came to no end with a page, which happens on a busy machine."""


@dataclass(frozen=True)
class Report:
    """What Lighthouse says of one page."""

    path: str
    marks: tuple[int, ...]
    lcp_ms: float
    shift: float
    blocked_ms: float
    short: tuple[str, ...]

    @property
    def is_perfect(self) -> bool:
        """Say whether there is nothing to mend."""
        fast = self.lcp_ms <= MOST_LCP_MS and self.shift == 0 and self.blocked_ms == 0
        return fast and all(mark == FULL for mark in self.marks)


def main() -> int:
    """Look at every page and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="a site that runs already")
    parser.add_argument("--page", action="append", help="only this page; may be given several times")
    arguments = parser.parse_args()
    trouble = install_tool(LIGHTHOUSE) or ("" if find_browser() else "there is no Chromium: run `make setup`")
    if trouble:
        print(f"make lighthouse: {trouble}", file=sys.stderr)
        return 1
    pages = arguments.page or (*PAGES, *HIDDEN_PAGES)
    if arguments.url:
        return _look_at_all(arguments.url.rstrip("/"), pages)
    with _running_product() as url:
        return _look_at_all(url, pages)


@contextmanager
def _running_product() -> Iterator[str]:
    """Run the whole product as visitors meet it, without what authors see, until the block ends."""
    with tempfile.TemporaryDirectory(prefix="zichkoding-lighthouse-") as folder:
        # A root user's database runs as somebody else, who must be able to walk through to the data.
        Path(folder).chmod(0o711)
        output = build_guarded(BuildRequest(ROOT / "pelicanconf.py", Path(folder) / "output")).output
        project, values = Project(ROOT, Path(folder)), partial(working_values, output)
        with (
            running_stack(project, FolderOrigin(output), values, port=PORT, report=lambda _: None) as stack,
            cdn_before(stack.server.url, Path(folder)) as url,
        ):
            yield url


@contextmanager
def cdn_before(behind: str, folder: Path) -> Iterator[str]:
    """Speak HTTP/2 before the product, as the CDN does, until the block ends."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    write_certificate(key, certificate)
    command = ["node", str(ROOT / "tools" / "lighthouse" / "cdn.mjs"), str(key), str(certificate), behind]
    # It ends with its input, so it cannot outlive us.
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as cdn:
        port = (cdn.stdout.readline() if cdn.stdout else "").strip()
        if not port:
            raise SystemExit("make lighthouse: what speaks HTTP/2 did not start; its words are above.")
        yield f"https://127.0.0.1:{port}"


def write_certificate(key: Path, certificate: Path) -> None:
    """Write a key and a certificate for this machine that are good for a day."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(private, hashes.SHA256())
    )
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    key.write_bytes(private.private_bytes(*form))
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))


def _look_at_all(url: str, pages: tuple[str, ...]) -> int:
    print(f"{'page':34} {'perf':>5} {'a11y':>5} {'best':>5} {'seo':>5} {'LCP':>8} {'CLS':>6} {'TBT':>7}")
    reports = []
    for path in pages:
        report = look_until_perfect(url, path)
        marks = " ".join(f"{mark:5}" for mark in report.marks)
        print(f"{path:34} {marks} {report.lcp_ms:5.0f} ms {report.shift:6.3f} {report.blocked_ms:4.0f} ms", flush=True)
        for audit in report.short:
            print(f"    {audit}")
        reports.append(report)
    perfect = sum(report.is_perfect for report in reports)
    print(f"{perfect} of {len(reports)} pages have full marks, LCP at most {MOST_LCP_MS} ms, CLS 0 and TBT 0.")
    return 0 if perfect == len(reports) else 1


def look_until_perfect(url: str, path: str) -> Report:
    """Ask again where a page is short of something, and return the best: a busy machine only makes marks worse."""
    reports: list[Report] = []
    trouble = ""
    for _ in range(ATTEMPTS):
        try:
            reports.append(look_at(url, path))
        except NoReportError as error:
            trouble = str(error)
        if reports and reports[-1].is_perfect:
            break
    if not reports:
        raise SystemExit(f"make lighthouse: Lighthouse could not look at {path}: {trouble}")
    return min(
        reports, key=lambda report: (not report.is_perfect, -sum(report.marks), report.blocked_ms, report.lcp_ms)
    )


def look_at(url: str, path: str) -> Report:
    """Ask Lighthouse about one page."""
    program = find_tool(LIGHTHOUSE)
    skipped = ["--skip-audits=is-crawlable"] if path in HIDDEN_PAGES else []
    command = [
        "node", str(program), url + path, "--output=json", "--quiet", "--no-enable-error-reporting",
        f"--only-categories={','.join(MARKS)}", f"--chrome-flags={CHROME_FLAGS}", *skipped,
    ]  # fmt: skip
    done = subprocess.run(
        command, env={**os.environ, "CHROME_PATH": str(find_browser())}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, check=False, timeout=PAGE_SECONDS,
    )  # fmt: skip
    if done.returncode != 0:
        raise NoReportError(done.stderr.strip()[-600:])
    return read_report(path, json.loads(done.stdout))


def read_report(path: str, said: dict[str, dict[str, dict[str, object]]]) -> Report:
    """Read what Lighthouse wrote of a page."""
    audits = said["audits"]

    def measured(name: str) -> float:
        return float(str(audits[name]["numericValue"]))

    weighed = {
        str(reference["id"])
        for name in MARKS
        for reference in said["categories"][name]["auditRefs"]  # type: ignore[attr-defined]
        if reference["weight"]
    }
    short = tuple(
        f"{name}: {audit['title']}"
        for name, audit in audits.items()
        if name in weighed and isinstance(audit.get("score"), int | float) and float(str(audit["score"])) < 1
    )
    return Report(
        path,
        tuple(round(FULL * float(str(said["categories"][name]["score"] or 0))) for name in MARKS),
        measured("largest-contentful-paint"),
        measured("cumulative-layout-shift"),
        measured("total-blocking-time"),
        short,
    )


if __name__ == "__main__":
    sys.exit(main())
