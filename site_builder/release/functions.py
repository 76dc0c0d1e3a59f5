"""The API's part of a release: a package named by its bytes, versions made of it, and who gets which.

A package is to the API what a digest is to the pages: the same in every environment. The number that Lambda gives to
a version is of one environment alone, and is looked up.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

from site_builder.errors import ReleaseError
from site_builder.release.pointer import Pointer

PACKAGES = "api/"
NEEDED = ("app.py", "migrate.py")
VERSION_PATH = "/api/version"
# What a version must answer before anybody else asks it: that it runs, and reaches what it depends on.
CHECKED = ("/api/health", "/api/ready", VERSION_PATH)
OK = 200
MOST_SAID = 400
Part = Literal["app", "migration"]


@dataclass(frozen=True)
class Traffic:
    """Which package's version gets the requests, and which share of them another's gets."""

    live: str | None = None
    canary: str | None = None
    percent: int = 0

    @property
    def packages(self) -> tuple[str, ...]:
        """Name the packages that requests may come to."""
        return tuple(one for one in (self.live, self.canary) if one)


@dataclass(frozen=True)
class Deployed:
    """An environment's API at one moment: the newest version of each package, by its number, and the traffic."""

    versions: Mapping[str, str]
    traffic: Traffic
    # Functions that should go with what is live, and do not: whoever sent the requests there was interrupted.
    behind: tuple[str, ...] = ()


def describe_traffic(traffic: Traffic) -> str:
    """Say who gets the requests."""
    share = f", and {traffic.percent} % of them to {traffic.canary}" if traffic.canary else ""
    return f"{traffic.live or 'what nobody knows'}{share}"


class ApiFunctions(Protocol):
    """An environment's functions, which all run the same package."""

    def look(self) -> Deployed:
        """Return what is there."""

    def publish(self, package: str) -> None:
        """Make a version of a package that lies in the environment's bucket, and wait until it can be asked."""

    def invoke(self, part: Part, package: str, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Run a version, whoever else gets it; raise FailedError if it fails."""

    def shift(self, traffic: Traffic) -> None:
        """Let the traffic be this, in one write; what goes with what is live follows after it, each in its own."""

    def remove(self, package: str) -> None:
        """Remove the versions of a package that gets no requests; none is no error."""


class FailedError(ReleaseError):
    """A version of the API failed before anybody was sent to it."""

    def __init__(self, doing: str, package: str, evidence: str) -> None:
        todo = "It got no traffic, and what was live is live. Mend it, `make package`, and deploy again."
        # What matters of a long trace stands at its end.
        told = evidence if len(evidence) <= MOST_SAID else f"… {evidence[-MOST_SAID:]}"
        super().__init__(doing, f"the package {package}: {told}", todo)


def package_key(package: str) -> str:
    """Return where a package lies."""
    return f"{PACKAGES}{package}.zip"


def package_of(key: str) -> str:
    """Return the package that lies there."""
    return key.removeprefix(PACKAGES).removesuffix(".zip")


def package_digest(body: bytes) -> str:
    """Name a package by its bytes."""
    return hashlib.sha256(body).hexdigest()[:32]


def digest_of_code(code_sha256: str) -> str:
    """Name the package that Lambda knows by its own way of writing the same hash."""
    return base64.b64decode(code_sha256).hex()[:32]


def read_package(file: Path) -> bytes:
    """Read a package, or say why it is none."""
    try:
        body = file.read_bytes()
    except OSError as error:
        todo = "Run `make package`, or go on without the API: --site-only."
        raise ReleaseError(str(file), f"the API's package cannot be read: {error.strerror}", todo) from error
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            missing = [name for name in NEEDED if name not in archive.namelist()]
    except zipfile.BadZipFile as error:
        raise ReleaseError(str(file), f"it is no zip: {error}", "Run `make package`.") from error
    if missing:
        raise ReleaseError(str(file), f"it lacks {', '.join(missing)}", "Run `make package`.")
    return body


def packages_of(pointer: Pointer) -> tuple[str, ...]:
    """Name the packages that the pointer names, whether anybody gets them yet or not."""
    releases = (pointer.live, pointer.canary.release if pointer.canary else None)
    return tuple(dict.fromkeys(one.api for one in releases if one and one.api))


def traffic_for(pointer: Pointer, deployed: Deployed) -> Traffic:
    """Return the traffic that the pointer asks for; where it says nothing of the API, it stays as it is."""
    live = (pointer.live.api if pointer.live else None) or deployed.traffic.live
    canary = pointer.canary.release.api if pointer.canary else None
    if pointer.canary and pointer.canary.percent and canary and canary != live:
        return Traffic(live, canary, pointer.canary.percent)
    return Traffic(live)


def migrate(functions: ApiFunctions, package: str) -> None:
    """Bring the schema to what a package expects; migrations only add, so what runs now goes on."""
    functions.invoke("migration", package, {})


def check(functions: ApiFunctions, package: str) -> None:
    """Ask a version what it must be able to answer; it is warm afterwards."""
    number = functions.look().versions.get(package)
    for path in CHECKED:
        answer = functions.invoke("app", package, request_event(path))
        wrong = judge_answer(path, int(answer.get("statusCode", 0)), str(answer.get("body", "")), number)
        if wrong:
            raise FailedError("checking the API", package, f"{path} {wrong}")


def judge_answer(path: str, status: int, body: str, number: str | None) -> str | None:
    """Say what is wrong with an answer; None where nothing is."""
    if status != OK:
        return f"is answered with {status}: {body}"
    if path != VERSION_PATH:
        return None
    try:
        said = json.loads(body).get("release")
    except (ValueError, AttributeError):
        return f"is answered with what is no JSON object: {body}"
    return None if said == number else f"says that it is version {said!r}, and {number!r} was asked"


def request_event(path: str) -> dict[str, Any]:
    """Return what the gateway makes of a GET."""
    return {
        "httpMethod": "GET",
        "path": path,
        "resource": path,
        "requestContext": {
            "httpMethod": "GET",
            "resourcePath": path,
            "path": path,
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "headers": {"accept": "application/json"},
        "multiValueHeaders": {"accept": ["application/json"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": None,
        "isBase64Encoded": False,
    }
