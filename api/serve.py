"""Run the API on this machine, through Chalice's own local server.

    DATABASE_URL=postgresql://… python serve.py --port 0

Prints where it listens when it is ready. For development; in production API Gateway and Lambda stand here.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Sequence
from types import FrameType

from chalice.config import Config
from chalice.local import ChaliceRequestHandler, CustomLocalChalice, LocalChalice, LocalDevServer, LocalGatewayException
from chalicelib.errors import SettingsError


class Handler(ChaliceRequestHandler):
    """Chalice's handler, without its stall, and with errors in our shape."""

    # A response is written in pieces; without these two each piece waits 40 ms for the last one's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = 65536

    def log_message(self, *_: object) -> None:
        """Say nothing: each request has its line in the log already."""

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
    port = parser.parse_args(arguments).port
    try:
        server = _open(port)
    except SettingsError as error:
        sys.stderr.write(f"serve.py: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"serve.py: port {port} cannot be had: {error.strerror}. Name another with --port.\n")
        return 1
    _stop_on_signals(server)
    sys.stdout.write(f"listening on http://127.0.0.1:{server.server.server_port}\n")
    sys.stdout.flush()
    server.server.serve_forever(poll_interval=0.05)
    server.server.server_close()
    return 0


def _open(port: int) -> LocalDevServer:
    # Imported here, so that a missing setting is a message and not a traceback.
    from app import app  # noqa: PLC0415

    # Chalice's own way to make the current request belong to its thread.
    CustomLocalChalice.__bases__ = (LocalChalice, app.__class__)
    app.__class__ = CustomLocalChalice
    return LocalDevServer(app, Config.create(chalice_stage="dev"), "127.0.0.1", port, handler_cls=Handler)


def _stop_on_signals(server: LocalDevServer) -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        # Shutting down waits for the serving loop, which this signal has just interrupted: so from another thread.
        threading.Thread(target=server.shutdown).start()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


if __name__ == "__main__":
    sys.exit(main())
