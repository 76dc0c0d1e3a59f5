"""Lambda's Runtime API on loopback: it hands events to a real awslambdaric, one after the other, and takes the answers.

For tests and benchmarks of the packaged API. The client runs in a process of its own that sees the package, Python's
own modules and awslambdaric, and nothing else of this machine.
"""

from __future__ import annotations

import importlib.util
import json
import queue
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

# What Lambda has beside the package: its client, and what that client imports.
CLIENT = ("awslambdaric", "simplejson", "snapshot_restore_py", "runtime_client")
START = """
import sys
sys.path[:0] = [{package!r}, {client!r}]
from awslambdaric.__main__ import main
main([None, {handler!r}])
"""
PATIENCE_SECONDS = 60


@dataclass
class Runtime:
    """A function that waits for events."""

    events: queue.Queue[tuple[str, Mapping[str, Any]]] = field(default_factory=queue.Queue)
    answers: queue.Queue[Any] = field(default_factory=queue.Queue)
    process: subprocess.Popen[bytes] | None = None

    def invoke(self, event: Mapping[str, Any]) -> Any:  # noqa: ANN401 - what a function returns is its own
        """Hand over an event and return the answer."""
        self.events.put((str(uuid.uuid4()), event))
        return self.answers.get(timeout=PATIENCE_SECONDS)


@contextmanager
def running_function(
    package: Path, folder: Path, environment: Mapping[str, str], handler: str = "app.app", python: str = sys.executable
) -> Iterator[Runtime]:
    """Run an unpacked package under awslambdaric until the block ends."""
    runtime = Runtime()
    client = _client_alone(folder)
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"runtime": runtime}))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    words = START.format(package=str(package), client=str(client), handler=handler)
    variables = {
        **environment,
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}",
        "LAMBDA_TASK_ROOT": str(package),
        "AWS_LAMBDA_FUNCTION_NAME": "api",
        "AWS_LAMBDA_FUNCTION_VERSION": "1",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with (folder / "function.log").open("wb") as log:
        runtime.process = subprocess.Popen([python, "-I", "-S", "-c", words], env=variables, stdout=log, stderr=log)
        try:
            yield runtime
        finally:
            runtime.process.kill()
            runtime.process.wait(20)
            server.shutdown()
            server.server_close()
            thread.join()


def http_event(
    method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the event that API Gateway (REST, payload 1.0) makes of a request."""
    named = {name.lower(): value for name, value in (headers or {}).items()}
    return {
        "resource": path,
        "path": path,
        "httpMethod": method,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": path,
            "identity": {"sourceIp": "192.0.2.1"},
            "path": path,
        },
        "headers": named,
        "multiValueHeaders": {name: [value] for name, value in named.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "body": body,
        "isBase64Encoded": False,
    }


def _client_alone(folder: Path) -> Path:
    """Return a folder with Lambda's client and nothing else that is installed here."""
    alone = folder / "client"
    alone.mkdir(exist_ok=True)
    for name in CLIENT:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue
        place = Path(spec.origin)
        place = place.parent if place.name == "__init__.py" else place
        if not (alone / place.name).exists():
            (alone / place.name).symlink_to(place)
    return alone


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has it
        """Let a function that was ended go quietly; say anything else as usual."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    runtime: Runtime

    def do_GET(self) -> None:
        request, event = self.runtime.events.get()
        body = json.dumps(event).encode()
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", request)
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 60_000))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:eu-central-1:123456789012:function:api")
        # The client's native part falls over without it.
        self.send_header("Lambda-Runtime-Trace-Id", "Root=1-5759e988-bd862e3fe1be46a994272793")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self._chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self.rfile.read(length)
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.runtime.answers.put(json.loads(body or b"null"))

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def log_message(self, *_: object) -> None:
        """Say nothing."""
