"""Three environments on this machine: S3, KeyValueStores, the API, and edges that hear of a flip in their own time.

Each environment is what Terraform makes of it: a bucket, a KeyValueStore, an API with a database, and a distribution
with several edges, each of which is a port here. What `publish.py` finds is a description, as in AWS, and it speaks
the same protocols.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qsl, unquote

from site_builder.preview.answers import Answer
from site_builder.preview.backend import API, ApiDatabase
from site_builder.preview.buckets import running_s3
from site_builder.preview.cdn import EdgeCache, Functions, Viewed
from site_builder.preview.database import PostgresServer, running_postgres
from site_builder.preview.edge import EdgeError, EdgeRequest
from site_builder.preview.functions import (
    ALIAS,
    APP,
    FOLLOWERS,
    MIGRATE,
    SERVER,
    WORK,
    FunctionsAsked,
    LocalApi,
    Place,
    answer_functions,
    code_of,
    running_functions,
)
from site_builder.preview.kept import Report
from site_builder.preview.origin import StoreOrigin
from site_builder.release import aws
from site_builder.release.descriptor import LOCAL, STAGES, Api, Descriptor
from site_builder.release.memory import MemoryKeyValues
from site_builder.release.stores import ConflictError, StoreError

ACCOUNT = "000000000000"
EDGES = 2
PORTS_TO_TRY = 20
# As CloudFront names it: the viewer's address and port. Nobody else may say it.
VIEWER = "cloudfront-viewer-address"
NEVER_PASSED = {"host", VIEWER}
# What the distribution answers with the site's own page, whoever says it.
NOT_FOUND = 404
FIRST_FAILURE = 500
SECONDS_OF_RINGING = 5.0


@dataclass
class DelayedView:
    """A KeyValueStore as one edge sees it: each change arrives after a while, and never an older one after it."""

    values: MemoryKeyValues
    longest: float
    clock: Callable[[], float] = time.monotonic
    _seen: Mapping[str, str] = field(default_factory=dict)
    _coming: list[tuple[float, Mapping[str, str]]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def changed(self) -> None:
        """Hear that the store has changed; the edge will know some time later."""
        with self._lock:
            last = self._coming[-1][0] if self._coming else 0.0
            arrives = max(last, self.clock() + random.uniform(0, self.longest))  # noqa: S311 - no secret
            self._coming.append((arrives, self.values.items()))

    def seen(self) -> Mapping[str, str]:
        """Return what the edge knows by now."""
        with self._lock:
            now = self.clock()
            while self._coming and self._coming[0][0] <= now:
                self._seen = self._coming.pop(0)[1]
            return self._seen


def _later(seconds: float, do: Callable[[], None]) -> None:
    timer = threading.Timer(seconds, do)
    timer.daemon = True
    timer.start()


@dataclass
class Bell:
    """Rings the environment's alarm while its edges fail, and for a while after, whether anybody asks then or not."""

    # Told why it rings, and nothing when it ends.
    set: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    later: Callable[[float, Callable[[], None]], None] = _later
    _rings: bool = False
    _last: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, status: int, path: str) -> None:
        """Hear how an edge has answered."""
        if status < FIRST_FAILURE:
            return
        with self._lock:
            self._last = self.clock()
            if not self._rings:
                self._rings = True
                self.set(f"{path} was answered {status}")
                self.later(SECONDS_OF_RINGING, self._end)

    def close(self) -> None:
        """Fall silent: there is nothing to ring any more."""
        with self._lock:
            self._rings = False

    def _end(self) -> None:
        with self._lock:
            rest = self._last + SECONDS_OF_RINGING - self.clock()
            if self._rings and rest > 0:
                self.later(rest, self._end)
            elif self._rings:
                self._rings = False
                self.set("")


@dataclass
class LocalEnvironment:
    """One environment: its values, and its edges with their views."""

    name: str
    values: MemoryKeyValues
    views: list[DelayedView]
    urls: list[str] = field(default_factory=list)
    api: LocalApi | None = None

    def update(self, etag: str, puts: Mapping[str, str], deletes: list[str]) -> str:
        """Change the values, and let every edge hear of it."""
        version = self.values.update(etag, puts, deletes)
        for view in self.views:
            view.changed()
        return version


@dataclass(frozen=True)
class Backend:
    """What the APIs run on: the code that they begin with, their folders, and a server with a database for each."""

    code: Path
    home: Path
    server: PostgresServer
    # One for all of them: a role belongs to the server, whichever database it signs in to.
    api_password: str
    report: Report


def database_name(environment: str) -> str:
    """Name an environment's database."""
    return environment.replace("-", "_")


@contextmanager
def running_backend(code: Path, home: Path, report: Report) -> Iterator[Backend]:
    """Run PostgreSQL with an empty database for each environment until the block ends."""
    names = [database_name(f"{LOCAL}{stage}") for stage in STAGES]
    # What else the cloud keeps is in memory, so whatever is left here belongs to nothing.
    with running_postgres(home / "postgres", durable=False, databases=names, fresh=True, report=report) as server:
        yield Backend(code, home, server, secrets.token_urlsafe(24), report)


@dataclass(frozen=True)
class RunningCloud:
    """The cloud while it runs."""

    folder: Path
    environments: tuple[LocalEnvironment, ...]


@contextmanager
def running_cloud(
    folder: Path,
    functions: Path,
    headers: Mapping[str, str],
    *,
    port: int,
    delay: float,
    backend: Backend | None = None,
) -> Iterator[RunningCloud]:
    """Run the cloud until the block ends; the folder holds the descriptions of its environments meanwhile.

    Without a backend it has no API, and is a site alone.
    """
    with ExitStack() as parts:
        s3 = parts.enter_context(running_s3())
        environments: list[LocalEnvironment] = []
        kvs = parts.enter_context(serving_key_values(environments))
        lambdas = parts.enter_context(serving_functions(environments)) if backend else ""
        for stage in STAGES:
            environment = _environment(f"{LOCAL}{stage}", delay)
            environments.append(environment)
            bucket = f"zichkoding-{environment.name}"
            aws.make_bucket(bucket, s3)
            objects = aws.Account(access=aws.LOCAL_ACCESS).objects(bucket, s3)
            parts.callback(objects.close)
            alarm = aws.LocalAlarm(alarm_name(environment.name), s3)
            bell = Bell(alarm.set)
            parts.callback(bell.close)
            for view in environment.views:
                decide = Functions(functions)
                parts.callback(decide.close)
                robots = {} if stage == "production" else {"X-Robots-Tag": "noindex"}
                cache = EdgeCache(decide, StoreOrigin(objects), decide.finish)
                edge = Edge(cache, view, {**headers, **robots}, environment, bell.answered)
                server = parts.enter_context(_serving(_edge_server(edge, port)))
                environment.urls.append(_url(server))
                port = server.server_port + 1 if port else 0
            if backend:
                environment.api = parts.enter_context(_running_api(environment, backend, s3))
            _describe(folder, environment, bucket, Endpoints(s3, kvs, lambdas))
            parts.callback((folder / f"{environment.name}.json").unlink, missing_ok=True)
        yield RunningCloud(folder, tuple(environments))


@contextmanager
def _running_api(environment: LocalEnvironment, backend: Backend, s3: str) -> Iterator[LocalApi]:
    database = ApiDatabase(backend.server, database_name(environment.name), backend.api_password)
    home, server = backend.home / environment.name, backend.code / SERVER
    read = partial(_read_object, s3)
    place = Place(environment.name, home, server, database, environment.urls[0], read, backend.report)
    with running_functions(place, code_of(backend.code)) as api:
        yield api


def _read_object(s3: str, bucket: str, key: str) -> bytes | None:
    objects = aws.Account(access=aws.LOCAL_ACCESS).objects(bucket, s3)
    try:
        stored = objects.get(key)
    finally:
        objects.close()
    return stored.body if stored else None


def _environment(name: str, delay: float) -> LocalEnvironment:
    values = MemoryKeyValues()
    return LocalEnvironment(name, values, [DelayedView(values, delay) for _ in range(EDGES)])


def alarm_name(environment: str) -> str:
    """Name the alarm that rings when an environment's edges fail."""
    return f"zichkoding-{environment}-failures"


@dataclass(frozen=True)
class Endpoints:
    """Where the services of this cloud listen."""

    s3: str
    kvs: str
    functions: str


def _described(names: Mapping[str, str]) -> Api:
    followers = tuple(names[part] for part in FOLLOWERS)
    return Api(names[APP], names[WORK], names[MIGRATE], ALIAS, followers)


def _describe(folder: Path, environment: LocalEnvironment, bucket: str, endpoints: Endpoints) -> None:
    names = environment.api.names if environment.api else None
    described = Descriptor(
        name=environment.name,
        bucket=bucket,
        region=aws.DEFAULT_REGION,
        kvs_arn=f"arn:aws:cloudfront::{ACCOUNT}:key-value-store/{environment.name}",
        site_url=environment.urls[0],
        account=ACCOUNT,
        distribution_id="LOCAL",
        s3_endpoint=endpoints.s3,
        kvs_endpoint=endpoints.kvs,
        api=_described(names) if names else None,
        lambda_endpoint=endpoints.functions,
        alarms=(alarm_name(environment.name),),
        alarms_endpoint=endpoints.s3,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{environment.name}.json").write_text(json.dumps(asdict(described), indent=1))


@dataclass
class Edge:
    """One edge as a server asks it: the cache under a lock, with the edge's own view of the store."""

    cache: EdgeCache
    view: DelayedView
    headers: Mapping[str, str]
    environment: LocalEnvironment
    # Hears of each answer, and rings when it is a failure.
    answered: Callable[[int, str], None] = lambda _status, _path: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: EdgeRequest) -> Viewed:
        """Answer one viewer."""
        with self._lock:
            try:
                return self.cache.answer(request, self.view.seen(), time.monotonic())
            except EdgeError as error:
                return Viewed(503, {"content-type": "text/plain; charset=utf-8"}, f"{error}\n".encode(), "error")
            except StoreError as error:
                return Viewed(502, {"content-type": "text/plain; charset=utf-8"}, f"{error}\n".encode(), "error")

    def pass_on(self, api: LocalApi, request: EdgeRequest, viewer: str, body: bytes) -> Answer:
        """Ask the API, which sees what Terraform lets it see; nothing of it is kept."""
        headers = {name: value for name, value in request.headers.items() if name not in NEVER_PASSED}
        target = f"{request.uri}?{request.querystring}" if request.querystring else request.uri
        answer = api.answer(request.method, target, {**headers, VIEWER: viewer}, body)
        if answer.status != NOT_FOUND:
            return answer
        # An error page belongs to the whole distribution, so CloudFront answers with it for the API as well.
        with self._lock:
            try:
                page = self.cache.error_page(time.monotonic())
            except StoreError as error:
                page = Viewed(502, {"content-type": "text/plain; charset=utf-8"}, f"{error}\n".encode(), "error")
        return Answer(page.status, tuple(page.headers.items()), page.body)


class _EdgeHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # A response is written in pieces; without these two each piece waits for the last one's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = 65536
    server_version = "zichkoding-edge"
    sys_version = ""
    edge: ClassVar[Edge]

    def do_GET(self) -> None:
        # What a body would say is nothing to a page, but what is left of it would be taken for the next request.
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        # As it was sent: http.server itself folds doubled slashes, and the edge must see them.
        path, _, query = self.requestline.split()[1].partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = EdgeRequest(self.command, path, query, self.client_address[0], headers)
        api = self.edge.environment.api
        if api and path.startswith(API):
            viewer = f"{self.client_address[0]}:{self.client_address[1]}"
            self._send(self.edge.pass_on(api, request, viewer, body))
            return
        viewed = self.edge.answer(request)
        headers = {**viewed.headers, **self.edge.headers, "X-Cache": viewed.cache}
        self._send(Answer(viewed.status, tuple(headers.items()), viewed.body))

    def _send(self, answer: Answer) -> None:
        self.edge.answered(answer.status, self.path)
        self.send_response(answer.status)
        for name, value in answer.headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing: the browser's own tools show requests better than a terminal does."""


class _KeyValueHandler(BaseHTTPRequestHandler):
    """Answers the KeyValueStore client as the service documents it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    environments: ClassVar[Sequence[LocalEnvironment]]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        arn, keys, rest = path.partition("/key-value-stores/")[2].partition("/keys")
        name = unquote(arn).rstrip("/").rpartition("/")[2]
        environment = next((one for one in self.environments if one.name == name), None)
        if environment is None:
            self._send(404, {"Message": f"no such store: {arn}"}, error="ResourceNotFoundException")
            return
        asked = Asked(
            self.command, keys + unquote(rest), dict(parse_qsl(query)), self.headers.get("If-Match", ""), body
        )
        status, said, etag, error = answer_key_values(environment, asked)
        self._send(status, said, etag=etag, error=error)

    do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def _send(self, status: int, said: Mapping[str, Any], *, etag: str = "", error: str = "") -> None:
        body = json.dumps(said).encode()
        self.send_response(status)
        for name, value in (("ETag", etag), ("x-amzn-ErrorType", error), ("Content-Type", "application/json")):
            if value:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


Said = tuple[int, Mapping[str, Any], str, str]


@dataclass(frozen=True)
class Asked:
    """One request of the KeyValueStore's client."""

    method: str
    # What follows the store's name in the path: nothing, /keys, or /keys/<key>; and the query.
    what: str
    query: Mapping[str, str]
    if_match: str
    body: bytes


def answer_key_values(environment: LocalEnvironment, asked: Asked) -> Said:
    """Answer with status, body, version, and the error's name."""
    version = environment.values.version()
    facts = {"ItemCount": len(environment.values.items()), "TotalSizeInBytes": version.size}
    if asked.method == "POST":
        return _updated(environment, asked, facts)
    if asked.what == "":
        return 200, {**facts, "KvsARN": environment.name, "Created": 0}, version.etag, ""
    key = asked.what.removeprefix("/keys").removeprefix("/")
    if not key:
        return 200, _page(environment.values.items(), asked.query), "", ""
    value = environment.values.get(key)
    if value is None:
        return 404, {"Message": "no such key"}, "", "ResourceNotFoundException"
    return 200, {"Key": key, "Value": value, **facts}, "", ""


def _updated(environment: LocalEnvironment, asked: Asked, facts: Mapping[str, Any]) -> Said:
    wanted = json.loads(asked.body)
    puts = {put["Key"]: put["Value"] for put in wanted.get("Puts") or ()}
    deletes = [gone["Key"] for gone in wanted.get("Deletes") or ()]
    try:
        return 200, facts, environment.update(asked.if_match, puts, deletes), ""
    except ConflictError:
        return 409, {"Message": "the version is old"}, "", "ConflictException"
    except StoreError as error:
        return 400, {"Message": str(error)}, "", "ValidationException"


def _page(items: Mapping[str, str], query: Mapping[str, str]) -> Mapping[str, Any]:
    start, most = int(query.get("NextToken") or 0), int(query.get("MaxResults") or 10)
    listed = [{"Key": key, "Value": value} for key, value in sorted(items.items())]
    more = {"NextToken": str(start + most)} if start + most < len(listed) else {}
    return {"Items": listed[start : start + most], **more}


class _FunctionsHandler(BaseHTTPRequestHandler):
    """Answers Lambda's client as the service documents it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536
    environments: ClassVar[Sequence[LocalEnvironment]]

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path, _, query = self.path.partition("?")
        apis = [one.api for one in self.environments if one.api]
        status, said, headers = answer_functions(apis, FunctionsAsked(self.command, path, query, body))
        answer = b"" if said is None else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815 - http.server's names

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def _edge_server(edge: Edge, port: int) -> _Server:
    handler = type("Handler", (_EdgeHandler,), {"edge": edge})
    for candidate in range(port, port + PORTS_TO_TRY if port else 1):
        try:
            return _Server(("127.0.0.1", candidate), handler)
        except OSError:
            continue
    raise StoreError(f"127.0.0.1:{port}", f"this port and the next {PORTS_TO_TRY - 1} are in use")


@contextmanager
def serving_key_values(environments: Sequence[LocalEnvironment]) -> Iterator[str]:
    """Answer for the KeyValueStores of these environments until the block ends; give the address."""
    handler = type("Handler", (_KeyValueHandler,), {"environments": environments})
    with _serving(_Server(("127.0.0.1", 0), handler)) as server:
        yield _url(server)


@contextmanager
def serving_functions(environments: Sequence[LocalEnvironment]) -> Iterator[str]:
    """Answer for the functions of these environments until the block ends; give the address."""
    handler = type("Handler", (_FunctionsHandler,), {"environments": environments})
    with _serving(_Server(("127.0.0.1", 0), handler)) as server:
        yield _url(server)


def _url(server: _Server) -> str:
    return f"http://127.0.0.1:{server.server_port}"


@contextmanager
def _serving(server: _Server) -> Iterator[_Server]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
