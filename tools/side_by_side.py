"""Run commands at the same time: the last one before one's eyes, what the others said after it.

    python tools/side_by_side.py "first command" "second command"

Ends with 0 only if every one of them did.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence

INTERRUPTED = 130


def run_side_by_side(commands: Sequence[str]) -> int:
    """Run the commands, and return 0, or the exit code of the first that failed."""
    *beside, before = [shlex.split(command) for command in commands]
    logs = [tempfile.TemporaryFile() for _ in beside]  # noqa: SIM115 - closed with the process
    running = [
        subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)
        for command, log in zip(beside, logs, strict=True)
    ]
    try:
        codes = [subprocess.run(before, check=False).returncode]
        for process, command, log in zip(running, beside, logs, strict=True):
            codes.append(process.wait())
            log.seek(0)
            print(f"\n{shlex.join(command)}", flush=True)
            sys.stdout.buffer.write(log.read())
            sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    finally:
        for process in running:
            if process.poll() is None:
                process.terminate()
                process.wait()
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(run_side_by_side(sys.argv[1:]))
