"""An S3 on this machine, for as long as it is needed: moto, which keeps everything in memory."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from site_builder.errors import PreviewError


@contextmanager
def running_s3() -> Iterator[str]:
    """Run an S3 until the block ends; give its address."""
    try:
        from moto.server import ThreadedMotoServer  # noqa: PLC0415 - it takes a second, and only development has it
    except ImportError as error:
        raise PreviewError(
            "the local S3", "it (moto) is not installed", "Run `make setup`, then this again."
        ) from error
    # Its server tells of every request, which nobody asked.
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()
