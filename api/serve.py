"""Run the API on this machine, through Chalice's own local server.

    DATABASE_URL=postgresql://… python serve.py --port 0 --local ../.local

Prints where it listens when it is ready. For development; in production API Gateway, Lambda and its schedule stand
here. In the folder that --local names lie what AWS keeps elsewhere: mail/ (a maildir), queue/ and signing-secret.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from types import FrameType

from chalice.config import Config
from chalice.local import ChaliceRequestHandler, LocalDevServer, LocalGatewayException
from chalicelib.errors import SettingsError

WORK_SECONDS = 1.0


class Handler(ChaliceRequestHandler):
    """Chalice's handler, without its stall, and with errors in our shape."""

    # A response is written in pieces; without these two each piece waits 40 ms for the last one's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = 65536

    def log_message(self, *_: object) -> None:
        """Say nothing: each request has its line in the log already."""

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer a method that http.server and Chalice do not know as one that no address takes."""
        if not name.startswith("do_"):
            raise AttributeError(name)
        self.command = "TRACE"
        return self._generic_handle

    def _send_http_response_with_body(self, code: int, headers: dict[str, str], body: str | bytes) -> None:
        # A body where HTTP has none would be read as the beginning of the next answer.
        if self.command == "HEAD" or code == HTTPStatus.NO_CONTENT:
            self._send_http_response_no_body(code, headers)
            return
        super()._send_http_response_with_body(code, headers, body)

    def _send_error_response(self, _error: LocalGatewayException) -> None:
        # What API Gateway calls 403 is, to whoever mistyped an address, a 404; the gateway's is mapped likewise.
        words = {"code": "not_found", "message": "There is nothing at this address.", "fields": {}}
        body = json.dumps({"error": words}).encode()
        self._send_http_response(404, {"Content-Type": "application/json", "Cache-Control": "no-store"}, body)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(
        prog="serve.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--port", type=int, default=8001, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--local", type=Path, help="the folder that keeps mail, queue and secret on this machine")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args(arguments)
    port = chosen.port
    try:
        if chosen.work:
            return _work()
        if chosen.local:
            _set_local(chosen.local.resolve())
        server = _open(port)
    except SettingsError as error:
        sys.stderr.write(f"serve.py: {error}\n")
        return 1
    except OSError as error:
        if error.filename:
            sys.stderr.write(f"serve.py: {error.filename}: {error.strerror}\n")
            return 1
        sys.stderr.write(f"serve.py: port {port} cannot be had: {error.strerror}. Name another with --port.\n")
        return 1
    _stop_on_signals(server)
    sys.stdout.write(f"listening on http://127.0.0.1:{server.server.server_port}\n")
    sys.stdout.flush()
    with _working():
        server.server.serve_forever(poll_interval=0.05)
    server.server.server_close()
    return 0


def _set_local(folder: Path) -> None:
    """Stand in for what AWS keeps elsewhere, where the environment names nothing else."""
    folder.mkdir(parents=True, exist_ok=True)
    secret = folder / "signing-secret"
    if not secret.exists():
        # Kept, so that a link in a mail is still good after a restart.
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_urlsafe(32))
    os.environ.setdefault("SIGNING_SECRET", secret.read_text().strip())
    os.environ.setdefault("MAIL_FOLDER", str(folder / "mail"))
    os.environ.setdefault("QUEUE_FOLDER", str(folder / "queue"))
    os.environ.setdefault("SITE_URL", "http://localhost:8000")


@contextmanager
def _working() -> Iterator[None]:
    """Do what Lambda's schedule does, in a process of its own as there: its work takes no time from a visitor's."""
    command = [sys.executable, __file__, "--work"]
    # It ends when its input does, however this one ends.
    with subprocess.Popen(command, stdin=subprocess.PIPE) as worker:
        try:
            yield
        finally:
            assert worker.stdin  # noqa: S101 - it is a pipe
            worker.stdin.close()


def _work() -> int:
    """Work until the input ends."""
    from app import services  # noqa: PLC0415 - so that a missing setting is a message and not a traceback
    from chalicelib.outbox.channels import open_channels  # noqa: PLC0415 - so that a missing setting is a message and not a traceback
    from chalicelib.tasks import run_tasks  # noqa: PLC0415 - so that a missing setting is a message and not a traceback

    # Whoever is to end hears of it, and ends this one when the last visitor has been answered.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    channels = open_channels(services.settings)
    pause = WORK_SECONDS
    while not select.select([sys.stdin], [], [], pause)[0]:
        # While the database is away there is nothing to do but to ask again, less and less often.
        pause = WORK_SECONDS if run_tasks(services, channels) else min(pause * 2, 15.0)
    services.close()
    return 0


def _open(port: int) -> LocalDevServer:
    # Imported here, so that a missing setting is a message and not a traceback.
    from app import app  # noqa: PLC0415 - so that a missing setting is a message and not a traceback

    return LocalDevServer(app, Config.create(chalice_stage="dev"), "127.0.0.1", port, handler_cls=Handler)


def _stop_on_signals(server: LocalDevServer) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        # Shutting down waits for the serving loop, which this signal has just interrupted: so from another thread.
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())
