"""A Lambda of this machine for the API: numbered versions, each a process of its own, and an alias that shares traffic.

What is published is the zip itself. Of it the API's code is taken; Chalice and the database driver are this machine's
own, of the same lock, because those in the zip are made for Lambda's processor. As in Lambda a version is started by
its first request, and is told its number. What the schedule does each minute, each process does by itself.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import random
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from site_builder.errors import PreviewError
from site_builder.preview.answers import Answer
from site_builder.preview.backend import ApiDatabase, Code, ask_api, migrate, no_api, running_api
from site_builder.preview.kept import Report

SERVER = "serve.py"
FOLDERS = ("chalicelib/", "migrations/")
# A zip cannot say an earlier one; any fixed one makes the bytes depend on the content alone.
DATE = (1980, 1, 1, 0, 0, 0)
ALIAS = "live"
APP, WORK, MIGRATE, ROTATE = "app", "work", "migrate", "rotate"
# Called without an alias: it runs what was uploaded last.
FOLLOWERS = (ROTATE,)
LATEST = "$LATEST"
PATH = "/2015-03-31/functions/"
NUMBER = "AWS_LAMBDA_FUNCTION_VERSION"
# Whom messages are sent to, and who is admin.
OWNER = "owner@127.0.0.1"


def function_name(environment: str, part: str) -> str:
    """Name a function as Terraform does."""
    return f"zichkoding-{environment}-{part}"


@dataclass(frozen=True)
class Version:
    """One version of a function: its number, what it runs, and where that is unpacked."""

    number: str
    code_sha256: str
    folder: Path


@dataclass(frozen=True)
class Alias:
    """Which version gets what share of the requests."""

    version: str
    # Of one other version, between 0 and 1.
    others: Mapping[str, float] = field(default_factory=dict)

    @property
    def versions(self) -> frozenset[str]:
        """Name every version that may be asked."""
        return frozenset({self.version, *self.others})


class FunctionError(PreviewError):
    """A request that Lambda refuses, with the name that it gives to the reason."""

    def __init__(self, name: str, status: int, what: str) -> None:
        super().__init__("the local Lambda", what, "Look at what `publish.py status` says of it.")
        self.name, self.status = name, status


@dataclass
class Function:
    """One function: what was uploaded last, its versions, and the alias that leads to some of them."""

    name: str
    latest: Version | None = None
    versions: list[Version] = field(default_factory=list)
    made: int = 0
    alias: Alias | None = None

    def version(self, number: str) -> Version:
        """Return a version by its number, or by the alias that leads to it; without one, what was uploaded last."""
        wanted = self.alias.version if self.alias and number == ALIAS else number or LATEST
        for one in self.listed:
            if one.number == wanted:
                return one
        raise FunctionError("ResourceNotFoundException", 404, f"{self.name} has no version {number}")

    @property
    def listed(self) -> list[Version]:
        """Return all versions; as in Lambda, what was uploaded last is among them under a name of its own."""
        return [*([self.latest] if self.latest else []), *self.versions]

    def upload(self, code_sha256: str, folder: Path) -> Version:
        """Take code that is run by whoever names no version."""
        self.latest = Version(LATEST, code_sha256, folder)
        return self.latest

    def publish(self, code_sha256: str, folder: Path) -> Version:
        """Make a version; as in Lambda the same code right after itself is none."""
        self.upload(code_sha256, folder)
        if self.versions and self.versions[-1].code_sha256 == code_sha256:
            return self.versions[-1]
        self.made += 1
        version = Version(str(self.made), code_sha256, folder)
        self.versions.append(version)
        return version

    def point(self, version: str, others: Mapping[str, float]) -> Alias:
        """Let the alias lead somewhere else."""
        for number in (version, *others):
            self.version(number)
        if version in others or len(others) > 1 or any(not 0 <= share <= 1 for share in others.values()):
            raise FunctionError("InvalidParameterValueException", 400, f"no such routing: {version}, {dict(others)}")
        self.alias = Alias(version, dict(others))
        return self.alias

    def remove(self, number: str) -> None:
        """Remove a numbered version that no alias leads to."""
        if number in {"", LATEST}:
            raise FunctionError("InvalidParameterValueException", 400, "what was uploaded last is not removed")
        if self.alias and number in self.alias.versions:
            raise FunctionError("ResourceConflictException", 409, f"the alias leads to version {number}")
        self.versions.remove(self.version(number))


@dataclass(frozen=True)
class Place:
    """What an environment's API runs on."""

    environment: str
    home: Path
    # The server that every version is run by, as Lambda runs what it is given.
    server: Path
    database: ApiDatabase
    site_url: str
    # Returns an object's bytes by bucket and key.
    read: Callable[[str, str], bytes | None]
    report: Report


class LocalApi:
    """One environment's API: functions from one zip, as Terraform makes them."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.functions = {name: Function(name) for name in self.names.values()}
        self._running: dict[str, tuple[ExitStack, str]] = {}
        self._before: frozenset[str] = frozenset()
        # One for what is published and started; requests are not kept waiting by it.
        self._lock = threading.RLock()

    @property
    def names(self) -> Mapping[str, str]:
        """Name the functions by what they are for."""
        return {part: function_name(self._place.environment, part) for part in (APP, WORK, MIGRATE, *FOLLOWERS)}

    def begin(self, package: bytes) -> None:
        """Be what Terraform has made: a first version, migrated, that gets everything."""
        for part, name in self.names.items():
            self.publish(name, package)
            if part not in FOLLOWERS:
                self.point(name, "1", {})
        migrate(self.functions[self.names[MIGRATE]].version("1").folder, self._place.database)

    def fetched(self, bucket: str, key: str) -> bytes:
        """Return a package out of a bucket."""
        package = self._place.read(bucket, key)
        if package is None:
            raise FunctionError("InvalidParameterValueException", 400, f"there is no object {key} in {bucket}")
        return package

    def publish(self, name: str, package: bytes) -> Version:
        """Make a version of a function from a zip."""
        with self._lock:
            return self.functions[name].publish(*self._unpacked(package))

    def upload(self, name: str, package: bytes) -> Version:
        """Give a function new code, and make no version of it."""
        with self._lock:
            return self.functions[name].upload(*self._unpacked(package))

    def point(self, name: str, version: str, others: Mapping[str, float]) -> Alias:
        """Let an alias lead somewhere else; who has no requests any more ends when it is next changed."""
        with self._lock:
            alias = self.functions[name].point(version, others)
            if name == self.names[APP]:
                for number in set(self._running) - alias.versions - self._before:
                    self._running.pop(number)[0].close()
                self._before = alias.versions
            return alias

    def invoke(self, name: str, number: str, event: Mapping[str, Any]) -> tuple[object, bool]:
        """Run a version of a function; return what it returns, and whether it failed."""
        function = self.functions[name]
        version = function.version(function.alias.version if function.alias and number == ALIAS else number)
        try:
            if name == self.names[MIGRATE]:
                return {"said": migrate(version.folder, self._place.database)}, False
            if name == self.names[APP]:
                return self._invoke_app(version.number, event), False
        except PreviewError as error:
            return {"errorMessage": error.what, "errorType": type(error).__name__}, True
        raise FunctionError("InvalidRequestContentException", 400, "what is due is done in the API's own process here")

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Answer a visitor by the version that the alias chooses."""
        alias = self.functions[self.names[APP]].alias
        if alias is None:
            return no_api("No API has been deployed here.")
        number = alias.version
        for other, share in alias.others.items():
            number = other if random.random() < share else number  # noqa: S311 - no secret
        try:
            url = self._url(number)
        except PreviewError as error:
            return no_api(f"The API does not start. {error.what}")
        return ask_api(url, method, target, headers, body)

    def close(self) -> None:
        """End every version."""
        with self._lock:
            for parts, _ in self._running.values():
                parts.close()
            self._running.clear()

    def _unpacked(self, package: bytes) -> tuple[str, Path]:
        digest = hashlib.sha256(package)
        folder = unpacked(package, self._place.home / "versions" / digest.hexdigest(), self._place.server)
        return base64.b64encode(digest.digest()).decode(), folder

    def _invoke_app(self, number: str, event: Mapping[str, Any]) -> dict[str, Any]:
        answer = ask_api(
            self._url(number),
            event["requestContext"]["httpMethod"],
            event["requestContext"]["path"],
            event.get("headers") or {},
            (event.get("body") or "").encode(),
        )
        headers = dict(answer.headers)
        return {"statusCode": answer.status, "headers": headers, "body": answer.body.decode(errors="replace")}

    def _url(self, number: str) -> str:
        running = self._running.get(number)
        if running:
            return running[1]
        with self._lock:
            if number not in self._running:
                self._running[number] = self._started(self.functions[self.names[APP]].version(number))
            return self._running[number][1]

    def _started(self, version: Version) -> tuple[ExitStack, str]:
        home = self._place.home
        code = Code(version.folder, home, home / f"api-{version.number}.log")
        variables = {
            "DATABASE_URL": self._place.database.api_url,
            "SITE_URL": self._place.site_url,
            # As Terraform sets it, whatever this shell has set for something else.
            "OWNER_MAIL": OWNER,
            NUMBER: version.number,
        }
        with ExitStack() as parts:
            url = parts.enter_context(running_api(code, variables, self._place.report))
            return parts.pop_all(), url


def unpacked(package: bytes, folder: Path, server: Path) -> Path:
    """Unpack the API's code of a zip, once, beside the server that runs it."""
    if folder.exists():
        return folder
    half = folder.with_name(f"{folder.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            archive.extractall(half, [name for name in archive.namelist() if _is_code(name)])
    except zipfile.BadZipFile as error:
        raise FunctionError("InvalidParameterValueException", 400, f"it is no zip: {error}") from error
    if not (half / "app.py").is_file():
        raise FunctionError("InvalidParameterValueException", 400, "there is no app.py in it")
    shutil.copyfile(server, half / SERVER)
    half.rename(folder)
    return folder


def _is_code(name: str) -> bool:
    return not name.endswith(".pyc") and (name.startswith(FOLDERS) or ("/" not in name and name.endswith(".py")))


def code_of(folder: Path) -> bytes:
    """Zip the API's code in a folder, without any library: what Terraform would have put there first."""
    files = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*")) if path.is_file()}
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files.items():
            if _is_code(name) and name != SERVER:
                archive.writestr(zipfile.ZipInfo(name, DATE), path.read_bytes())
    return written.getvalue()


@contextmanager
def running_functions(place: Place, package: bytes) -> Iterator[LocalApi]:
    """Run an environment's API, beginning with this package, until the block ends."""
    shutil.rmtree(place.home, ignore_errors=True)
    place.home.mkdir(parents=True)
    api = LocalApi(place)
    try:
        api.begin(package)
        yield api
    finally:
        api.close()


@dataclass(frozen=True)
class FunctionsAsked:
    """One request of Lambda's client."""

    method: str
    path: str
    query: str
    body: bytes

    @property
    def values(self) -> Mapping[str, Any]:
        """Return what the body says."""
        said: dict[str, Any] = json.loads(self.body or b"{}")
        return said


FunctionsSaid = tuple[int, object, Mapping[str, str]]


def answer_functions(apis: Sequence[LocalApi], asked: FunctionsAsked) -> FunctionsSaid:
    """Answer Lambda's client as the service documents it: status, document and headers."""
    name, _, what = unquote(asked.path).removeprefix(PATH).partition("/")
    try:
        return _answer_for(_api_of(apis, name), name, what.partition("/")[0], asked)
    except FunctionError as error:
        return error.status, {"Type": "User", "Message": error.what}, {"x-amzn-ErrorType": error.name}


def _api_of(apis: Sequence[LocalApi], name: str) -> LocalApi:
    for one in apis:
        if name in one.functions:
            return one
    raise FunctionError("ResourceNotFoundException", 404, f"there is no function {name}")


def _answer_for(api: LocalApi, name: str, what: str, asked: FunctionsAsked) -> FunctionsSaid:
    qualifier = dict(parse_qsl(asked.query)).get("Qualifier", "")
    match asked.method, what:
        case "GET", _:
            return 200, _read(api.functions[name], what, qualifier), {}
        case "PUT", "code":
            package = api.fetched(asked.values["S3Bucket"], asked.values["S3Key"])
            brought = api.publish if asked.values.get("Publish") else api.upload
            return 200, _configuration(name, brought(name, package)), {}
        case "PUT", "aliases":
            others = (asked.values.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
            alias = api.point(name, asked.values["FunctionVersion"], others)
            return 200, _alias(alias), {}
        case "POST", "invocations":
            value, failed = api.invoke(name, qualifier, asked.values)
            return 200, value, {"X-Amz-Function-Error": "Unhandled"} if failed else {}
        case "DELETE", "":
            api.functions[name].remove(qualifier)
            return HTTPStatus.NO_CONTENT, None, {}
    raise _unknown(asked.method, what)


def _read(function: Function, what: str, qualifier: str) -> dict[str, object]:
    match what:
        case "versions":
            return {"Versions": [_configuration(function.name, one) for one in function.listed]}
        case "configuration":
            return _configuration(function.name, function.version(qualifier))
        case "aliases" if function.alias:
            return _alias(function.alias)
    raise _unknown("GET", what)


def _unknown(method: str, what: str) -> FunctionError:
    return FunctionError("ResourceNotFoundException", 404, f"the local Lambda has no {method} {what}")


def _configuration(name: str, version: Version) -> dict[str, object]:
    return {
        "FunctionName": name,
        "Version": version.number,
        "CodeSha256": version.code_sha256,
        "State": "Active",
        "LastUpdateStatus": "Successful",
    }


def _alias(alias: Alias) -> dict[str, object]:
    said: dict[str, object] = {"Name": ALIAS, "FunctionVersion": alias.version}
    return {**said, "RoutingConfig": {"AdditionalVersionWeights": dict(alias.others)}} if alias.others else said
