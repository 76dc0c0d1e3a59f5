"""How fast the API is, each figure beside the least that could do the same, in one run.

    python benchmarks/api.py [--seconds 60] [--reps 21] [--folder /var/tmp]

Needs `make setup`, PyPI (Flask and FastAPI are installed into a folder for a moment) and a quiet machine. Prints the
tables of docs/benchmarks-api.md.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
API = ROOT / "api"
sys.path[:0] = [str(ROOT), str(API)]

from site_builder.preview.database import SUPERUSER, PostgresServer, find_binaries, running_postgres
from tools import package_api
from tools.runtime_api import Runtime, http_event, running_function

JSON = {"Content-Type": "application/json"}
# The least that makes a message durable in Lambda: the driver, one connection, one statement.
BARE = """
import json, os, psycopg
connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=None)
def handler(event, context):
    given = json.loads(event["body"])
    connection.execute(
        "INSERT INTO bare (id, name, email, subject, message) VALUES (%s, %s, %s, %s, %s)",
        (given["key"], given["name"], given["email"], "", given["message"]),
    )
    return {"statusCode": 201, "headers": {}, "body": "{}"}
"""
# The same handler in frameworks that others would take: each with its adapter for Lambda, as it is on PyPI today.
FRAMEWORKS = {
    "flask": (
        ("flask", "apig-wsgi"),
        """
import os, psycopg
from apig_wsgi import make_lambda_handler
from flask import Flask, jsonify, request
connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=None)
app = Flask(__name__)
@app.post("/api/contact")
def contact():
    given = request.get_json()
    connection.execute(
        "INSERT INTO bare (id, name, email, subject, message) VALUES (%s, %s, %s, %s, %s)",
        (given["key"], given["name"], given["email"], "", given["message"]),
    )
    return jsonify({}), 201
handler = make_lambda_handler(app)
""",
    ),
    "fastapi": (
        ("fastapi", "mangum"),
        """
import os, psycopg
from fastapi import FastAPI
from mangum import Mangum
from pydantic import BaseModel
connection = psycopg.connect(os.environ["DATABASE_URL"], autocommit=True, prepare_threshold=None)
class Message(BaseModel):
    key: str
    name: str
    email: str
    message: str
app = FastAPI()
@app.post("/api/contact", status_code=201)
def contact(given: Message):
    connection.execute(
        "INSERT INTO bare (id, name, email, subject, message) VALUES (%s, %s, %s, %s, %s)",
        (given.key, given.name, given.email, "", given.message),
    )
    return {}
handler = Mangum(app, lifespan="off")
""",
    ),
}
# As many as a busy year leaves: the planner knows the tables, and their indexes have some depth.
FILL = """
    INSERT INTO contact_messages (idempotency_key, received_at, name, email, message, digest)
    SELECT gen_random_uuid(), now() - make_interval(mins => n), 'Ada', n || '@example.org', 'Text ' || n,
           sha256(n::text::bytea)
    FROM generate_series(1, 10000) AS n
"""
COPIER = "pg_basebackup"
BARE_TABLE = "CREATE TABLE IF NOT EXISTS bare (id uuid PRIMARY KEY, name text, email text, subject text, message text)"


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=60, help="how long the sustained load lasts")
    parser.add_argument("--reps", type=int, default=21, help="how often each cold start is measured")
    parser.add_argument("--folder", default="/var/tmp", help="where the database's files are; on a disk, not in memory")  # noqa: S108 - a folder of our own is made there
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="zichkoding-bench-", dir=chosen.folder) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with running_postgres(folder / "postgres") as server:
            environment = _environment(server)
            subprocess.run([sys.executable, "migrate.py", "apply"], cwd=API, env=environment, check=True, stdout=2)
            cold_starts(folder, environment, chosen.reps)
            imports(folder / "ours", environment, chosen.reps)
            warm(folder, server, environment)
            sustained(folder, environment, chosen.seconds)


def _environment(server: PostgresServer) -> dict[str, str]:
    secret = {"SIGNING_SECRET": "s" * 40, "SITE_URL": "http://localhost:1"}
    return {**os.environ, **secret, "DATABASE_URL": server.url()}


def _message() -> dict[str, str]:
    key = str(uuid.uuid4())
    return {"name": "Ada", "email": f"{key}@example.org", "message": f"Hello, this is message {key}.", "key": key}


def _headers() -> dict[str, str]:
    # A sender of its own each, or the limits would be what is measured.
    return {**JSON, "CloudFront-Viewer-Address": f"{uuid.uuid4()}:1"}


def cold_starts(folder: Path, environment: Mapping[str, str], reps: int) -> None:
    """Measure from nothing to the first durable answer, under awslambdaric, by turns."""
    with zipfile.ZipFile(_package(folder)) as archive:
        archive.extractall(folder / "ours")
        driver = [name for name in archive.namelist() if name.startswith(("psycopg", "typing"))]
        for name in ("bare", *FRAMEWORKS):
            archive.extractall(folder / name, driver)
    (folder / "bare" / "handler.py").write_text(BARE)
    for name, (packages, words) in FRAMEWORKS.items():
        _install(folder / name, packages)
        (folder / name / "handler.py").write_text(words)
    for name in ("bare", *FRAMEWORKS):
        subprocess.run([sys.executable, "-m", "compileall", "-q", str(folder / name)], check=True)
    _ask(environment, BARE_TABLE)
    handlers = {"bare": "handler.handler", "ours": "app.app", **dict.fromkeys(FRAMEWORKS, "handler.handler")}
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in handlers}
    for _ in range(reps):
        for name, handler in handlers.items():
            spent[name].append(_cold_start(folder, name, handler, environment))
    cpu = {name: statistics.median(one for one, _ in figures) for name, figures in spent.items()}
    least = {name: _fastest([one for one, _ in figures]) for name, figures in spent.items()}
    wall = {name: statistics.median(one for _, one in figures) for name, figures in spent.items()}
    print(f"\n## Cold start to the first durable answer (awslambdaric, {reps} times by turns)\n")
    # Other work on the machine makes CPU dearer: what the fastest took is what it costs.
    print("| | CPU ms, fastest quarter | median | beside bare | wall ms, median |\n|---|---|---|---|---|")
    for name in handlers:
        ratio = f"**{least[name] / least['bare']:.2f}**"
        print(f"| {name} | {least[name]:.0f} | {cpu[name]:.0f} | {ratio} | {wall[name]:.0f} |")
    for name in FRAMEWORKS:
        made_of = sorted(path.name.removesuffix(".dist-info") for path in (folder / name).glob("*.dist-info"))
        print(f"\n{name}: {', '.join(made_of)}")


def _fastest(figures: list[float]) -> float:
    """Return the mean of the fastest quarter: a single one may be an accident."""
    return statistics.mean(sorted(figures)[: -(-len(figures) // 4)])


def _install(folder: Path, packages: tuple[str, ...]) -> None:
    """Install packages into a folder of their own: they are compared with, and no part of the product."""
    quiet = ["-qq", "--disable-pip-version-check", "--root-user-action=ignore"]
    subprocess.run([sys.executable, "-m", "pip", "install", *quiet, "--target", str(folder), *packages], check=True)


def _package(folder: Path) -> Path:
    package_api.package(folder / "api.zip", "here")
    return folder / "api.zip"


def _cold_start(folder: Path, name: str, handler: str, environment: Mapping[str, str]) -> tuple[float, float]:
    started = time.perf_counter()
    with running_function(folder / name, folder, environment, handler) as function:
        answer = function.invoke(http_event("POST", "/api/contact", json.dumps(_message()), _headers()))
        wall = (time.perf_counter() - started) * 1000
        assert answer["statusCode"] == 201, answer  # noqa: S101 - a wrong answer is no figure
        return _cpu_ms(function), wall


def _cpu_ms(function: Runtime) -> float:
    assert function.process is not None  # noqa: S101 - it runs
    return _cpu_us(function.process.pid) / 1000


def _cpu_us(process: int) -> float:
    # To the nanosecond, of every thread: the clock of `stat` ticks in hundredths of a second.
    threads = Path(f"/proc/{process}/task").glob("*/schedstat")
    return sum(int(one.read_text().split()[0]) for one in threads) / 1000


def imports(package: Path, environment: Mapping[str, str], reps: int) -> None:
    """Measure what importing the packaged function costs, beside importing the driver."""
    programs = {"psycopg": "import psycopg", "the API": "import app"}
    # As Lambda has it: the package, Python's own modules, and nothing else of this machine.
    alone = [sys.executable, "-I", "-S", "-c"]
    start = f"import sys, time; sys.path.insert(0, {str(package)!r}); started = time.process_time(); "
    end = "; print((time.process_time() - started) * 1000)"
    spent: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(reps):
        for name, words in programs.items():
            done = subprocess.run([*alone, start + words + end], env=environment, check=True, capture_output=True)
            spent[name].append(float(done.stdout))
    print(f"\n## Imports (CPU ms of {reps})\n\n| | least | median |\n|---|---|---|")
    for name, figures in spent.items():
        print(f"| {name} | {min(figures):.0f} | {statistics.median(figures):.0f} |")


def warm(
    folder: Path, server: PostgresServer, environment: Mapping[str, str], rounds: int = 20, each: int = 200
) -> None:
    """Send messages through the whole function, beside the bare INSERT, on one connection, durable, by turns."""
    os.environ.update(environment)
    import app  # noqa: PLC0415 - it reads its settings when it is imported

    app.services.database.ask(BARE_TABLE)
    connection: Any = app.services.database._connection  # type: ignore[attr-defined]  # noqa: SLF001
    # Where it is None, nothing is prepared whatever is asked for; here each way says itself whether it is.
    connection.prepare_threshold = 0
    statement = (
        "INSERT INTO contact_messages (idempotency_key, name, email, subject, message) VALUES (%s, %s, %s, %s, %s)"
    )

    def bare(given: dict[str, str], *, prepare: bool = False) -> None:
        values = (given["key"], given["name"], given["email"], "", given["message"])
        connection.execute(statement, values, prepare=prepare)

    # As Lambda gives it: the request has an id.
    context = SimpleNamespace(aws_request_id=str(uuid.uuid4()))

    def ours(given: dict[str, Any]) -> None:
        answer = app.app(given, context)
        assert answer["statusCode"] == 201, answer  # noqa: S101 - a wrong answer is no figure

    def event() -> dict[str, Any]:
        return http_event("POST", "/api/contact", json.dumps(_message()), _headers())

    _ask(environment, FILL)
    _ask(environment, "VACUUM ANALYZE")
    ways = {
        "bare INSERT": (_message, bare),
        "bare INSERT, prepared": (_message, lambda given: bare(given, prepare=True)),
        "POST /api/contact": (event, ours),
    }

    def measure(what: str) -> None:
        with Path(os.devnull).open("w", encoding="utf-8") as quiet:
            sys.stderr, told = quiet, sys.stderr
            timed, spent = _by_turns(ways, rounds, each, connection.info.backend_pid)
            sys.stderr = told
        _print_warm(f"{what} ({rounds} x {each}, by turns)", timed, spent)

    measure("Warm, in process, one connection, 10,000 messages there, durable")
    if not (find_binaries() / COPIER).exists():
        print(f"\nNot measured with a second server: the programs of this PostgreSQL are without {COPIER}.")
        return
    with _second_server(folder / "second", server, environment):
        measure("The same, each commit on a second server's disk as well, both on this machine")


def _print_warm(title: str, timed: Mapping[str, list[float]], spent: Mapping[str, list[tuple[float, float]]]) -> None:
    print(f"\n## {title}\n")
    print("| | mean us | beside bare | p50 us | p99 us | CPU here us | CPU of the server us |")
    print("|---|---|---|---|---|---|---|")
    least = statistics.mean(timed["bare INSERT"])
    for name, times in timed.items():
        here, server = (sum(one) / len(times) for one in zip(*spent[name], strict=True))
        mean = statistics.mean(times)
        figures = f"{mean:.0f} | **{mean / least:.2f}** | {_at(times, 50):.0f} | {_at(times, 99):.0f}"
        print(f"| {name} | {figures} | {here:.0f} | {server:.0f} |")


@contextmanager
def _second_server(folder: Path, first: PostgresServer, environment: Mapping[str, str]) -> Iterator[None]:
    """Have each commit wait until a second server has it too, as those of RDS in two zones do."""
    kept = folder.with_name("postgres").resolve()
    folder.mkdir(mode=0o700)
    login = [f"--host={first.host}", f"--port={first.port}", f"--username={SUPERUSER}"]
    copy = [str(find_binaries() / COPIER), *login, f"--pgdata={folder / 'data'}", "--write-recovery-conf"]
    subprocess.run([*copy, "--checkpoint=fast"], env={**environment, "PGPASSWORD": first.password}, check=True)
    # What `running_postgres` finds where it has made a folder itself.
    (folder / "password").write_text(first.password)
    (folder / "made").touch()
    owner = (kept / "data").stat()
    for path in (folder, *folder.rglob("*")):
        os.chown(path, owner.st_uid, owner.st_gid)
    with running_postgres(folder):
        _ask(environment, "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
        try:
            _wait_for(environment, "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'")
            yield
        finally:
            _ask(environment, "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")


def _wait_for(environment: Mapping[str, str], question: str) -> None:
    """Wait until the answer is more than nothing."""
    deadline = time.monotonic() + 30
    while not _ask(environment, question):
        assert time.monotonic() < deadline, question  # noqa: S101 - without it the figures would be others
        time.sleep(0.1)


def _by_turns(
    what: Mapping[str, tuple[Callable[[], Any], Callable[[Any], None]]], rounds: int, each: int, server: int
) -> tuple[dict[str, list[float]], dict[str, list[tuple[float, float]]]]:
    """Return how long each took, and what each round cost in CPU, here and in the server's process."""
    timed: dict[str, list[float]] = {name: [] for name in what}
    spent: dict[str, list[tuple[float, float]]] = {name: [] for name in what}
    for number in range(rounds + 1):
        for name, (make, run) in what.items():
            given = [make() for _ in range(each)]
            times = []
            before = _cpu_us(os.getpid()), _cpu_us(server)
            for one in given:
                started = time.perf_counter()
                run(one)
                times.append((time.perf_counter() - started) * 1e6)
            after = _cpu_us(os.getpid()), _cpu_us(server)
            if number:  # The first round warms up.
                timed[name] += times
                spent[name].append((after[0] - before[0], after[1] - before[1]))
    return timed, spent


def sustained(folder: Path, environment: Mapping[str, str], seconds: int) -> None:
    """Ask mixed routes over two connections: how even it is, and whether memory stays."""
    with _serving(folder, environment) as (port, process):
        end = time.monotonic() + seconds
        times: list[float] = []
        statuses: dict[int, int] = {}
        memory = [_resident_mb(process)]
        threads = [threading.Thread(target=_visit, args=(port, end, times, statuses)) for _ in range(2)]
        for thread in threads:
            thread.start()
        while time.monotonic() < end:
            time.sleep(seconds / 6)
            memory.append(_resident_mb(process))
        for thread in threads:
            thread.join()
    p50, p99 = _at(times, 50), _at(times, 99)
    print(f"\n## Sustained load ({seconds} s, two connections, half of it messages, Chalice's local server)\n")
    print("| requests/s | p50 us | p99 us | p99/p50 | statuses | resident MB |\n|---|---|---|---|---|---|")
    print(
        f"| {len(times) / seconds:.0f} | {p50:.0f} | {p99:.0f} | **{p99 / p50:.1f}** | {statuses} "
        f"| {', '.join(f'{one:.0f}' for one in memory)} |"
    )


@contextmanager
def _serving(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[int, int]]:
    command = [sys.executable, "serve.py", "--port", "0", "--local", str(folder / "local")]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=API, env=environment, **pipes, text=True) as process:  # type: ignore[call-overload]
        yield int(process.stdout.readline().rpartition(":")[2]), process.pid
        process.terminate()


def _visit(port: int, end: float, times: list[float], statuses: dict[int, int]) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    number = 0
    while time.monotonic() < end:
        number += 1
        asked = [("POST", "/api/contact", json.dumps(_message())), ("GET", "/api/contact/token", None)]
        asked += [("POST", "/api/contact", json.dumps(_message())), ("GET", "/api/health", None)]
        method, path, body = asked[number % 4]
        started = time.perf_counter()
        connection.request(method, path, body, _headers() if body else {})
        answer = connection.getresponse()
        answer.read()
        times.append((time.perf_counter() - started) * 1e6)
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
    connection.close()


def _resident_mb(process: int) -> float:
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _at(times: list[float], percent: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


def _ask(environment: Mapping[str, str], *statements: str) -> int:
    """Run statements one after the other; return the last one's number, where it has one."""
    import psycopg  # noqa: PLC0415 - as `warm`

    with psycopg.connect(environment["DATABASE_URL"], autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        row = cursor.fetchone() if cursor.description else None
        return int(row[0]) if row else 0


if __name__ == "__main__":
    main()
